//===- SampleAxes.h - Which axes count the samples -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_SAMPLEAXES_H
#define AGON_COMPILER_EXPORT_SAMPLEAXES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/IntEqClasses.h"

namespace agon::exports {

/// The axes of a function's values that are as long as the minibatch, whatever its size. Shapes are those of one size,
/// so an axis is known by its way: the first axis of what comes from outside, and every axis that an operation makes
/// equal to one of these.
class SampleAxes {
public:
  /// \param inputs the values whose first axis counts samples.
  SampleAxes(mlir::func::FuncOp function, llvm::ArrayRef<mlir::Value> inputs);

  bool contains(mlir::Value value, int64_t axis) const;
  /// The first operation that looks across samples, so that the size of the minibatch is a part of its meaning; null
  /// if each sample is by itself.
  mlir::Operation *mixing() const { return mixer; }

private:
  /// The number of a value's axis among those of all values.
  unsigned id(mlir::Value value, int64_t axis) const { return first.lookup(value) + unsigned(axis); }

  llvm::DenseMap<mlir::Value, unsigned> first;
  llvm::IntEqClasses classes;
  llvm::SmallVector<std::pair<mlir::Operation *, unsigned>> uses; ///< Operations that need all of an axis.
  llvm::SmallVector<unsigned> samples;                            ///< Axes known to count samples, later their classes.
  mlir::Operation *mixer = nullptr;
};

} // namespace agon::exports

#endif
