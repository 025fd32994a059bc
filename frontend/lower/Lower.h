//===- Lower.h - Elaborated model to the agon dialect -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_LOWER_LOWER_H
#define AGON_FRONTEND_LOWER_LOWER_H

#include "frontend/sema/Model.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace agon {

struct LowerOptions {
  bool f64 = false;              ///< Real numbers are f64 instead of f32.
  std::string sourceName;        ///< The model file's name, for places that have none.
  std::string configJson = "{}"; ///< Constants and options in force, for run.json.
};

/// The model in the game form: one `agon.network` a network and one
/// `agon.game`. `model` must have come out of sema without errors. Loads the
/// dialects it needs. Null, with the reason in the context's diagnostics, if
/// the result does not verify.
mlir::OwningOpRef<mlir::ModuleOp> lower(const sema::Model &model, mlir::MLIRContext &context,
                                        const LowerOptions &options);

} // namespace agon
#endif
