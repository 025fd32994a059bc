//===- TurnForm.h - What functions of the turn form say ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The attributes that Program.td lists, read and written here alone.
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_TURNFORM_H
#define AGON_DIALECTS_AGON_TURNFORM_H

#include "dialects/agon/Agon.h"
#include "runtime/abi/agon_abi.h"

namespace agon {

/// The kinds of functions, in the words of the runtime's table: `FunctionKind::Turn` is "turn".
struct FunctionKind {
#define KIND(NAME, Name, NUMBER, WORD) static constexpr llvm::StringLiteral Name = WORD;
  AGON_FUNCTION_KINDS(KIND)
#undef KIND
};

/// Makes `function` one of the game, of this FunctionKind and with this subject, if it has one.
void setFunctionKind(mlir::func::FuncOp function, llvm::StringRef kind, int64_t subject = -1);
/// The kind of a function of the game; empty for any other.
llvm::StringRef functionKind(mlir::func::FuncOp function);
/// Its subject, or -1.
int64_t functionSubject(mlir::func::FuncOp function);

/// The attributes of an argument or a result that is the cell `name`.
mlir::DictionaryAttr cellAttributes(mlir::MLIRContext *context, const llvm::Twine &name);
/// The cell that they name; null if they name none.
mlir::FlatSymbolRefAttr cellIn(mlir::DictionaryAttr attributes);
/// The cell of argument or result number `number`; null if it has none.
mlir::FlatSymbolRefAttr argumentCell(mlir::func::FuncOp function, unsigned number);
mlir::FlatSymbolRefAttr resultCell(mlir::func::FuncOp function, unsigned number);

} // namespace agon

#endif
