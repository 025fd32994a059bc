//===- Constants.h - The numbers that values are ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_CONSTANTS_H
#define AGON_DIALECTS_AGON_CONSTANTS_H

#include "mlir/IR/Value.h"
#include <optional>

namespace agon {

/// The number that a constant of floating point is, a scalar or each element of a tensor; nothing for
/// any other value.
std::optional<double> constantNumber(mlir::Value value);

} // namespace agon
#endif
