//===- Objective.h - Values that are one number ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OBJECTIVE_H
#define AGON_FRONTEND_SEMA_GAME_OBJECTIVE_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// The value of one objective or metric, in the context's graph; null after an error.
Node *scalarObjective(Evaluator &e, const Expr &expr, std::string_view what);

} // namespace agon::sema
#endif
