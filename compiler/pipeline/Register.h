//===- Register.h - Every dialect and pass, in one place --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_PIPELINE_REGISTER_H
#define AGON_COMPILER_PIPELINE_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace agon {
/// Fills the registry of targets (compiler/target): the one list of them.
void registerTargets();
/// Registers the targets, the dialects and external models that Agon's tools use with
/// `registry`, and its passes (with the upstream ones that the phase table
/// names) globally.
void registerAll(mlir::DialectRegistry &registry);
} // namespace agon
#endif
