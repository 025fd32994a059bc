//===- Passes.h - Passes of the tensor room ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_PASSES_H
#define AGON_COMPILER_TENSOR_PASSES_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/Pass.h"

namespace agon::tensors {
#define GEN_PASS_DECL
#include "compiler/tensor/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors
#endif
