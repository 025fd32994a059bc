//===- Passes.h - Passes of the tensor room ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_PASSES_H
#define AGON_COMPILER_TENSOR_PASSES_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/Pass.h"

namespace agon::tensors {

/// Whether a convolution is done by Winograd's method.
enum class WinogradUse {
  Never,
  Auto,  ///< where it takes fewer operations, its transforms counted
  Always ///< wherever it is defined: for tests
};

#define GEN_PASS_DECL
#include "compiler/tensor/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors
#endif
