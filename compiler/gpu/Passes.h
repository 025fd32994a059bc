//===- Passes.h - Passes of the GPU's room ----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_PASSES_H
#define AGON_COMPILER_GPU_PASSES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace agon::gpu {
#define GEN_PASS_DECL
#include "compiler/gpu/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/gpu/Passes.h.inc"

/// Registers the passes of Passes.td and the pipeline `agon-gpu-to-llvm`.
void registerGpuPasses();
} // namespace agon::gpu
#endif
