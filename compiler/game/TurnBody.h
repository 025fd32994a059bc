//===- TurnBody.h - The function of one turn --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_TURNBODY_H
#define AGON_COMPILER_GAME_TURNBODY_H

#include "compiler/game/FunctionForm.h"

namespace agon::game {

/// Fills a function with a turn: its losses, its players' updates, what it makes of them.
class TurnBody {
public:
  TurnBody(const GameIndex &index, FunctionForm &form, TurnOp turn) : index(index), form(form), turn(turn) {}

  mlir::LogicalResult fill();

  int64_t droppedWrites = 0; ///< Of states whose owner does not move.

private:
  void formPlainBody();
  mlir::LogicalResult readArguments(mlir::IRMapping &map);
  mlir::FailureOr<mlir::Value> loss(LossOp op, mlir::ValueRange at);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> advance(AdvanceOp op, mlir::IRMapping &map);
  mlir::LogicalResult store(mlir::ValueRange values);
  mlir::LogicalResult storeStates();
  PlayerOp player(mlir::SymbolRefAttr name) const;
  int64_t roundsOf(PlayerOp player) const;
  bool moves(PlayerOp player) const;

  const GameIndex &index;
  FunctionForm &form;
  TurnOp turn;
  llvm::SmallVector<PlayerOp> movers;
  llvm::SmallVector<mlir::Value> before; ///< The block's arguments: parameters, slots, what the turn keeps.
  llvm::SmallVector<std::pair<CellKind, std::string>> subjects; ///< Their cells.
  std::map<llvm::SmallVector<void *>, Point> points;            ///< By the values of all parameters.
  llvm::DenseSet<mlir::Operation *> objectives;                 ///< Players and moves whose objective has been written.
};

} // namespace agon::game

#endif
