//===- Passes.h - Passes on kernels of every target -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_PASSES_H
#define AGON_COMPILER_KERNEL_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace agon::kernels {
#define GEN_PASS_DECL
#include "compiler/kernel/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/kernel/Passes.h.inc"
} // namespace agon::kernels
#endif
