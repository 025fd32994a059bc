//===- Builtins.h - Functions that the compiler knows ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Only what the library cannot write: one function a primitive operation, and
// questions about shapes. Everything else is in frontend/std.
//===----------------------------------------------------------------------===//
#ifndef AGON_FRONTEND_SEMA_BUILTINS_H
#define AGON_FRONTEND_SEMA_BUILTINS_H

#include "frontend/sema/Value.h"
#include <optional>

namespace agon::sema {

class Elaborator;

/// A built-in function's arguments, bound to its parameters.
struct BuiltinArgs {
  std::vector<std::optional<Value>> values; ///< One a parameter; the variadic one is not among them.
  std::vector<SourceRange> ranges;          ///< Of the values.
  std::vector<Value> rest;                  ///< The variadic parameter's.
  std::vector<SourceRange> restRanges;
  SourceRange place; ///< The call.
};

/// The parameters of a built-in function.
struct Signature {
  /// `text` is names separated by blanks; `name?` may be left out, `name*`
  /// takes every remaining positional argument.
  explicit Signature(std::string_view text);

  std::vector<std::string> names; ///< Without the variadic one.
  std::vector<bool> optional;     ///< One a name.
  bool variadic = false;
  size_t positional = 0; ///< Of the names: a variadic function's optional parameters go by name alone.
};

/// A built-in function.
struct Builtin {
  std::string_view name;
  Signature params;
  Value (*run)(Elaborator &elaborator, const Builtin &self, const BuiltinArgs &args);
  Op op = Op::Constant; ///< For the elementwise ones.
};

/// Null if there is no built-in of that name.
const Builtin *findBuiltin(std::string_view name);
/// All names, for suggestions and for tools.
const std::vector<std::string> &builtinNames();

} // namespace agon::sema
#endif
