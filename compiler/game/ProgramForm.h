//===- ProgramForm.h - The table of a game ----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GAME_PROGRAMFORM_H
#define AGON_COMPILER_GAME_PROGRAMFORM_H

#include "compiler/game/Cells.h"
#include <map>

namespace agon::game {

/// The functions that the table refers to, by name.
struct ProgramParts {
  llvm::StringMap<std::string> turns;                             ///< By the turn's symbol.
  std::map<int64_t, std::string> sources;                         ///< By group.
  std::map<int64_t, std::pair<std::string, GeneratorOp>> samples; ///< By network.
};

/// Writes `agon.program` at the module's start. Data means that no function
/// reads are left out of the cells; of a network's application there are only the cells that it touches.
mlir::LogicalResult formProgram(const GameIndex &index, const CellTable &cells, const ProgramParts &parts);

} // namespace agon::game

#endif
