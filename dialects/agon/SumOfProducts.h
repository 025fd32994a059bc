//===- SumOfProducts.h - What a contraction's body is -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_SUMOFPRODUCTS_H
#define AGON_DIALECTS_AGON_SUMOFPRODUCTS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace agon {

/// Whether `generic` sums up products of its inputs, two by two: out += a * b, or out += a * b + c * d and so on for
/// the sum of several contractions over one space. Inputs 2 i and 2 i + 1 are a pair.
bool isSumOfProducts(mlir::linalg::GenericOp generic);

} // namespace agon
#endif
