//===- DerivativeForms.h - Gradients by themselves --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_DERIVATIVEFORMS_H
#define AGON_COMPILER_GAME_DERIVATIVEFORMS_H

#include "compiler/game/Cells.h"

namespace agon::game {

/// Makes the functions that tell of a game's derivatives without moving anyone: each player's objective and gradient,
/// and the transposed Jacobian of all gradients times a direction. All draw from the same streams, as they would in
/// one turn in which all move. `stream` is the number of the next stream. \returns how many functions.
mlir::FailureOr<int64_t> formDerivatives(const GameIndex &index, const CellTable &cells, int64_t &stream);

} // namespace agon::game

#endif
