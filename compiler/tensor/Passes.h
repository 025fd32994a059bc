//===- Passes.h - Passes of the tensor room ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_PASSES_H
#define AGON_COMPILER_TENSOR_PASSES_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class OpPassManager;
}

namespace agon::tensors {
#define GEN_PASS_DECL
#include "compiler/tensor/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/tensor/Passes.h.inc"

/// Turn form to `linalg` form: phase `linalg`. Runs on a module.
void buildLinalgPipeline(mlir::OpPassManager &module);

/// `linalg` form to regions: phase `fused`. Runs on a module; without `fuse`
/// each linalg operation is a region of its own.
void buildFusionPipeline(mlir::OpPassManager &module, bool fuse = true);
} // namespace agon::tensors
#endif
