//===- Cells.h - What cells are called --------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A cell is a symbol of the program's table, whose name is made here alone, of
// its kind and of what it belongs to: "D.dense_0.W", "step.D", "data.x". The
// runtime and people know cells of some kinds by what they belong to ("x").
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_CELLS_H
#define AGON_DIALECTS_AGON_CELLS_H

#include "dialects/agon/Agon.h"

namespace agon {

/// The symbol of the cell of `kind` that belongs to `subject`: a parameter's or state's own name ("D.dense_0.W"); a
/// player (step, objective), data field, hyperparameter, metric, network (sample) or expectation; a player and what
/// is kept of its parameter ("D.adam.m.D.dense_0.W"); a player and the number of the requirement ("D.0"). The key
/// belongs to nothing.
std::string cellName(CellKind kind, const llvm::Twine &subject = {});

/// The title of that cell: the subject where the runtime knows cells of `kind` by that, else none.
llvm::StringRef cellTitle(CellKind kind, llvm::StringRef subject);

} // namespace agon

#endif
