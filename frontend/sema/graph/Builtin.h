//===- Builtin.h - What a built-in function is -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_BUILTIN_H
#define AGON_FRONTEND_SEMA_GRAPH_BUILTIN_H

#include "frontend/sema/graph/Value.h"
#include <optional>

namespace agon::sema {

class GraphBuilder;

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
  Value (*run)(GraphBuilder &graph, const Builtin &self, const BuiltinArgs &args);
  Op op = Op::Constant; ///< For the elementwise ones.
};

} // namespace agon::sema
#endif
