//===- Passes.h - Passes of the autodiff room -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_AUTODIFF_PASSES_H
#define AGON_COMPILER_AUTODIFF_PASSES_H

#include "mlir/Pass/Pass.h"

namespace agon::autodiff {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/autodiff/Passes.h.inc"

} // namespace agon::autodiff

#endif
