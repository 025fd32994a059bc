//===- Cells.h - What cells are called --------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// In the IR a cell is known by its name alone. agon_abi.h knows it by its kind
// and its name, so names of some kinds have the kind before them in the IR:
// "objective.D", "metric.loss", "data.x", "sample.G", "hyper.D.lr",
// "requirement.sgd of player D requires `lr >= 0`, got D.lr = {}".
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_CELLS_H
#define AGON_DIALECTS_AGON_CELLS_H

#include "dialects/agon/Agon.h"

namespace agon {

/// The name in the IR of a cell, given its name in agon_abi.h.
std::string cellName(CellKind kind, const llvm::Twine &abiName);

/// The name in agon_abi.h of a cell, given its name in the IR.
llvm::StringRef abiName(CellKind kind, llvm::StringRef name);

} // namespace agon

#endif
