//===- Checks.h - What the verifiers of tensor operations share -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to the room. Each check fails after an error at `op` of the form
// "expected X, got Y".
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_CHECKS_H
#define AGON_DIALECTS_AGON_CHECKS_H

#include "dialects/agon/Agon.h"

namespace agon::detail {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// Every axis lies in [0, rank) and none is named twice.
mlir::LogicalResult checkAxes(mlir::Operation *op, llvm::ArrayRef<int64_t> axes, int64_t rank, llvm::StringRef what);

/// The result's elements are the operand's.
mlir::LogicalResult checkElement(mlir::Operation *op, mlir::RankedTensorType operand, mlir::RankedTensorType result);

/// The only result is of type `expected`.
mlir::LogicalResult checkResult(mlir::Operation *op, mlir::RankedTensorType expected);

/// `list` has one entry for each of `count` things, called `each`.
mlir::LogicalResult checkLength(mlir::Operation *op, llvm::ArrayRef<int64_t> list, int64_t count, llvm::StringRef what,
                                llvm::StringRef each = "an axis");

/// Every entry of `list` is at least `least`.
mlir::LogicalResult checkAtLeast(mlir::Operation *op, llvm::ArrayRef<int64_t> list, int64_t least,
                                 llvm::StringRef what);

} // namespace agon::detail
#endif
