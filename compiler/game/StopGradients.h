//===- StopGradients.h - Stopped values held at one point -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_STOPGRADIENTS_H
#define AGON_COMPILER_GAME_STOPGRADIENTS_H

#include "dialects/agon/Agon.h"
#include "mlir/IR/IRMapping.h"

namespace agon::game {

/// Computes what each `agon.stop_gradient` of `block` stops from other values, as `base` maps them:
/// parameters, which finite differences move, to where they were before. Then the differences of a
/// function are those that its derivative is about. What depends on nothing mapped is shared.
void holdStopped(mlir::Block &block, mlir::IRMapping base);

} // namespace agon::game

#endif
