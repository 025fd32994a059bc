//===- Types.h - Types as they are written ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_TYPES_H
#define AGON_FRONTEND_SEMA_EVAL_TYPES_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// The type that is written, of one sample; none after an error.
std::optional<Type> typeOf(Evaluator &e, const TypeExpr &type, bool batched);

/// Checks the value of `decl`'s body, at `at`, against the result that is written, with the names of `in`; turns it
/// into tensors. False after an error.
bool checkResult(Evaluator &e, const Decl &decl, const TypeExpr &type, Value &value, Scope &in, SourceRange at);

} // namespace agon::sema
#endif
