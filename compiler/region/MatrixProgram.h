//===- MatrixProgram.h - A constant matrix as arithmetic --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_MATRIXPROGRAM_H
#define AGON_COMPILER_REGION_MATRIXPROGRAM_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <utility>

namespace agon::regions {

/// A multiple of a variable.
struct Term {
  unsigned variable;
  double factor;
};

/// A small constant matrix times a vector, as sums of few terms. The variables are first the elements of
/// the vector, then the sums of two that several rows share, found greedily (common subexpression
/// elimination as for multiplierless filters; Hartley 1996). Rows that differ in signs only, which pairs
/// of points p and -p give, so share their even and odd halves; columns that do, their sum and difference.
struct MatrixProgram {
  int64_t rows, columns;
  llvm::SmallVector<llvm::SmallVector<Term>> sums;     ///< a row
  llvm::SmallVector<std::pair<unsigned, Term>> shared; ///< a variable plus a multiple of another

  /// Of finite `elements`, by rows, which are exact in `element`, f32 or f64.
  MatrixProgram(llvm::ArrayRef<double> elements, int64_t rows, int64_t columns, mlir::FloatType element);

  /// Additions and multiply-adds, about.
  int64_t operations() const;

private:
  void share(mlir::FloatType element);
};

} // namespace agon::regions
#endif
