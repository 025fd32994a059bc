//===- Types.cpp - Declared types and initial values ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
#include <fmt/format.h>

namespace agon::sema {

std::optional<Type> Evaluator::typeOf(const TypeExpr &type, bool batched) {
  Type result;
  result.batched = batched;
  if (type.kind == TypeKind::Class) {
    auto classes = type.classes ? evalInt(*type.classes, "a number of classes") : std::nullopt;
    if (!classes)
      return std::nullopt;
    if (*classes < 1 || *classes > INT32_MAX) {
      error(type.range, fmt::format("class(k) needs at least one class, got {}", *classes));
      return std::nullopt;
    }
    result.element = Element::Label;
    result.classes = *classes;
    return result;
  }
  if (type.kind == TypeKind::Real)
    return result;
  if (type.kind != TypeKind::Shape) {
    error(type.range, "expected a shape such as [3, 32, 32], or class(k)");
    return std::nullopt;
  }
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    if (!dim) {
      error(type.range, "expected a known shape, got `..`");
      return std::nullopt;
    }
    if (i < type.spread.size() && type.spread[i]) {
      auto part = graph.shapeOf(eval(*dim), dim->range);
      if (!part)
        return std::nullopt;
      result.shape.insert(result.shape.end(), part->begin(), part->end());
      continue;
    }
    auto size = evalInt(*dim, "a dimension");
    if (!size)
      return std::nullopt;
    if (*size < 1) {
      error(dim->range, fmt::format("a dimension is at least 1, got {}", *size));
      return std::nullopt;
    }
    result.shape.push_back(*size);
  }
  if (!graph.checkShape(result.shape, type.range))
    return std::nullopt;
  return result;
}

/// The initial value of a parameter or state, in a graph of its own.
bool Evaluator::initialize(Storage &storage, const Expr &expr, bool drawn, bool either) {
  Graph initial;
  Context init;
  init.kind = Context::Init;
  init.graph = &initial;
  init.network = graph.context->network;
  init.training = graph.context->training;
  Saved savedContext(graph.context, &init);
  Value value = eval(expr);
  if (value.isError())
    return false;
  bool computed = either;
  if (value.is(Value::Kind::Callable)) {
    // `init = he_normal`: a function of the shape.
    std::vector<ArgValue> args(1);
    args[0].value = Value::ofShape(storage.type.shape);
    args[0].range = expr.range;
    value = call(value, textOf(expr.range), std::move(args), expr.range);
    if (value.isError())
      return false;
    computed = true;
  }
  Node *node = nullptr;
  if (value.is(Value::Kind::Distribution)) {
    if (!drawn && !computed) {
      error(expr.range, fmt::format("`{}` is drawn from a distribution: expected `~`, got `=`", storage.path));
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
        error(expr.range, fmt::format("the initial value has shape {}, `{}` has {}", printShape(node->type.shape),
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
