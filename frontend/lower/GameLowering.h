//===- GameLowering.h - A game's declarations to IR -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_LOWER_GAMELOWERING_H
#define AGON_FRONTEND_LOWER_GAMELOWERING_H

#include "frontend/lower/LoweringContext.h"

namespace agon::lowering {

/// Gives each of the game's variables a symbol: its own name, but for a noise
/// or a let that shares it with a player or a metric.
void nameVariables(LoweringContext &context, const sema::Game &game);

/// Writes the `agon.game` of a model that has one at the builder's insertion point.
void lowerGame(LoweringContext &context, const sema::Model &model, llvm::StringRef config);

} // namespace agon::lowering
#endif
