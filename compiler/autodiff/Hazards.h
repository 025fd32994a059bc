//===- Hazards.h - Where functions and slopes are not finite ----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_AUTODIFF_HAZARDS_H
#define AGON_COMPILER_AUTODIFF_HAZARDS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

namespace agon::autodiff {

/// An operand for which an operation, or its derivative of some order, may be
/// infinite or NaN, and a number for which none is.
struct Hazard {
  unsigned operand;
  double safe;
};

/// How many values may be multiplied in each element of a value, by which its
/// growth is judged: a product of three is not trusted to be finite.
using Degrees = llvm::DenseMap<mlir::Value, unsigned>;
unsigned degreeOf(mlir::Operation *op, const Degrees &operands);

/// The hazards of an elementwise operation of the closed set whose operands
/// are of these degrees (1 if not given). What is positive by its form, like
/// sqrt(mean(x^2) + eps), is none in a denominator, root or logarithm. Roots
/// count only `withRoots`: their slope at 0 is 0 by convention, and below 0
/// they have no value either.
llvm::SmallVector<Hazard> hazardsOf(mlir::Operation *op, const Degrees &operands, bool withRoots);

} // namespace agon::autodiff

#endif
