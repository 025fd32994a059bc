//===- Emitter.cpp - Making nodes -------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Emitter.h"
#include <fmt/format.h>

namespace agon::sema {

// A node is about half a kilobyte; this bounds a compilation to some hundred MB.
static constexpr int64_t nodeLimit = 400'000;
// So that no sum of sizes overflows; about what a thousand machines hold.
static constexpr int64_t minibatchLimit = int64_t(1) << 42;

// 2^40 elements of one sample are 4 TiB: no one means that.
static constexpr int64_t elementLimit = int64_t(1) << 40;
static constexpr size_t rankLimit = 16;

bool Emitter::checkShape(const Shape &shape, SourceRange at) {
  if (shape.size() > rankLimit) {
    error(at, fmt::format("a tensor has at most {} axes, got {}", rankLimit, shape.size()));
    return false;
  }
  int64_t count = 1;
  for (int64_t dim : shape) {
    if (dim < 1) {
      error(at, fmt::format("a dimension is at least 1, got {} in {}", dim, printShape(shape)));
      return false;
    }
    if (dim > elementLimit / count) {
      error(at, fmt::format("the shape {} has more than 2^40 elements", printShape(shape)));
      return false;
    }
    count *= dim;
  }
  return true;
}

Node *Emitter::make(Op op, Type type, std::vector<Node *> operands) {
  SourceRange at = reporter.userPlace;
  if (!context || !context->graph) {
    if (!reporter.exhausted)
      error(at, "this is not known at compile time").withLabel("a constant is made of numbers, not of tensors");
    return nullptr;
  }
  if (reporter.exhausted)
    return nullptr;
  if (++nodeCount > nodeLimit) {
    reporter.exhausted = true;
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
  bool structure = node->op == Op::Apply || node->op == Op::Result || node->op == Op::Gradient || node->op == Op::Loss;
  bool leaf = node->operands.empty() && node->op != Op::Table && node->op != Op::Iota;
  return !structure && !leaf && !node->type.batched;
}

/// A node of another graph, in this one. Only parameters may be named across
/// graphs, and what is computed from them: in the initial value of a later one.
Node *Emitter::adopt(Node *node) {
  if (node->op == Op::Read && context->kind == Context::Init) {
    Node *copy = make(Op::Read, node->type);
    if (copy)
      copy->details = node->details;
    return copy;
  }
  if (node->op == Op::Constant)
    return constant(node->value(), node->type);
  if (context->carrier)
    return context->carrier->carry(node);
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
  if (!reporter.exhausted)
    noteOrigin(error(reporter.userPlace, context->kind == Context::Init
                                             ? "this is not known when parameters are initialised"
                                             : "this value belongs to another part of the program"),
               node);
  return nullptr;
}

Node *Emitter::constant(double value, Type type) {
  Node *node = make(Op::Constant, std::move(type));
  if (node)
    node->details = Number{value};
  return node;
}

Node *Emitter::convert(Node *node, Element element) {
  if (!node || node->type.element == element)
    return node;
  Type type = node->type;
  type.element = element;
  type.classes = 0;
  if (node->op == Op::Constant && element != Element::Bool)
    return constant(node->value(), type);
  return make(Op::Convert, type, {node});
}

Node *Emitter::broadcast(Node *node, const Type &type) {
  if (!node || (node->type.shape == type.shape && node->type.batched == type.batched))
    return node;
  Type result = type;
  result.element = node->type.element;
  result.classes = node->type.classes;
  if (node->op == Op::Constant)
    return constant(node->value(), result);
  return make(Op::Broadcast, result, {node});
}

void Emitter::noteOrigin(Diagnostic &diagnostic, const Node *node) {
  // Conversions do not decide a shape.
  while ((node->op == Op::Convert || node->op == Op::StopGradient) && !node->operands.empty())
    node = node->operands[0];
  std::string shape = (node->type.element == Element::Real ? "shape " : "") + printType(node->type);
  switch (node->op) {
  case Op::Use:
    diagnostic.note(node->variable()->range,
                    fmt::format("`{}` is declared here with {}", node->variable()->name, shape));
    return;
  case Op::Read: {
    const Storage &storage = node->network()->storages[node->storage()];
    diagnostic.note(storage.range.file && !storage.range.file->isStandardLibrary ? storage.range : node->range,
                    fmt::format("`{}` has {}", storage.path, shape));
    return;
  }
  case Op::Result: {
    const agon::sema::Network *network = node->operands[0]->network();
    if (!network)
      break;
    diagnostic.note(network->range, fmt::format("`{}` returns {}", network->name, shape));
    return;
  }
  case Op::Argument: {
    const NetworkEntry *entry = context ? context->network : nullptr;
    if (entry && size_t(node->index()) < entry->argumentRanges.size()) {
      diagnostic.note(
          entry->argumentRanges[node->index()],
          fmt::format("`{}` is declared here with {}", entry->network->argumentNames[node->index()], shape));
      return;
    }
    break;
  }
  default:
    break;
  }
  if (node->range)
    diagnostic.note(node->range, fmt::format("this {} {}", node->type.element == Element::Real ? "has" : "is", shape));
}

} // namespace agon::sema
