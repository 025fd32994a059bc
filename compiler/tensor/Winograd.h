//===- Winograd.h - Short convolutions by few products ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_WINOGRAD_H
#define AGON_COMPILER_TENSOR_WINOGRAD_H

#include "mlir/IR/BuiltinAttributes.h"

namespace agon::tensors {

/// F(outputs, taps): `outputs` neighbouring sums of `taps` terms each,
///   y[i] = sum over j of x[i + j] * w[j],
/// by points() = outputs + taps - 1 products instead of outputs * taps:
///   y = output^T ((filter w) * (input x)),
/// as Winograd's minimal filtering (Lavin and Gray 2015, arXiv:1509.09308), made from
/// interpolation at small rational points (Toom and Cook). The three together are one trilinear
/// form, so each transposes: filter^T ((input x) * (output y)) is the sum's filter gradient.
/// All entries are exact in f64, or the nearest to a third, a fifth and so on.
struct Winograd {
  /// Matrices for `outputs` + `taps` at most maxPoints + 1.
  Winograd(mlir::MLIRContext *context, int64_t outputs, int64_t taps);
  /// Beyond this rounding errors of f32 grow past some ten times those of the plain sum.
  static constexpr int64_t maxPoints = 6;
  /// The most where the products are of numbers rounded to bf16: with 0, 1, -1 and infinity the error of a sum over
  /// channels is 1.7 to 1.9 times the plain one's, 0.4 %; with one point more it is six times.
  static constexpr int64_t maxPointsInBf16 = 4;

  mlir::DenseFPElementsAttr input;  ///< [points, points]
  mlir::DenseFPElementsAttr filter; ///< [points, taps]
  mlir::DenseFPElementsAttr output; ///< [points, outputs]
};

} // namespace agon::tensors
#endif
