//===- Cells.h - The tensors that outlive a turn ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_CELLS_H
#define AGON_COMPILER_GAME_CELLS_H

#include "compiler/game/GameIndex.h"
#include "dialects/agon/Cells.h"

namespace agon::game {

struct Cell {
  CellKind kind;
  std::string name; ///< In the IR.
  int64_t owner;    ///< A player's number, or -1.
  mlir::RankedTensorType type;
};

std::string objectiveCell(llvm::StringRef player);
std::string stepCell(llvm::StringRef player);
std::string hyperCell(llvm::StringRef hyper);
std::string dataCell(llvm::StringRef field);
std::string meanCell(llvm::StringRef field);
std::string metricCell(llvm::StringRef metric);
std::string sampleCell(llvm::StringRef network);
std::string requirementCell(llvm::StringRef text);
/// "optimizer.D.adam.m.D.dense_0.W": slot number `slot` of the player.
std::string momentCell(PlayerOp player, int64_t slot);
/// "gradient.D.D.dense_0.W", and so for "direction", "curvature" and "base".
std::string tangentCell(llvm::StringRef kind, llvm::StringRef player, mlir::SymbolRefAttr parameter);

/// Every cell that a function of the game may touch, in the table's order.
class CellTable {
public:
  /// Fails, after an error at the place, if two cells would have one name.
  static mlir::FailureOr<CellTable> of(const GameIndex &index);

  const Cell *find(llvm::StringRef name) const;
  llvm::ArrayRef<Cell> cells() const { return list; }

private:
  mlir::LogicalResult insert(mlir::Operation *place, CellKind kind, std::string name, int64_t owner, mlir::Type type);
  mlir::LogicalResult insertStorages(const GameIndex &index);
  mlir::LogicalResult insertPlayer(const GameIndex &index, PlayerOp player);
  mlir::LogicalResult insertOutputs(const GameIndex &index);
  mlir::LogicalResult insertRequirements(const GameIndex &index, PlayerOp player);

  std::vector<Cell> list;
  llvm::StringMap<std::pair<size_t, mlir::Operation *>> byName;
};

} // namespace agon::game

#endif
