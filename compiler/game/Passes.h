//===- Passes.h - Passes of the game room -----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_PASSES_H
#define AGON_COMPILER_GAME_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace agon::game {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/game/Passes.h.inc"

} // namespace agon::game

#endif
