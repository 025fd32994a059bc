//===- Tensors.cpp - Built-in functions on tensors -------------------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema::builtin {

Value elementwise(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  return e.unary(self.op, args[0], args.place, self.name);
}

Value select(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return e.select(args[0], args[1], args[2], args.place);
}

/// Labels and truth values as numbers.
Value toFloat(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  if (value.isNumber())
    return Value::ofReal(value.number());
  if (value.is(Value::Kind::Bool))
    return Value::ofReal(value.boolean());
  Node *node = e.toTensor(value, args.ranges[0]);
  return Value::ofTensor(e.convert(node, Element::Real));
}

Value stopGradient(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  if (!value.isTensor() && !value.is(Value::Kind::List))
    return value;
  Node *node = e.toTensor(value, args.ranges[0]);
  return node ? Value::ofTensor(e.make(Op::StopGradient, node->type, {node})) : Value();
}

Value grad(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return e.gradient(args.node(0), args[1], args.place, args.ranges[0], args.ranges[1]);
}

/// A list of numbers known at compile time.
static bool isNumbers(const Value &value) {
  return value.isList() && !value.elements().empty() &&
         std::all_of(value.elements().begin(), value.elements().end(),
                     [](const Value &element) { return element.isNumber(); });
}

/// max, min: of one tensor a reduction, of several values the elementwise one.
Value extremum(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  if (args.rest.empty()) {
    e.error(args.place, fmt::format("`{}` needs an argument", self.name));
    return {};
  }
  bool alongAll = args[1].is(Value::Kind::All);
  const Value &first = args.rest[0];
  std::vector<Value> values = args.rest;
  if (values.size() == 1 && isNumbers(first) && alongAll)
    values = first.elements();
  else if (values.size() == 1 && !first.isNumber()) {
    Node *node = e.toReal(first, args.restRanges[0]);
    auto axes = node ? e.axes(args[1], node->type.shape.size(), args.ranges[1]) : std::nullopt;
    return axes ? Value::ofTensor(e.reduce(self.op, node, *axes, args[2].boolean(), false)) : Value();
  }
  if (!alongAll && values.size() > 1) {
    e.error(args.ranges[1], fmt::format("`axis` reduces one tensor, got {} arguments", values.size()));
    return {};
  }
  Value result = values[0];
  for (size_t i = 1; i < values.size(); ++i)
    result = e.elementwise(self.op == Op::ReduceMax ? Op::Max : Op::Min, result, values[i], args.place, "compare");
  return result;
}

static Value reduction(GraphBuilder &e, const BuiltinArgs &args, bool mean) {
  bool alongAll = args[1].is(Value::Kind::All), keep = args[2].boolean();
  if (args[0].isNumber() && alongAll)
    return args[0];
  if (isNumbers(args[0]) && alongAll && !keep) {
    Value sum = Value::ofInt(0);
    for (const Value &element : args[0].elements())
      sum = e.elementwise(Op::Add, sum, element, args.place, "add");
    return mean && sum.isNumber() ? Value::ofReal(sum.number() / double(args[0].elements().size())) : sum;
  }
  Node *node = e.toTensor(args[0], args.ranges[0]);
  auto axes = node ? e.axes(args[1], node->type.shape.size(), args.ranges[1]) : std::nullopt;
  if (!axes)
    return {};
  double count = 1;
  for (int64_t axis : *axes)
    count *= double(node->type.shape[axis]);
  node = e.reduce(Op::Sum, node, *axes, keep, false);
  return Value::ofTensor(mean ? e.scale(node, 1 / count) : node);
}

Value sum(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return reduction(e, args, false); }

Value mean(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return reduction(e, args, true); }

/// The mean over the minibatch, element by element.
Value batchMean(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args[0].isNumber())
    return args[0];
  Node *node = e.toReal(args[0], args.ranges[0]);
  if (!node || !node->type.batched)
    return Value::ofTensor(node);
  node = e.reduce(Op::Sum, node, {}, false, true);
  return Value::ofTensor(e.scale(node, 1 / double(e.batchSize())));
}

