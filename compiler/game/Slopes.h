//===- Slopes.h - How players feel each other -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_SLOPES_H
#define AGON_COMPILER_GAME_SLOPES_H

#include "compiler/game/FunctionForm.h"

namespace agon::game {

/// Whether players may feel each other.
inline bool hasSlopes(const GameIndex &index) { return index.players.size() > 1; }

/// Fills `form` with what training warns by: the SLOPE and SEPARATION cells of each player. A player who plays against
/// another's network (a generator) has the slope of its objective by that network's outputs: the sum over the minibatch
/// of the absolute derivatives. One whose network judges what others make (a critic) has the slope by its own outputs,
/// and by how many standard deviations the mean outputs for real and for generated samples are apart. What a player has
/// not is -1.
mlir::LogicalResult formSlopes(const GameIndex &index, FunctionForm &form);

} // namespace agon::game

#endif
