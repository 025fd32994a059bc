//===- ContractionPlan.h - How a contraction is cut up ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_CONTRACTIONPLAN_H
#define AGON_COMPILER_CPU_CONTRACTIONPLAN_H

#include "compiler/cpu/Kernels.h"

namespace agon::cpu {

/// The axes of every contraction: C[batch, m, n] = sum over k of A[batch, m, k] B[batch, k, n], or the sum of some
/// such, each with an A and a B of its own.
enum ContractionAxis : unsigned { BatchAxis, MAxis, NAxis, KAxis };

/// A or B: an input of the root, with what it takes to evaluate it.
struct ContractionOperand {
  mlir::Value tensor;
  mlir::AffineMap map;
  Survey survey;

  /// How its elements lie along an axis, in runs.
  enum Layout { Contiguous, Strided, Scattered };
  Layout along(const Axis &axis) const;
  /// How many steps of the axis go at one stride, before windows or rows make them jump.
  int64_t run(const Axis &axis) const;
  /// Whether its elements lie in one buffer, as they are.
  bool isPlain() const { return survey.leaves.size() == 1 && survey.leaves.front().tensor == tensor; }
  /// Whether it can be read where it lies, at constant strides along `first` and `second`.
  bool isDirect(const Axis &first, const Axis &second) const;
  const LinearForm &form() const { return survey.leaves.front().form; }
};

/// The operands of one sum over k, and how they are read.
struct ContractionPair {
  ContractionOperand a, b;
  bool packA = false, packB = false;
  /// A is read where it lies, from an address a row, in runs of k.
  bool aInRuns = false;
  bool prefetchB = false;    ///< while B is read in place, the panel after the one at hand is fetched
  bool fetchPanel = false;   ///< while a panel is used, what is copied after it is fetched
  bool packedAByRows = true; ///< [m][k], else [k][m]
};

/// How tiles of C are computed.
enum class TileForm {
  /// `rows` x `vectors` accumulators with lanes along n; A is broadcast, B loaded.
  Outer,
  /// A vector's worth of outputs, for n of 1, 2 or 4; lanes along k, summed at the end.
  Inner
};

struct ContractionPlan {
  mlir::linalg::GenericOp root;
  mlir::Type element;
  Axis axes[4];
  llvm::SmallVector<ContractionPair, 1> pairs;
  Epilogue epilogue;
  int64_t lanes = 1;

  TileForm form = TileForm::Outer;
  int64_t rows = 1, vectors = 1; ///< of a tile
  int64_t mBlock = 1, nBlock = 1; ///< of a task
  int64_t mSub = 1;               ///< rows of A that share a copy of B's panels
  int64_t kBlock = 1;             ///< of a pair's sum
  bool kIsCut = false;            ///< whether blocks of k are taken one at a time, with partial sums in scratch

  /// What the epilogue reads beside the sums, of tensors beyond the second-level cache: fetched while they grow.
  llvm::SmallVector<Survey::Leaf, 2> fetched;

  int64_t m() const { return axes[MAxis].size(); }
  int64_t n() const { return axes[NAxis].size(); }
  int64_t k() const { return axes[KAxis].size(); } ///< of one pair
  int64_t terms() const { return k() * int64_t(pairs.size()); }
  int64_t batch() const { return axes[BatchAxis].size(); }
  int64_t panel() const { return vectors * lanes; } ///< columns of a tile
  /// Steps of k between jumps of A, within a block.
  int64_t span(const ContractionPair &pair) const { return std::min(pair.a.run(axes[KAxis]), kBlock); }
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

  /// Recognises the frame's region and decides; false if it is no such contraction.
  bool make(Frame &frame);
  /// What was decided, in words: "1024 x 64 x 512, outer 14x2, A packed by rows, B packed".
  std::string describe() const;

private:
  bool match(Frame &frame);
  void swapOperands();
  int64_t streamedBlock() const;
  double chooseTile(const TargetInfo &target);
  void chooseBlocks(const TargetInfo &target);
  bool readsAInRuns(const ContractionPair &pair, int64_t longest);
  void chooseReading(ContractionPair &pair, const TargetInfo &target);
  void chooseFetches();
  double packingCost(const ContractionPair &pair, bool ofA) const;
  bool liesInPanels(const ContractionPair &pair, int64_t width) const;
};

} // namespace agon::cpu
#endif
