//===- ModeProduct.h - What a mode product's body is ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_MODEPRODUCT_H
#define AGON_DIALECTS_AGON_MODEPRODUCT_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <optional>

namespace agon {

/// The constant that makes `matrix`, if it has two axes and so few elements that code may hold them; null otherwise.
mlir::arith::ConstantOp smallMatrix(mlir::Value matrix);

/// A small constant matrix of a mode product: dimension `from` of the iteration space, a reduction, becomes dimension
/// `to`, a parallel one.
struct ModeMatrix {
  mlir::DenseFPElementsAttr elements;
  unsigned to, from;
};

/// The matrices of `generic` if it is out += m1 * ... * mk * x, in whatever brackets, with small constant matrices,
/// each over two dimensions of its own, that take up all reductions; nothing otherwise.
std::optional<llvm::SmallVector<ModeMatrix, 3>> matchModeProduct(mlir::linalg::GenericOp generic);

} // namespace agon
#endif
