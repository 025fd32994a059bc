//===- Gradient.h - Reverse-mode differentiation ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_AUTODIFF_GRADIENT_H
#define AGON_COMPILER_AUTODIFF_GRADIENT_H

#include "mlir/IR/Builders.h"

namespace agon::autodiff {

/// Emits, at the insertion point of `builder`, the cotangents of `wrt` when
/// those of some values are given by `seeds` (value, cotangent; equal types):
/// the sum over the seeds of d<value, cotangent> / d wrt.
///
/// All seeds must come before the insertion point, in its block; the walk does
/// not leave the block. Only operations on a path from `wrt` to the seeds are
/// visited. What is emitted carries the location of the operation that is
/// differentiated, and can itself be differentiated.
///
/// A null result is a symbolic zero: no seed depends on that value. Fails,
/// after an error at its location, on an operation that has no pullback.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
gradients(mlir::OpBuilder &builder, llvm::ArrayRef<std::pair<mlir::Value, mlir::Value>> seeds, mlir::ValueRange wrt);

/// The constant that has `number` in every element of the floating-point `type`.
mlir::Value splatConstant(mlir::OpBuilder &builder, mlir::Location loc, double number, mlir::Type type);

} // namespace agon::autodiff

#endif