Value reshape(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = args.node(0);
  Value list = Value::ofList(args.rest);
  int64_t count = elementCount(node->type.shape), known = 1;
  Value *open = nullptr;
  for (Value &dim : list.changeElements())
    if (dim.is(Value::Kind::Int) && dim.integer() == -1 && !open)
      open = &dim;
    else if (dim.is(Value::Kind::Int) && dim.integer() > 0 && __builtin_mul_overflow(known, dim.integer(), &known))
      known = 0;
  if (open && known > 0 && count % known == 0)
    *open = Value::ofInt(count / known);
  auto shape = e.shapeOf(list, args.place);
  if (!shape)
    return {};
  if (elementCount(*shape) != count) {
    Diagnostic &diagnostic =
        e.error(args.place, fmt::format("cannot reshape {} of {} elements into {} of {}", printShape(node->type.shape),
                                        count, printShape(*shape), elementCount(*shape)));
    e.noteOrigin(diagnostic, node);
    return {};
  }
  return Value::ofTensor(e.reshape(node, *shape));
}

Value flatten(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = args.node(0);
  return Value::ofTensor(e.reshape(node, {elementCount(node->type.shape)}));
}

/// Without axes, all of them reversed, as NumPy has it.
Value transpose(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = args.node(0);
  size_t rank = node->type.shape.size();
  std::vector<int64_t> permutation(rank);
  for (size_t i = 0; i < rank; ++i)
    permutation[i] = int64_t(rank - 1 - i);
  if (!args.rest.empty()) {
    auto axes = e.axes(Value::ofList(args.rest), rank, args.place);
    if (!axes)
      return {};
    if (axes->size() != rank) {
      e.error(args.place, fmt::format("`transpose` names every axis of {}, got {} of {}", printShape(node->type.shape),
                                      axes->size(), rank));
      return {};
    }
    permutation = *axes;
  }
  return Value::ofTensor(e.transpose(node, permutation));
}

static Value join(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args, bool stacked) {
  if (args.rest.empty()) {
    e.error(args.place, fmt::format("`{}` needs tensors to join", self.name));
    return {};
  }
  std::vector<Node *> nodes;
  for (const Value &value : args.rest) {
    Node *node = value.node();
    if (!stacked && node->type.shape.empty() && !(node = e.reshape(node, {1})))
      return {};
    nodes.push_back(node);
  }
  size_t rank = nodes[0]->type.shape.size() + (stacked ? 1 : 0);
  auto found = e.axis(args[1], rank, args.ranges[1]);
  if (!found)
    return {};
  size_t axis = size_t(*found);
  for (Node *&node : nodes) {
    Shape a = nodes[0]->type.shape, b = node->type.shape;
    if (stacked) {
      a = nodes[0]->type.shape;
      if (&node != &nodes[0])
        a.erase(a.begin() + axis);
    } else if (a.size() == b.size()) {
      a[axis] = b[axis];
    }
    if (a != b) {
      Diagnostic &diagnostic =
          e.error(args.place, fmt::format("cannot join {} and {} along axis {}: the other axes must agree",
                                          printShape(nodes[0]->type.shape), printShape(b), axis));
      e.noteOrigin(diagnostic, nodes[0]);
      e.noteOrigin(diagnostic, node);
      return {};
    }
    if (stacked) {
      b.insert(b.begin() + axis, 1);
      if (!(node = e.reshape(node, b)))
        return {};
    }
  }
  return Value::ofTensor(e.concat(nodes, int64_t(axis)));
}

Value concat(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) { return join(e, self, args, false); }

Value stack(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) { return join(e, self, args, true); }

/// The value repeated along axes of length 1 or missing in front, as NumPy does.
Value broadcast(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = args.node(0);
  auto shape = e.shapeOf(Value::ofList(args.rest), args.place);
  if (!shape)
    return {};
  auto joined = e.broadcastShape(node->type.shape, *shape);
  if (!joined || *joined != *shape) {
    Diagnostic &diagnostic =
        e.error(args.place, fmt::format("cannot broadcast {} to {}", printShape(node->type.shape), printShape(*shape)));
    e.noteOrigin(diagnostic, node);
    return {};
  }
  Type type = node->type;
  type.shape = *shape;
  return Value::ofTensor(e.broadcast(node, type));
}

/// A label as a vector.
Value oneHot(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Type type = args.node(0)->type;
  type.shape.push_back(type.classes);
  type.element = Element::Real;
  type.classes = 0;
  return Value::ofTensor(e.make(Op::OneHot, type, {args.node(0)}));
}

/// 0, 1, ..., n - 1.
Value iota(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return Value::ofTensor(e.make(Op::Iota, {Element::Real, false, {args[0].integer()}, 0}));
}

} // namespace agon::sema::builtin
