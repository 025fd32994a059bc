//===- ContractionForm.h - A region that is a contraction -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_CONTRACTIONFORM_H
#define AGON_COMPILER_REGION_CONTRACTIONFORM_H

#include "compiler/region/Epilogue.h"

namespace agon::regions {

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

/// The operands of one sum over k.
struct OperandPair {
  ContractionOperand a, b;
};

/// A region whose root is a contraction: its axes and what it reads along them.
struct ContractionForm {
  mlir::linalg::GenericOp root;
  mlir::Type element; ///< f32 or f64
  Axis axes[4];       ///< by ContractionAxis
  llvm::SmallVector<OperandPair, 1> pairs;
  Epilogue epilogue;

  int64_t m() const { return axes[MAxis].size(); }
  int64_t n() const { return axes[NAxis].size(); }
  int64_t k() const { return axes[KAxis].size(); } ///< of one pair
  int64_t terms() const { return k() * int64_t(pairs.size()); }
  int64_t batch() const { return axes[BatchAxis].size(); }
  int64_t elementBytes() const { return element.getIntOrFloatBitWidth() / 8; }

  /// The same contraction with its result transposed: A and B, m and n change places.
  void transpose();
  /// Recognises `region`; nothing if it is no contraction.
  static std::optional<ContractionForm> of(RegionOp region);

private:
  bool recognise(RegionOp region);
};

} // namespace agon::regions
#endif
