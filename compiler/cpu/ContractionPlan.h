//===- ContractionPlan.h - How a contraction is cut up ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_CONTRACTIONPLAN_H
#define AGON_COMPILER_CPU_CONTRACTIONPLAN_H

#include "compiler/cpu/Cpu.h"
#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Loops.h"
#include "compiler/region/ContractionForm.h"

namespace agon::cpu {

/// How the operands of one sum over k are read.
struct Reading {
  bool packA = false, packB = false;
  /// A is read where it lies, from an address a row, in runs of k.
  bool aInRuns = false;
  bool packedAByRows = true; ///< [m][k], else [k][m]
  bool prefetchB = false;    ///< while B is read in place, the panel after the one at hand is fetched
  bool fetchPanel = false;   ///< while a panel is used, what is copied after it is fetched
};

/// A contraction and what was decided of it (see Cpu.td).
struct ContractionPlan : ContractionForm {
  TargetAttr target;
  int64_t lanes = 1;
  bool transposed = false;
  Precision precision = Precision::Full; ///< of products

  TileForm tileForm = TileForm::Outer;
  int64_t rows = 1, vectors = 1;          ///< of a tile
  int64_t mBlock = 1, nBlock = 1;         ///< of a task
  int64_t mSub = 1;                       ///< rows of A that share a copy of B's panels
  int64_t kBlock = 1;                     ///< of a pair's sum
  bool kIsCut = false;                    ///< whether blocks of k are taken one at a time, with partial sums in scratch
  llvm::SmallVector<Reading, 1> readings; ///< a pair
  double cycles = 0;                      ///< of all tasks together

  /// What the epilogue reads beside the sums, of tensors beyond the second-level cache: fetched while they grow.
  llvm::SmallVector<Survey::Leaf, 2> fetched;

  /// Chooses a plan for `form`, in the precision that the target multiplies in if it costs a tenth less there.
  static ContractionPlan choose(ContractionForm form, TargetAttr target);
  /// The plan for `form` in `precision`; nothing where the form cannot be multiplied in it.
  static std::optional<ContractionPlan> choose(ContractionForm form, TargetAttr target, Precision precision);
  /// The plan that `plan` writes down. Fails, with a diagnostic at `region`, where it does not fit `form`.
  static mlir::FailureOr<ContractionPlan> read(ContractionAttr plan, ContractionForm form, TargetAttr target,
                                               RegionOp region);
  ContractionAttr write() const;
  /// What was decided, in words: "1024 x 64 x 512, outer 14x2, A packed by rows, B packed". Where products might be
  /// in less precision, they are named, with the reason if they are not.
  std::string describe() const;

  int64_t panel() const { return vectors * lanes; } ///< columns of a tile
  /// Terms of k that a lane multiplies at a time, neighbours in copies.
  int64_t depth() const { return precision == Precision::Bf16 ? 2 : 1; }
  /// Of an element in copies.
  int64_t copiedBytes() const { return elementBytes() / depth(); }
  /// Multiply-adds of a vector that a sum over k takes.
  int64_t steps() const { return ceilDiv(k(), depth()) * int64_t(pairs.size()); }
  /// Steps of k between jumps of A, within a block.
  int64_t span(const OperandPair &pair) const { return std::min(pair.a.run(axes[KAxis]), kBlock); }
  /// Elements of the copies of a block of A and of a panel of B; none where they are read in place.
  int64_t sizeOfA(const Reading &reading) const;
  int64_t sizeOfB(const Reading &reading) const;
  /// From one row of A's copy to the next, of m or of k: a vector more than needed, so that no two rows lie at a power
  /// of two from one another.
  int64_t strideOfA(const Reading &reading) const {
    int64_t vector = reading.packedAByRows ? lanes * depth() : lanes;
    return roundUp(reading.packedAByRows ? kBlock : mSub, vector) + vector;
  }
  int64_t mBlocks() const { return ceilDiv(m(), mBlock); }
  int64_t nBlocks() const { return ceilDiv(n(), nBlock); }

  /// Whether a vector along `axis`, from a multiple of `lanes`, never crosses the end of a run.
  bool loadsVectors(const ContractionOperand &operand, const Axis &axis) const {
    int64_t run = operand.run(axis);
    return run == axis.size() || run % lanes == 0;
  }
  /// Whether such vectors are loads.
  bool loadsContiguous(const ContractionOperand &operand, ContractionAxis axis) const {
    return operand.along(axes[axis]) == ContractionOperand::Contiguous && loadsVectors(operand, axes[axis]);
  }

private:
  ContractionPlan(ContractionForm form, TargetAttr target);
  void transposeAll();
  int64_t streamedBlock() const;
  double chooseTile();
  void chooseBlocks();
  bool readsAInRuns(const OperandPair &pair, int64_t longest);
  void chooseReading(const OperandPair &pair, Reading &reading);
  void chooseFetches();
  mlir::LogicalResult check(RegionOp region) const;
  double packingCost(const OperandPair &pair, bool ofA) const;
  bool liesInPanels(const OperandPair &pair, int64_t width) const;
  bool prefetchesB(const OperandPair &pair, const Reading &reading) const;
  int64_t residentBytes() const;
  int64_t scratchBytes() const;
  std::string explainPrecision() const;
};

} // namespace agon::cpu
#endif
