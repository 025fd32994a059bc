//===- Passes.h - agon to agon transforms -----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_PASSES_H
#define AGON_DIALECTS_AGON_PASSES_H

#include "dialects/agon/Agon.h"
#include "mlir/Pass/Pass.h"

namespace agon {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/agon/AgonPasses.h.inc"

} // namespace agon
#endif
