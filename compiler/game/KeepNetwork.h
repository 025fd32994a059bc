//===- KeepNetwork.h - A game of one network's application -----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_KEEPNETWORK_H
#define AGON_COMPILER_GAME_KEEPNETWORK_H

#include "dialects/agon/Agon.h"

namespace agon::game {

/// Marks a noise variable that stands for an input: it is never drawn.
inline constexpr llvm::StringLiteral inputName = "agon.input";
/// What the name of an input begins with that all samples share: it has no axis of the minibatch.
inline constexpr llvm::StringLiteral sharedPrefix = "shared:";
/// The module's attribute that tells of each input that holds labels how many classes they have.
inline constexpr llvm::StringLiteral classesName = "agon.classes";

/// Leaves of a game in game form what it takes to apply the network: its generator, with noise, data and averages, and
/// nothing that is played. A network that the game does not sample is given a generator of its own, which takes its
/// inputs by their names as noise. Fails, after an error, if there is no such network.
mlir::LogicalResult keepNetwork(mlir::ModuleOp module, llvm::StringRef name);

} // namespace agon::game

#endif
