//===- Subscripts.cpp - Elements and slices ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
#include <fmt/format.h>

namespace agon::sema {

Value Evaluator::index(const Value &base, const Expr &expr) {
  if (base.isError())
    return {};
  bool list = base.is(Value::Kind::List) || base.is(Value::Kind::Tuple);
  Node *node = nullptr;
  if (!list && !(node = graph.toTensor(base, expr.children[0]->range)))
    return {};
  size_t rank = list ? 1 : node->type.shape.size();
  if (expr.subscripts.size() > rank) {
    Diagnostic &diagnostic =
        error(expr.range, fmt::format("{} subscripts on {}", expr.subscripts.size(),
                                      list ? describe(base) : "shape " + printShape(node->type.shape)));
    if (node)
      graph.noteOrigin(diagnostic, node);
    diagnostic.help("subscripts count the axes of one sample, without the batch");
    return {};
  }
  Shape shape = node ? node->type.shape : Shape{int64_t(base.elements().size())};
  Shape kept;
  Value result = base;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = shape[axis];
    if (axis >= expr.subscripts.size()) {
      kept.push_back(size);
      continue;
    }
    const syntax::Subscript &subscript = expr.subscripts[axis];
    auto bound = [&](const syntax::ExprPtr &e, int64_t fallback) -> std::optional<int64_t> {
      if (!e)
        return fallback;
      auto i = evalInt(*e, "a subscript");
      if (!i)
        return std::nullopt;
      return *i < 0 ? *i + size : *i;
    };
    auto first = bound(subscript.first, 0), last = bound(subscript.last, size);
    if (!first || !last)
      return {};
    SourceRange at = subscript.range ? subscript.range : expr.range;
    if (!subscript.isSlice) {
      if (*first < 0 || *first >= size) {
        Diagnostic &diagnostic = error(at, fmt::format("subscript out of range: axis {} has {} {}", axis, size,
                                                       size == 1 ? "element" : "elements"));
        if (node)
          graph.noteOrigin(diagnostic, node);
        return {};
      }
      if (list)
        return base.elements()[*first];
      node = graph.slice(node, axis, *first, 1);
    } else {
      if (*first < 0 || *last > size || (list ? *first > *last : *first >= *last)) {
        Diagnostic &diagnostic = error(
            at, fmt::format("the slice {}:{} does not lie within axis {} of {} elements", *first, *last, axis, size));
        if (node)
          graph.noteOrigin(diagnostic, node);
        return {};
      }
      if (list) {
        result.changeElements() = {base.elements().begin() + *first, base.elements().begin() + *last};
        return result;
      }
      node = graph.slice(node, axis, *first, *last - *first);
      kept.push_back(*last - *first);
    }
    if (!node)
      return {};
  }
  return Value::ofTensor(graph.reshape(node, kept));
}

} // namespace agon::sema
