//===- Contraction.h - Register-blocked matrix products ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_CONTRACTION_H
#define AGON_COMPILER_CPU_CONTRACTION_H

#include "compiler/cpu/Bf16.h"
#include "compiler/cpu/ContractionPlan.h"
#include "compiler/cpu/Kernels.h"

namespace agon::cpu {

/// Emits a planned contraction. Contraction.cpp has the loops and the outer form of the
/// tile, InnerProduct.cpp the inner one, Packing.cpp the copies of A and B, Prefetch.cpp what
/// is fetched meanwhile.
class ContractionEmitter {
public:
  ContractionEmitter(CpuKernel &kernel, ContractionPlan &plan);
  void emit();

private:
  /// Elements of A or B as a tile reads them: row[base + own * ownStride + k * kStride].
  struct Source {
    mlir::Value row, base;
    int64_t ownStride, kStride;
  };

  /// A position along an axis of an operand, known at `level`, also as a run and what is within it.
  struct Spot {
    mlir::Value position, outer, inner;
    unsigned level;
  };

  /// A place in an operand from which a copy reads: each axis as runs at one stride.
  struct Cursor {
    const ContractionOperand &operand;
    ContractionAxis own;
    int64_t ownRun, kRun;
    Evaluator at;
    enum : unsigned { Batch, OwnOuter, OwnInner, KOuter, KInner };
    int64_t run(ContractionAxis axis) const { return axis == KAxis ? kRun : ownRun; }
    unsigned outer(ContractionAxis axis) const { return axis == KAxis ? KOuter : OwnOuter; }
    unsigned inner(ContractionAxis axis) const { return axis == KAxis ? KInner : OwnInner; }
  };

  /// One of the sums over k, with its copies.
  struct Pair {
    const OperandPair &operands;
    const Reading &plan;
    Cursor a, b;
    mlir::Value aScratch, bScratch;
    int64_t aScratchStride = 0;
  };

