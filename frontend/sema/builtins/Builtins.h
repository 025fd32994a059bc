//===- Builtins.h - Functions that the compiler knows ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Only what the library cannot write: one function a primitive operation, and
// questions about shapes. Everything else is in frontend/std.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SEMA_BUILTINS_BUILTINS_H
#define AGON_FRONTEND_SEMA_BUILTINS_BUILTINS_H

#include "frontend/sema/graph/Builtin.h"

namespace agon::sema {

/// Null if there is no built-in of that name.
const Builtin *findBuiltin(std::string_view name);
/// All names, for suggestions and for tools.
const std::vector<std::string> &builtinNames();

} // namespace agon::sema
#endif
