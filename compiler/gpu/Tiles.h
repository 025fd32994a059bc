//===- Tiles.h - Contractions by tiles in shared memory ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_TILES_H
#define AGON_COMPILER_GPU_TILES_H

#include "compiler/gpu/GridKernel.h"
#include "compiler/region/ContractionForm.h"

namespace agon::gpu {

/// Tiles of A or of B in shared memory, as many as a plan has stages, each of `extent` rows or columns by `depth` steps
/// of k. Its rows lie `stride` elements apart: they run along k where that is fastest, else along the other axis.
struct Tile {
  ContractionAxis own; ///< the axis beside k
  int64_t extent, depth;
  bool kIsFastest = false;
  int64_t stride = 0;
  mlir::Type element = {};
  mlir::Value row = {}; ///< all stages

  /// Elements of a stage.
  int64_t size() const { return (kIsFastest ? extent : depth) * stride; }
  /// Where an element lies in stage `stage`.
  mlir::Value place(GridKernel &kernel, mlir::Value stage, mlir::Value inOwn, mlir::Value inK) const;
};

/// How a block's threads bring tiles of one operand to shared memory, some neighbours each at a time: as they lie in
/// the operand's buffer by cp.async, which no register sees, else evaluated, with prologue, windows and padding.
class TileCopy {
public:
  TileCopy(GridKernel &kernel, const ContractionForm &form, const ContractionOperand &operand, const Tile &tile,
           Precision precision);

  /// Says which part of the operand is the block's: where it is in the batch, and where its rows or columns begin.
  void locate(mlir::Value batch, mlir::Value first);
  /// Whether cp.async copies: what has arrived is not rounded then.
  bool isAsync() const { return async; }
  /// Begins to bring the steps of k from `k` on to stage `stage`.
  void fetch(mlir::Value k, mlir::Value stage);
  /// Writes what was fetched and is still in registers.
  void put();

private:
  /// Neighbours that the thread has fetched, where they go, and whether they are there at all; null for always.
  struct Group {
    mlir::Value value, place, exists;
  };
  /// Which axis the operand's neighbours in memory follow, and the axes of its evaluator.
  struct Reading {
    bool alongK;
    llvm::SmallVector<Axis> axes;
  };
  static Reading read(const ContractionForm &form, const ContractionOperand &operand, const Tile &tile);
  /// How many neighbours 16 bytes hold, if all groups of so many can be read at once; else 1.
  int64_t neighbours() const;
  /// Places the evaluator at the group that begins at these positions.
  void bind(mlir::Value own, mlir::Value k);
  /// Begins to copy the group at which the evaluator is; zeros in its place where `beyond`, if it is given, holds.
  void copyAsync(mlir::Value place, mlir::Value beyond);
  /// Writes a group, as one vector where its elements are neighbours in the tile, too.
  void store(const Group &group);
  /// Elements as the products take them.
  llvm::SmallVector<mlir::Value> rounded(llvm::ArrayRef<mlir::Value> elements);

  GridKernel &kernel;
  mlir::OpBuilder &b;
  mlir::Location loc;
  const ContractionOperand &operand;
  const Tile &tile;
  Precision precision;
  Axis own, k;
  mlir::Type element;
  Reading reading;
  int64_t lanes;
  bool async;
  Evaluator evaluator;
  mlir::Value start;
  llvm::SmallVector<Group> fetched;
};

/// Whether threads side by side had better read `operand`, whose axes are `own` and k, along k.
bool isAlongK(const ContractionForm &form, const ContractionOperand &operand, ContractionAxis own);

/// A register that tensor cores multiply in TF32, of an element in f32: to nearest, ties away from zero, as sm_80 has
/// it.
mlir::Value roundedToTf32(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value);

/// Emits a planned contraction. Contraction.cpp has the loops and products of f32; TensorCores.cpp products in other
/// precisions.
class TileEmitter {
public:
  TileEmitter(GridKernel &kernel, ContractionForm contraction, TilesAttr plan);
  virtual ~TileEmitter() = default;
  /// False, having emitted nothing of use, if the plan does not fit.
  bool emit();

protected:
  /// An element of C that a thread has: where, within the block's part, and its place among the thread's sums.
  struct Element {
    mlir::Value row, column;
    unsigned sum;
  };

  /// Says how the tiles of an operand lie, whose neighbours in memory are steps of k or not: `kIsFastest`, `stride` and
  /// `element`.
  virtual void layOut(Tile &tile, bool alongK) = 0;
  /// How many sums a thread has.
  virtual unsigned sumCount() const = 0;
  /// The sums with the products of a stage's tiles added. \param raw whether what is in A's and B's is not rounded yet.
  virtual llvm::SmallVector<mlir::Value> multiply(mlir::Value stage, llvm::SmallVector<mlir::Value> sums,
                                                  std::pair<bool, bool> raw) = 0;
  /// The elements of C that the thread has, in groups of `groupSize` neighbours along n that begin at multiples of
  /// that.
  virtual llvm::SmallVector<Element> elements() = 0;
  virtual int64_t groupSize() const = 0;

  GridKernel &kernel;
  ContractionForm form;
  TilesAttr plan;
  mlir::OpBuilder &b;
  mlir::Location loc;
  Tile tileA, tileB;

private:
  /// Says where the parts of C and of k begin that are this block's. False if a part of k is too short for the stages.
  bool locate();
  /// The sums with the products of a pair of operands added, for the block's steps of k.
  llvm::SmallVector<mlir::Value> accumulate(const OperandPair &pair, llvm::SmallVector<mlir::Value> sums);
  /// How many neighbours along n the epilogue is evaluated for at once: a group, or 1.
  int64_t epilogueLanes();
  /// Evaluates and stores the results of the elements of C that there are.
  void finish(llvm::ArrayRef<mlir::Value> sums);
  mlir::Value isBeyond(mlir::Value position, ContractionAxis axis);

  Evaluator evaluator;
  mlir::Value tile, part, batch, mStart, nStart;
  mlir::Value firstStep, steps; ///< of the block, `depth` of k each
};

/// Products on tensor cores, in TF32 or bf16, with sums in f32.
std::unique_ptr<TileEmitter> createTensorCoreTiles(GridKernel &kernel, ContractionForm form, TilesAttr plan);

} // namespace agon::gpu
#endif
