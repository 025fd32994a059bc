//===- Tensors.cpp - Values as tensors --------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Tensors.h"
#include "frontend/sema/graph/Dependence.h"
#include "frontend/sema/graph/Scope.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema {

/// A list of numbers becomes a table; of tensors, their concatenation along a
/// new first axis.
static bool flattenNumbers(const Value &list, std::vector<double> &out, Shape &shape, size_t level) {
  if (list.isNumber()) {
    out.push_back(list.number());
    return level == shape.size();
  }
  if (!list.is(Value::Kind::List) && !list.is(Value::Kind::Tuple))
    return false;
  if (level == shape.size()) {
    if (!out.empty())
      return false;
    shape.push_back(int64_t(list.elements().size()));
  } else if (shape[level] != int64_t(list.elements().size())) {
    return false;
  }
  for (const Value &element : list.elements())
    if (!flattenNumbers(element, out, shape, level + 1))
      return false;
  return true;
}

Node *Tensors::toTensor(const Value &value, SourceRange at) {
  switch (value.kind()) {
  case Value::Kind::Error:
    return nullptr;
  case Value::Kind::Int:
  case Value::Kind::Real:
    return constant(value.number(), {});
  case Value::Kind::Bool:
    return constant(value.boolean(), {Element::Bool, false, {}, 0});
  case Value::Kind::Tensor:
    if (context && context->graph && value.node()->graph != context->graph)
      return adopt(value.node());
    return value.node();
  case Value::Kind::Hyper:
  case Value::Kind::GameName: {
    Value current = value.read(at);
    return current.isTensor() || current.isNumber() ? toTensor(current, at) : nullptr;
  }
  case Value::Kind::List: {
    if (value.elements().empty()) {
      error(at, "expected a tensor, got an empty list");
      return nullptr;
    }
    std::vector<double> numbers;
    Shape shape;
    if (flattenNumbers(value, numbers, shape, 0)) {
      Node *node = make(Op::Table, {Element::Real, false, shape, 0});
      if (node)
        node->details = Numbers{std::move(numbers)};
      return node;
    }
    std::vector<Node *> nodes;
    Shape common;
    bool batched = false;
    // Numbers beside the arguments of an optimiser, or `t`, are computed with like these.
    auto isHyper = [](const Value &v) { return v.isTensor() && v.node()->type.element == Element::Hyper; };
    bool hypers = std::any_of(value.elements().begin(), value.elements().end(), isHyper) &&
                  std::all_of(value.elements().begin(), value.elements().end(),
                              [&](const Value &v) { return isHyper(v) || v.isNumber(); });
    Element kind = hypers ? Element::Hyper : Element::Real;
    for (const Value &element : value.elements()) {
      Node *node = hypers ? convert(toTensor(element, at), kind) : toReal(element, at);
      if (!node)
        return nullptr;
      auto joined = broadcastShape(common, node->type.shape);
      if (!joined) {
        error(at, fmt::format("the elements of a list have unlike shapes {} and {}", printShape(common),
                              printShape(node->type.shape)));
        return nullptr;
      }
      common = *joined;
      batched |= node->type.batched;
      nodes.push_back(node);
    }
    for (Node *&node : nodes) {
      node = broadcast(node, {kind, batched, common, 0});
      Shape one = common;
      one.insert(one.begin(), 1);
      node = node ? reshape(node, one) : nullptr;
      if (!node)
        return nullptr;
    }
    return concat(nodes, 0);
  }
  default:
    error(at, fmt::format("expected a tensor, got {}", describe(value)));
    return nullptr;
  }
}

Node *Tensors::toReal(const Value &value, SourceRange at) {
  Node *node = toTensor(value, at);
  if (node && node->type.element == Element::Label) {
    notNumbers(at, node, fmt::format("expected numbers, got a label, {}", printType(node->type)));
    return nullptr;
  }
  return convert(node, Element::Real);
}

Diagnostic &Tensors::notNumbers(SourceRange at, const Node *label, std::string message) {
  const Reporter::Call *call = isLibrary(at) ? reporter.libraryCall() : nullptr;
  for (size_t i = 0; call && call->scope && i < call->decl->params.size(); ++i) {
    const std::string &name = call->decl->params[i].name.text;
    const Value *value = call->scope->find(name);
    if (value && value->isTensor() && value->node() == label)
      return error(at, fmt::format("`{}` expects numbers for `{}`, got a label, {}", call->decl->name.text, name,
                                   printType(label->type)))
          .help(std::string(labelHelp));
  }
  return error(at, std::move(message)).help(std::string(labelHelp));
}

