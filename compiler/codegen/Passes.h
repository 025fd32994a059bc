//===- Passes.h - Passes of the codegen room --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_PASSES_H
#define AGON_COMPILER_CODEGEN_PASSES_H

#include "compiler/target/Target.h"
#include "dialects/agon/Agon.h"
#include "mlir/Pass/Pass.h"

namespace agon::codegen {

/// In the metadata of a diagnostic: the model or what is asked of it is at fault, not the compiler.
inline constexpr llvm::StringLiteral userErrorMark = "agon.user_error";

#define GEN_PASS_DECL
#include "compiler/codegen/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/codegen/Passes.h.inc"
} // namespace agon::codegen
#endif
