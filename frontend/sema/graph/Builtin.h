//===- Builtin.h - What a built-in function is -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GRAPH_BUILTIN_H
#define AGON_FRONTEND_SEMA_GRAPH_BUILTIN_H

#include "frontend/sema/graph/Value.h"
#include <optional>

namespace agon::sema {

class GraphBuilder;

/// What a parameter of a built-in function takes. "Known" is known while compiling.
enum class Takes {
  Anything,     ///< The function itself tells its cases apart.
  Tensor,       ///< A tensor, or what becomes one: a number, a list, a truth value.
  Reals,        ///< A tensor of real numbers; truth values become 0 and 1.
  Numbers,      ///< Reals or hyperparameters; known numbers, and lists of them, stay what they are.
  Labels,       ///< A tensor of labels.
  Number,       ///< A known number,
  NumberList,   ///< a list of such.
  Whole,        ///< A known whole number of moderate size,
  Count,        ///< from 1.
  Flag,         ///< `true` or `false`, known.
  Axis,         ///< One axis,
  Axes,         ///< or several, or `all`.
  Shape,        ///< A dimension, or a list of dimensions.
  Counts,       ///< A Count for all axes, or a list with one for each;
  Widths,       ///< from 0;
  Padding,      ///< or a list of (low, high) pairs.
  Distribution, ///< As `draw` and `~` take it.
  Moments       ///< What a distribution is described by: finite numbers, or a tensor.
};

/// A parameter of a built-in function.
struct Param {
  std::string_view name;
  Takes takes = Takes::Anything;
  std::optional<Value> fallback = {};
  enum Form {
    Plain,
    Optional, ///< May be left out, without a default value.
    Rest      ///< Takes all further arguments by position; those after it go by name alone.
  } form = Plain;
};

/// A built-in function's arguments, bound to its parameters: each is what its parameter takes.
struct BuiltinArgs {
  std::vector<Value> values;       ///< One a parameter; Error where it is left out, and for the Rest.
  std::vector<SourceRange> ranges; ///< Of the values.
  std::vector<Value> rest;         ///< The Rest's; one list in their place is taken apart.
  std::vector<SourceRange> restRanges;
  SourceRange place; ///< The call.

  const Value &operator[](size_t i) const { return values[i]; }
  bool has(size_t i) const { return !values[i].isError(); }
  Node *node(size_t i) const { return values[i].node(); }
};

/// A built-in function.
struct Builtin {
  std::string_view name;
  std::vector<Param> params;
  Value (*run)(GraphBuilder &graph, const Builtin &self, const BuiltinArgs &args);
  Op op = Op::Constant; ///< For the elementwise ones.
};

/// "cumsum(x: [..], axis = -1, reverse = false)"
std::string signatureOf(const Builtin &builtin);

/// Makes of each argument what its parameter takes, default values included; false after an error.
bool makeWhatParametersTake(GraphBuilder &graph, const Builtin &builtin, BuiltinArgs &args);

} // namespace agon::sema
#endif
