//===- Axes.h - How the axes of an operation's values go together -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_AXES_H
#define AGON_DIALECTS_AGON_AXES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace agon {

/// Axis `i` of `a` is axis `j` of `b`: a place along the one has to do with the same place along the other alone.
using AxisTie = llvm::function_ref<void(mlir::Value a, int64_t i, mlir::Value b, int64_t j)>;
/// The operation needs all places along an axis of a value, or knows their number.
using AxisUse = llvm::function_ref<void(mlir::Value value, int64_t axis)>;

/// Tells of every axis of the operands and of the first result of a tensor operation what the operation does along it.
void relateAxes(mlir::Operation &op, AxisTie tie, AxisUse use);

} // namespace agon

#endif
