//===- Passes.h - Passes of the CPU's room ----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_PASSES_H
#define AGON_COMPILER_CPU_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace agon::cpu {
#define GEN_PASS_DECL
#include "compiler/cpu/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/cpu/Passes.h.inc"

/// Registers the passes of Passes.td and the pipeline `agon-cpu-to-llvm`.
void registerCpuPasses();
} // namespace agon::cpu
#endif
