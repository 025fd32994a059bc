//===- InitialValues.cpp - What parameters and states begin with --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/InitialValues.h"
#include <fmt/format.h>

namespace agon::sema {

bool initialize(Evaluator &e, Storage &storage, const Expr &expr, bool drawn, bool either) {
  GraphBuilder &graph = e.graph;
  Graph initial;
  Context init;
  init.kind = Context::Init;
  init.graph = &initial;
  init.network = graph.context->network;
  init.training = graph.context->training;
  Saved savedContext(graph.context, &init);
  Value value = e.eval(expr);
  if (value.isError())
    return false;
  bool computed = either;
  if (value.is(Value::Kind::Callable)) {
    // `init = he_normal`: a function of the shape.
    std::vector<ArgValue> args(1);
    args[0].value = Value::ofShape(storage.type.shape);
    args[0].range = expr.range;
    value = e.call(value, textOf(expr.range), std::move(args), expr.range);
    if (value.isError())
      return false;
    computed = true;
  }
  Node *node = nullptr;
  if (value.is(Value::Kind::Distribution)) {
    if (!drawn && !computed) {
      e.error(expr.range, fmt::format("`{}` is drawn from a distribution: expected `~`, got `=`", storage.path));
      return false;
    }
    node = graph.draw(value, storage.type, expr.range);
  } else if (drawn && !computed) {
    return graph.draw(value, storage.type, expr.range) != nullptr; // Says what is wrong.
  } else {
    node = graph.toReal(value, expr.range);
  }
  if (!node)
    return false;
  auto shape = graph.broadcastShape(node->type.shape, storage.type.shape);
  if (!shape || *shape != storage.type.shape || node->type.batched) {
    Diagnostic &diagnostic =
        e.error(expr.range, fmt::format("the initial value has shape {}, `{}` has {}", printShape(node->type.shape),
                                        storage.path, printShape(storage.type.shape)));
    if (storage.range)
      diagnostic.note(storage.range, "it is declared here");
    return false;
  }
  if (!(node = graph.broadcast(node, storage.type)))
    return false;
  storage.init = std::move(initial);
  storage.initial = node;
  return true;
}

} // namespace agon::sema
