//===- Pullback.h - The differentiation interface ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_AUTODIFF_PULLBACK_H
#define AGON_COMPILER_AUTODIFF_PULLBACK_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "compiler/autodiff/Pullback.h.inc"

namespace agon::autodiff {

/// Attach the rules of one family of operations when its dialect is loaded.
void registerArithRules(mlir::DialectRegistry &registry);
void registerMathRules(mlir::DialectRegistry &registry);
void registerTensorRules(mlir::DialectRegistry &registry);
void registerWindowRules(mlir::DialectRegistry &registry);

/// Attaches every rule: an operation without one cannot be differentiated.
void registerPullbacks(mlir::DialectRegistry &registry);

} // namespace agon::autodiff

#endif