std::optional<std::vector<int64_t>> Tensors::axes(const Value &value, size_t rank, SourceRange at) {
  std::vector<int64_t> result;
  if (value.is(Value::Kind::All)) {
    result.resize(rank);
    std::iota(result.begin(), result.end(), 0);
    return result;
  }
  std::vector<Value> list{value};
  if (value.is(Value::Kind::Tuple) || value.is(Value::Kind::List))
    list = value.elements();
  for (const Value &element : list) {
    int64_t axis = element.integer() < 0 ? element.integer() + int64_t(rank) : element.integer();
    if (axis < 0 || axis >= int64_t(rank)) {
      Diagnostic &diagnostic = error(at, fmt::format("axis {} is out of range: a sample here has {} {}",
                                                     element.integer(), rank, rank == 1 ? "axis" : "axes"));
      diagnostic.help("the batch axis is not counted; `E[...]` and `batch_mean` look across it");
      return std::nullopt;
    }
    if (std::find(result.begin(), result.end(), axis) != result.end()) {
      error(at, fmt::format("axis {} is given twice", element.integer()));
      return std::nullopt;
    }
    result.push_back(axis);
  }
  return result;
}

std::optional<int64_t> Tensors::axis(const Value &value, size_t rank, SourceRange at) {
  auto one = axes(value, rank, at);
  return one ? std::optional(one->front()) : std::nullopt;
}

std::optional<Shape> Tensors::shapeOf(const Value &value, SourceRange at) {
  Shape shape;
  if (value.isError())
    return std::nullopt;
  std::vector<Value> dims{value};
  if (value.is(Value::Kind::List) || value.is(Value::Kind::Tuple))
    dims = value.elements();
  for (const Value &dim : dims) {
    if (!dim.is(Value::Kind::Int)) {
      if (!dim.isError())
        error(at, fmt::format("a dimension is a whole number, got {}", describe(dim)));
      return std::nullopt;
    }
    shape.push_back(dim.integer());
  }
  if (!checkShape(shape, at))
    return std::nullopt;
  return shape;
}

Value Tensors::expectation(const Value &value, SourceRange at) {
  if (value.isError())
    return {};
  if (value.is(Value::Kind::Tuple)) {
    error(at, fmt::format("E[...] is the mean of one value, got {}", describe(value)))
        .help("take the tuple apart: `let (a, b) = ...`");
    return {};
  }
  if (value.isNumber())
    return value;
  Node *node = toReal(value, at);
  if (!node)
    return {};
  double count = double(elementCount(node->type.shape));
  if (node->type.batched)
    count *= double(batchSize());
  std::vector<int64_t> every(node->type.shape.size());
  std::iota(every.begin(), every.end(), 0);
  Node *sum = reduce(Op::Sum, node, every, false, true);
  if (sum && node->type.batched)
    std::get<Over>(sum->details).expectation = true;
  return Value::ofTensor(scale(sum, 1 / count));
}

Value Tensors::gradient(Node *top, const Value &x, SourceRange at, SourceRange yAt, SourceRange xAt) {
  if (!x.isTensor()) {
    if (!x.isError())
      error(xAt, fmt::format("a derivative is with respect to a tensor, got {}", describe(x)));
    return {};
  }
  Node *bottom = x.node();
  if (bottom->graph != context->graph && !(bottom = adopt(bottom)))
    return {};
  if (bottom->type.element != Element::Real) {
    error(xAt, fmt::format("a derivative is with respect to real numbers, got {}", describe(x)));
    return {};
  }
  if (elementCount(top->type.shape) != 1) {
    Diagnostic &diagnostic =
        error(yAt, fmt::format("a derivative is of one number per sample, got shape {}", printShape(top->type.shape)));
    noteOrigin(diagnostic, top);
    diagnostic.help("`sum(...)` or `mean(...)` makes one number of it");
    return {};
  }
  if (top->type.batched && !bottom->type.batched) {
    Diagnostic &diagnostic =
        error(at, "a derivative of a number per sample is not with respect to what all samples share");
    noteOrigin(diagnostic, bottom);
    diagnostic.help("`grad(E[...], ...)` differentiates the mean");
    return {};
  }
  if (!dependsOn(top, bottom)) {
    Diagnostic &diagnostic = error(at, "the derivative is zero: the first argument does not depend on the second");
    diagnostic.help("an expression written twice is computed twice: name it with `let`, and use the name "
                    "in both places");
    return {};
  }
  return Value::ofTensor(make(Op::Gradient, bottom->type, {top, bottom}));
}

} // namespace agon::sema