  // Loops.
  void forRange(mlir::Value lower, mlir::Value upper, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  /// `value / by` and its remainder, folded where `by` is 1.
  mlir::Value divided(mlir::Value value, int64_t by);
  mlir::Value remainder(mlir::Value value, int64_t by);
  /// One task in the outer form: for rows that share copies of B at a time, its blocks of k.
  void outerTask(mlir::Value mStart, mlir::Value nStart);
  /// A block of k: the panels of the task's columns, one after the other, the last with what is left.
  void kBlock(mlir::Value nStart);
  /// The tiles of the rows at hand with the panel at hand, the last with what rows are left.
  void tiles();
  /// A tile at row `m`: its sums, and then its results, or partial sums where k is cut.
  void tile(mlir::Value m, int64_t rows);
  /// The sums of a tile over all pairs at hand, in registers.
  llvm::SmallVector<mlir::Value> accumulate(mlir::Value m, int64_t rows);
  /// The sums with those over the block of k of one pair added.
  llvm::SmallVector<mlir::Value> accumulate(Pair &pair, mlir::Value m, int64_t rows, mlir::ValueRange sums);
  /// One step of k, of one term, or of two in bf16: row i of A is at `aRows[i]`, the panel of B at `bAt`; `sums` are
  /// added to.
  llvm::SmallVector<mlir::Value> step(const Reading &reading, mlir::Value aRow, llvm::ArrayRef<mlir::Value> aRows,
                                      mlir::Value bRow, mlir::Value bAt, mlir::ValueRange sums);
  // Prefetches.
  void prefetch(mlir::Value row, mlir::Value address, unsigned locality);
  /// Whether `fetchAhead` has something to fetch while the sum over the pair grows.
  bool fetchesAhead(const Pair &pair) const;
  /// At position `k` of a pair's sum, which goes in chunks: fetches a part of what comes after it.
  void fetchAhead(const Pair &pair, mlir::Value m, int64_t rows, mlir::Value k, int64_t chunk);
  void fetchPanel(const Pair &pair, mlir::Value m, mlir::Value k, int64_t chunk);
  /// The sum over the block of k in chunks: `body` is given the bounds of one and the sums so far.
  llvm::SmallVector<mlir::Value>
  inChunks(int64_t chunk, mlir::ValueRange sums,
           llvm::function_ref<mlir::ValueRange(mlir::Value, mlir::Value, mlir::ValueRange)> body);
  /// Adds the initial value to `sum`, the root at the bound point; evaluates and stores the results
  void finish(Evaluator &at, Datum sum);
  /// Where the partial sum of row m + i, vector v of the panel lies in scratch.
  mlir::Value partialAddress(mlir::Value m, int64_t i, int64_t v);
  /// Zeros, before the first block of k.
  void clearPartialSums();
  /// After the last block of k: results of all partial sums.
  void finishPartialSums(mlir::Value nStart);

  // Copies.
  /// The cursor of `operand`, whose axis beside k is `own`.
  Cursor makeCursor(const ContractionOperand &operand, ContractionAxis own);
  /// Where `position` of an axis is, and going there.
  Spot spotAt(const Cursor &cursor, ContractionAxis axis, mlir::Value position);
  void seek(Cursor &cursor, ContractionAxis axis, const Spot &spot);
  void seek(Cursor &cursor, ContractionAxis axis, mlir::Value position) {
    seek(cursor, axis, spotAt(cursor, axis, position));
  }
  /// What lies in lanes along `axis` from `position` on: loaded where vectors never cross the end of
  /// a run, gathered elsewhere.
  mlir::Value read(Cursor &cursor, ContractionAxis axis, mlir::Value position, mlir::Value mask);
  /// The operand's elements where `cursor` stands, in lanes along an axis; zeros for `axis` k beyond `mask`, where a
  /// copy in bf16 ends in half a pair.
  mlir::Value elements(const Cursor &cursor, Evaluator &at, ContractionAxis axis, mlir::Value mask);
  /// From `from` to `to` along `axis`, run by run: gives `body` every `step`-th position and what reads in lanes from
  /// so many elements after it, cut to what there is of the run.
  using ReadAhead = llvm::function_ref<mlir::Value(int64_t)>;
  void copyAlong(Cursor &cursor, ContractionAxis axis, mlir::Value from, mlir::Value to, int64_t step,
                 llvm::function_ref<void(mlir::Value, ReadAhead)> body);
  /// Over the block of k by the terms of a step: gives `body` the first one, counted from the block's start, and where
  /// they are in `cursor`. The last step may have fewer.
  void forSteps(Cursor &cursor, llvm::function_ref<void(mlir::Value, llvm::ArrayRef<Spot>)> body);
  /// A vector of a copy: the lanes of the terms of one step side by side, zeros for those that are missing.
  mlir::Value packed(llvm::ArrayRef<mlir::Value> terms);
  /// Neighbours along k, in one vector of a copy.
  mlir::Value packedAlongK(llvm::function_ref<mlir::Value(int64_t)> read);
  /// The scratch of all copies and partial sums, on the stack.
  void allocate();
  /// Copies the rows of A at hand, as the plan says, for `tile`.
  void packA(Pair &pair);
  /// Copies the panel of B at hand for the rows that share it.
  void packPanel(Pair &pair);
  void packColumns(Pair &pair);
  void packTransposed(Pair &pair);
  /// Where a tile at row `m` reads A, and the panel at hand B: their copies, or the operands themselves.
  Source sourceOfA(const Pair &pair, mlir::Value m);
  Source sourceOfB(const Pair &pair);

  // Inner form.
  void innerTask(mlir::Value mStart);
  void packRowsOfB(Pair &pair);
  /// Rows from `m` on, lanes along k; each lane's sum is taken at the end.
  void innerTile(mlir::Value m, int64_t rows);
  /// A vector of the sums of the vectors, by a tree.
  mlir::Value sumEach(llvm::SmallVector<mlir::Value> vectors);

  CpuKernel &kernel;
  ContractionPlan &plan;
  mlir::OpBuilder &b;
  Evaluator evaluator;
  llvm::SmallVector<Pair, 1> pairs;
  llvm::MutableArrayRef<Pair> atHand;    ///< all of them, or, where k is cut, one
  mlir::VectorType vectorType, copyType; ///< of elements, and of them as they are copied
  Bf16 bf16;

  mlir::Value batch, mEnd, nEnd, blockStart; ///< of the task
  unsigned batchLevel = 0;
  mlir::Value subStart, subEnd;      ///< rows of A at hand
  mlir::Value kStart, kCount;        ///< of the block of k
  mlir::Value panelStart, panelMask; ///< the panel at hand; the mask of its last vector
  unsigned panelLevel = 0;
  int64_t panelVectors = 1;
  mlir::Value tileScratch, partialSums;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, mlir::Value> columnStarts;
};

} // namespace agon::cpu
#endif
