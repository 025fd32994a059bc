//===- Print.h - The model as text -------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_PRINT_H
#define AGON_FRONTEND_SEMA_PRINT_H

#include "frontend/sema/Model.h"

namespace agon::sema {

/// The whole model, a node a line, for tests and for debugging.
std::string print(const Model &model);
/// "contract", "reduce_max": an operation's name as print() spells it.
std::string_view opName(Op op);

} // namespace agon::sema
#endif
