//===- GameIndex.h - The symbols of a game, looked up once ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_GAMEINDEX_H
#define AGON_COMPILER_GAME_GAMEINDEX_H

#include "dialects/agon/Agon.h"

namespace agon::game {

/// What a player is after: its own objective, or that of a move.
struct Objective {
  llvm::StringRef name;
  PlayerOp player;
  mlir::Region *region;
};

/// What a module in game form declares, in order of declaration. A player's,
/// network's or group's number in agon_abi.h is its position here.
struct GameIndex {
  // Handles are mutable because MLIR has no constant operations.
  mutable mlir::ModuleOp module;
  mutable GameOp game;
  llvm::SmallVector<NetworkOp> networks;
  llvm::SmallVector<PlayerOp> players;
  llvm::SmallVector<PlayerOp> averages; ///< Those that follow a network.
  llvm::SmallVector<DataOp> data;       ///< In order of the groups' fields, as in the table.
  llvm::SmallVector<GroupOp> groups;
  llvm::SmallVector<MetricOp> metrics;
  llvm::SmallVector<GeneratorOp> generators;
  llvm::SmallVector<Objective> objectives; ///< The players' own, in their order, then those of moves.
  llvm::SmallVector<RoundsOp> rounds;
  llvm::SmallVector<MemoryOp> memories;
  llvm::SmallVector<LoadOp> loads;
  llvm::SmallVector<TurnOp> turns;
  mutable ScheduleOp schedule;
  bool isOfNetwork = false; ///< Nothing is played (keepNetwork): all results of the network are wanted.

  /// Fails, after an error at the place, if there is not exactly one game or a
  /// declaration that is referred to is missing.
  static mlir::FailureOr<GameIndex> of(mlir::ModuleOp module);

  /// Null if there is none of the name.
  NetworkOp network(llvm::StringRef name) const;
  VariableOp variable(llvm::StringRef name) const { return variables.lookup(name); }
  DataOp datum(llvm::StringRef name) const;
  /// The noise that a generator's inputs are made of, in order of first use.
  llvm::SmallVector<VariableOp> latents(GeneratorOp generator) const;
  StorageOp storage(mlir::SymbolRefAttr ref) const;
  MemoryOp memory(mlir::SymbolRefAttr ref) const;

  /// Averages are counted after all players.
  int64_t number(PlayerOp player) const;
  int64_t number(NetworkOp network) const;
  /// Null if there is none of the name, "average.G".
  PlayerOp average(llvm::StringRef name) const;
  /// The average that stands for the network where it is sampled: its first; null if it has none.
  PlayerOp averageOf(llvm::StringRef network) const;
  /// Where the network's weights are read from; null if they are drawn.
  LoadOp load(llvm::StringRef network) const;
  /// The number of the player that owns the network, or -1.
  int64_t owner(llvm::StringRef network) const { return owners.contains(network) ? owners.lookup(network) : -1; }

  /// f32 or f64: what the model computes in.
  mlir::FloatType real() const;

private:
  llvm::StringMap<VariableOp> variables;
  llvm::StringMap<int64_t> owners;
};

/// "D.dense_0.W" for @D::@"dense_0.W".
std::string storageName(mlir::SymbolRefAttr ref);
std::string storageName(StorageOp storage);
/// "average.G.dense_0.W": the shadow of it that the average keeps.
std::string shadowName(PlayerOp average, mlir::StringRef storage);

} // namespace agon::game

#endif
