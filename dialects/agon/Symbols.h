//===- Symbols.h - Finding what a game's operations name --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_SYMBOLS_H
#define AGON_DIALECTS_AGON_SYMBOLS_H

#include "dialects/agon/Agon.h"

namespace agon {

/// The symbol table that holds networks and games: the nearest around `op`
/// that is neither itself. Null outside of one.
mlir::Operation *getModelTable(mlir::Operation *op);

/// The network `@N`, or the storage `@N::@"path"`, in `op`'s model; null if
/// there is none.
NetworkOp lookupNetwork(mlir::Operation *op, mlir::SymbolRefAttr name, mlir::SymbolTableCollection &tables);
StorageOp lookupStorage(mlir::Operation *op, mlir::SymbolRefAttr name, mlir::SymbolTableCollection &tables);

/// Checks that `body` is one block ended by an `agon.yield` of `types`, which
/// the error calls `what`.
mlir::LogicalResult verifyYields(mlir::Operation *op, mlir::Region &body, mlir::TypeRange types, llvm::StringRef what);

} // namespace agon
#endif
