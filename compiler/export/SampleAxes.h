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
  void tie(mlir::Value a, int64_t i, mlir::Value b, int64_t j) { classes.join(id(a, i), id(b, j)); }
  /// Notes that the operation needs all elements of the axis, or knows their number.
  void use(mlir::Operation *op, mlir::Value value, int64_t axis) { uses.push_back({op, id(value, axis)}); }
  void visit(mlir::Operation &op);
  void visitReshape(mlir::Operation &op);

  llvm::DenseMap<mlir::Value, unsigned> first;
  llvm::IntEqClasses classes;
  llvm::SmallVector<std::pair<mlir::Operation *, unsigned>> uses;
  llvm::SmallVector<unsigned> samples; ///< Axes known to count samples, later their classes.
  mlir::Operation *mixer = nullptr;
};

} // namespace agon::exports

#endif
