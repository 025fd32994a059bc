//===- Matrix.h - Matrices that are attributes ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_MATRIX_H
#define AGON_DIALECTS_AGON_MATRIX_H

#include "mlir/IR/BuiltinAttributes.h"

namespace agon {

/// The transpose of a matrix of f64: the mode product with it takes a result's cotangent to its input's.
mlir::DenseFPElementsAttr transposed(mlir::DenseFPElementsAttr matrix);

} // namespace agon
#endif
