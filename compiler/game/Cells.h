//===- Cells.h - The tensors that outlive a turn ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_CELLS_H
#define AGON_COMPILER_GAME_CELLS_H

#include "compiler/game/GameIndex.h"
#include "dialects/agon/Cells.h"

namespace agon::game {

struct Cell {
  CellKind kind;
  std::string name, title; ///< As agon.cell has them.
  int64_t owner;           ///< A player's number, or -1.
  mlir::RankedTensorType type;
  bool loaded = false; ///< A parameter or state that is read from a file, before `init`.
};

/// What a moment belongs to, "D.adam.m.D.dense_0.W": slot number `slot` of the player.
std::string momentSubject(PlayerOp player, int64_t slot);
/// What a latent belongs to, "G.z": a noise variable of a generator.
std::string latentSubject(GeneratorOp generator, VariableOp noise);
/// What a sample belongs to: "G"; "G.0", "G.1" where several results are wanted.
std::string sampleSubject(GeneratorOp generator, int64_t result, int64_t wanted);
/// What the moment of a way to play belongs to: "D.lookahead.slow.D.dense_0.W".
std::string memorySubject(MemoryOp memory);
/// What a gradient, direction, curvature or base belongs to: "D.D.dense_0.W".
std::string tangentSubject(PlayerOp player, mlir::SymbolRefAttr parameter);
/// What the part of a curvature that passes through stopped numbers belongs to: "stopped:D.D.dense_0.W".
std::string stoppedSubject(PlayerOp player, mlir::SymbolRefAttr parameter);
/// What requirement number `number` of a player belongs to: "D.0".
std::string requirementSubject(PlayerOp player, int64_t number);

/// Every cell that a function of the game may touch, in the table's order.
class CellTable {
public:
  /// Fails, after an error at the place, if two cells would have one name.
  static mlir::FailureOr<CellTable> of(const GameIndex &index);

  const Cell *find(llvm::StringRef name) const;
  llvm::ArrayRef<Cell> cells() const { return list; }

private:
  mlir::LogicalResult insert(mlir::Operation *place, CellKind kind, const llvm::Twine &subject, int64_t owner,
                             mlir::Type type, llvm::StringRef title = {});
  mlir::LogicalResult insertStorages(const GameIndex &index);
  mlir::LogicalResult insertPlayer(const GameIndex &index, PlayerOp player);
  mlir::LogicalResult insertPlay(const GameIndex &index);
  /// The memory, the step and the hyperparameters of an update.
  mlir::LogicalResult insertUpdate(PlayerOp player, int64_t owner);
  mlir::LogicalResult insertAverage(const GameIndex &index, PlayerOp average);
  mlir::LogicalResult insertOutputs(const GameIndex &index);
  mlir::LogicalResult insertRequirements(const GameIndex &index, PlayerOp player);

  std::vector<Cell> list;
  llvm::StringMap<std::pair<size_t, mlir::Operation *>> byName;
};

} // namespace agon::game

#endif
