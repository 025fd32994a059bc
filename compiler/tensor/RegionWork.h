//===- RegionWork.h - What one execution of a region takes ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_REGIONWORK_H
#define AGON_COMPILER_TENSOR_REGIONWORK_H

#include "mlir/IR/Block.h"
#include <cstdint>

namespace agon::tensors {

/// Scalar floating-point work of one execution of a region's body.
int64_t countFlops(mlir::Block &body);
/// What it reads of its inputs, at most all of each, and all that it yields.
int64_t countBytes(mlir::Block &body);

} // namespace agon::tensors
#endif
