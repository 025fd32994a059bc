//===- Emit.cpp - Making nodes ----------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

// A node is about half a kilobyte; this bounds a compilation to some hundred MB.
static constexpr int64_t nodeLimit = 400'000;
// So that no sum of sizes overflows; about what a thousand machines hold.
static constexpr int64_t minibatchLimit = int64_t(1) << 42;

Node *Elaborator::make(Op op, Type type, std::vector<Node *> operands) {
  SourceRange at = userPlace;
  if (!context || !context->graph) {
    if (!exhausted)
      error(at, "this is not known at compile time").withLabel("a constant is made of numbers, not of tensors");
    return nullptr;
  }
  if (exhausted)
    return nullptr;
  if (++nodeCount > nodeLimit) {
    exhausted = true;
    error(at, fmt::format("the program is too big: more than {} operations", nodeLimit));
    return nullptr;
  }
  for (Node *&operand : operands) {
    if (!operand)
      return nullptr;
    if (operand->graph != context->graph && !(operand = adopt(operand)))
      return nullptr;
  }
  if (!checkShape(type.shape, at))
    return nullptr;
  if (type.batched && elementCount(type.shape) > minibatchLimit / batchSize()) {
    error(at, fmt::format("a minibatch of {} samples of shape {} has more than 2^42 elements", batchSize(),
                          printShape(type.shape)));
    return nullptr;
  }
  auto node = std::make_unique<Node>();
  node->op = op;
  node->type = std::move(type);
  node->range = at;
  node->operands = std::move(operands);
  node->graph = context->graph;
  context->graph->nodes.push_back(std::move(node));
  return context->graph->nodes.back().get();
}

/// What follows from its operands alone, once for all samples.
static bool isPure(const Node *node) {
  bool structure = node->op == Op::Apply || node->op == Op::Result || node->op == Op::Gradient;
  bool leaf = node->operands.empty() && node->op != Op::Table && node->op != Op::Iota;
  return !structure && !leaf && !node->type.batched;
}

/// A node of another graph, in this one. Only parameters may be named across
/// graphs, and what is computed from them: in the initial value of a later one.
Node *Elaborator::adopt(Node *node) {
  if (node->op == Op::Read && context->kind == Context::Init) {
    Node *copy = make(Op::Read, node->type);
    if (copy) {
      copy->network = node->network;
      copy->storage = node->storage;
    }
    return copy;
  }
  if (node->op == Op::Constant)
    return constant(node->value, node->type);
  if (context->kind == Context::Init && isPure(node)) {
    if (auto known = context->adopted.find(node); known != context->adopted.end())
      return known->second;
    Node *copy = make(node->op, node->type, node->operands);
    if (copy) {
      Node same = *node;
      same.operands = copy->operands;
      same.graph = copy->graph;
      *copy = std::move(same);
    }
    context->adopted.emplace(node, copy);
    return copy;
  }
  if (!exhausted)
    noteOrigin(error(userPlace, context->kind == Context::Init ? "this is not known when parameters are initialised"
                                                               : "this value belongs to another part of the program"),
               node);
  return nullptr;
}

Node *Elaborator::constant(double value, Type type) {
  Node *node = make(Op::Constant, std::move(type));
  if (node)
    node->value = value;
  return node;
}

Node *Elaborator::convert(Node *node, Element element) {
  if (!node || node->type.element == element)
    return node;
  Type type = node->type;
  type.element = element;
  type.classes = 0;
  if (node->op == Op::Constant && element != Element::Bool)
    return constant(node->value, type);
  return make(Op::Convert, type, {node});
}

Node *Elaborator::broadcast(Node *node, const Type &type) {
  if (!node || (node->type.shape == type.shape && node->type.batched == type.batched))
    return node;
  Type result = type;
  result.element = node->type.element;
  result.classes = node->type.classes;
  if (node->op == Op::Constant)
    return constant(node->value, result);
  return make(Op::Broadcast, result, {node});
}

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
    shape.push_back(int64_t(list.elements.size()));
  } else if (shape[level] != int64_t(list.elements.size())) {
    return false;
  }
  for (const Value &element : list.elements)
    if (!flattenNumbers(element, out, shape, level + 1))
      return false;
  return true;
}

Node *Elaborator::toTensor(const Value &value, SourceRange at) {
  switch (value.kind) {
  case Value::Kind::Error:
    return nullptr;
  case Value::Kind::Int:
  case Value::Kind::Real:
    return constant(value.number(), {});
  case Value::Kind::Bool:
    return constant(value.boolean, {Element::Bool, false, {}, 0});
  case Value::Kind::Tensor:
    if (context && context->graph && value.node->graph != context->graph)
      return adopt(value.node);
    return value.node;
  case Value::Kind::Hyper:
  case Value::Kind::GameName: {
    Value current = read(value, at);
    return current.isTensor() || current.isNumber() ? toTensor(current, at) : nullptr;
  }
  case Value::Kind::List: {
    if (value.elements.empty()) {
      error(at, "expected a tensor, got an empty list");
      return nullptr;
    }
    std::vector<double> numbers;
    Shape shape;
    if (flattenNumbers(value, numbers, shape, 0)) {
      Node *node = make(Op::Table, {Element::Real, false, shape, 0});
      if (node)
        node->values = std::move(numbers);
      return node;
    }
    std::vector<Node *> nodes;
    Shape common;
    bool batched = false;
    // Numbers beside the arguments of an optimiser, or `t`, are computed with like these.
    auto isHyper = [](const Value &v) { return v.isTensor() && v.node->type.element == Element::Hyper; };
    bool hypers = std::any_of(value.elements.begin(), value.elements.end(), isHyper) &&
                  std::all_of(value.elements.begin(), value.elements.end(),
                              [&](const Value &v) { return isHyper(v) || v.isNumber(); });
    Element kind = hypers ? Element::Hyper : Element::Real;
    for (const Value &element : value.elements) {
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

Node *Elaborator::toReal(const Value &value, SourceRange at) {
  Node *node = toTensor(value, at);
  if (node && node->type.element == Element::Label) {
    notNumbers(at, node, fmt::format("expected numbers, got a label, {}", printType(node->type)));
    return nullptr;
  }
  return convert(node, Element::Real);
}

Node *Elaborator::toNumbers(const Value &value, SourceRange at) {
  Node *node = toTensor(value, at);
  return node && node->type.element == Element::Hyper ? node : toReal(value, at);
}

} // namespace agon::sema
