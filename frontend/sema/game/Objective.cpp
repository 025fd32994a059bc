//===- Objective.cpp - Values that are one number -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Objective.h"
#include <fmt/format.h>

namespace agon::sema {

/// The value of one objective or metric, in the context's graph.
Node *scalarObjective(Evaluator &e, const Expr &expr, std::string_view what) {
  GraphBuilder &graph = e.graph;
  Value value = e.eval(expr);
  if (value.isError())
    return nullptr;
  if (!value.isTensor() && !value.isNumber() && !value.is(Value::Kind::Bool)) {
    e.error(expr.range, fmt::format("{} is one number, got {}", what, describe(value)));
    return nullptr;
  }
  Node *node = graph.toReal(value, expr.range);
  if (!node)
    return nullptr;
  if (node->type.batched || elementCount(node->type.shape) != 1) {
    Diagnostic &diagnostic =
        e.error(expr.range, fmt::format("{} is one number, got shape {}{}", what, printShape(node->type.shape),
                                        node->type.batched ? " for each sample" : ""));
    diagnostic.withLabel("did you forget E[...]?");
    diagnostic.help("`E[e]` is the mean of e over the minibatch and over its axes");
    return nullptr;
  }
  return graph.reshape(node, {});
}

} // namespace agon::sema
