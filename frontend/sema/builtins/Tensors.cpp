//===- Tensors.cpp - Built-in functions on tensors -------------------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace agon::sema::builtin {

Value elementwise(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  return e.unary(self.op, *args.values[0], args.place, self.name);
}

Value select(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return e.select(*args.values[0], *args.values[1], *args.values[2], args.place);
}

/// Labels and truth values as numbers.
Value toFloat(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = *args.values[0];
  if (value.isNumber())
    return Value::ofReal(value.number());
  if (value.is(Value::Kind::Bool))
    return Value::ofReal(value.boolean());
  Node *node = e.toTensor(value, args.ranges[0]);
  return Value::ofTensor(e.convert(node, Element::Real));
}

Value stopGradient(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = *args.values[0];
  if (!value.isTensor() && !value.is(Value::Kind::List))
    return value;
  Node *node = e.toTensor(value, args.ranges[0]);
  return node ? Value::ofTensor(e.make(Op::StopGradient, node->type, {node})) : Value();
}

Value grad(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return e.gradient(*args.values[0], *args.values[1], args.place, args.ranges[0], args.ranges[1]);
}

static std::optional<bool> keepOf(GraphBuilder &e, const BuiltinArgs &args, size_t at) {
  if (!args.values[at])
    return false;
  if (!args.values[at]->is(Value::Kind::Bool)) {
    e.error(args.ranges[at], fmt::format("`keep` is `true` or `false`, got {}", describe(*args.values[at])));
    return std::nullopt;
  }
  return args.values[at]->boolean();
}

static std::optional<std::vector<int64_t>> axesOf(GraphBuilder &e, const BuiltinArgs &args, size_t at, size_t rank) {
  return e.axes(args.values[at] ? *args.values[at] : Value::all(), rank, args.ranges[at]);
}

/// A list of numbers known at compile time.
static bool isNumbers(const Value &value) {
  return value.isList() && !value.elements().empty() &&
         std::all_of(value.elements().begin(), value.elements().end(),
                     [](const Value &element) { return element.isNumber(); });
}

/// max, min: of one tensor a reduction, of several values the elementwise one.
Value extremum(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  bool greatest = self.op == Op::ReduceMax;
  if (args.rest.empty()) {
    e.error(args.place, fmt::format("`{}` needs an argument", self.name));
    return {};
  }
  const Value &first = args.rest[0];
  std::vector<Value> values = args.rest;
  if (values.size() == 1 && isNumbers(first) && !args.values[0])
    values = first.elements();
  else if (values.size() == 1 && !first.isNumber()) {
    Node *node = e.toReal(first, args.restRanges[0]);
    if (!node)
      return {};
    auto keep = keepOf(e, args, 1);
    auto axes = axesOf(e, args, 0, node->type.shape.size());
    return keep && axes ? Value::ofTensor(e.reduce(self.op, node, *axes, *keep, false)) : Value();
  }
  if (args.values[0] && values.size() > 1) {
    e.error(args.ranges[0], fmt::format("`axis` reduces one tensor, got {} arguments", values.size()));
    return {};
  }
  Value result = values[0];
  for (size_t i = 1; i < values.size(); ++i)
    result = e.elementwise(greatest ? Op::Max : Op::Min, result, values[i], args.place, "compare");
  return result;
}

static Value reduction(GraphBuilder &e, const BuiltinArgs &args, bool mean) {
  if (args.values[0]->isNumber() && !args.values[1])
    return *args.values[0];
  if (isNumbers(*args.values[0]) && !args.values[1] && !args.values[2]) {
    Value sum = Value::ofInt(0);
    for (const Value &element : args.values[0]->elements())
      sum = e.elementwise(Op::Add, sum, element, args.place, "add");
    return mean && sum.isNumber() ? Value::ofReal(sum.number() / double(args.values[0]->elements().size())) : sum;
  }
  Node *node = e.toNumbers(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  auto keep = keepOf(e, args, 2);
  auto axes = axesOf(e, args, 1, node->type.shape.size());
  if (!keep || !axes)
    return {};
  double count = 1;
  for (int64_t axis : *axes)
    count *= double(node->type.shape[axis]);
  node = e.reduce(Op::Sum, node, *axes, *keep, false);
  return Value::ofTensor(mean ? e.scale(node, 1 / count) : node);
}

Value sum(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return reduction(e, args, false); }

Value mean(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return reduction(e, args, true); }

/// The mean over the minibatch, element by element.
Value batchMean(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args.values[0]->isNumber())
    return *args.values[0];
  Node *node = e.toReal(*args.values[0], args.ranges[0]);
  if (!node || !node->type.batched)
    return Value::ofTensor(node);
  node = e.reduce(Op::Sum, node, {}, false, true);
  return Value::ofTensor(e.scale(node, 1 / double(e.batchSize())));
}

static Value listOf(const std::vector<Value> &rest) {
  if (rest.size() == 1 && (rest[0].is(Value::Kind::List) || rest[0].is(Value::Kind::Tuple)))
    return rest[0];
  return Value::ofList(rest);
}

Value reshape(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = e.toTensor(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  Value list = listOf(args.rest);
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
  Node *node = e.toTensor(*args.values[0], args.ranges[0]);
  return node ? Value::ofTensor(e.reshape(node, {elementCount(node->type.shape)})) : Value();
}

/// Without axes, all of them reversed, as NumPy has it.
Value transpose(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = e.toTensor(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  size_t rank = node->type.shape.size();
  std::vector<int64_t> permutation(rank);
  for (size_t i = 0; i < rank; ++i)
    permutation[i] = int64_t(rank - 1 - i);
  if (!args.rest.empty()) {
    auto axes = e.axes(listOf(args.rest), rank, args.place);
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
  Value list = listOf(args.rest);
  if (list.elements().empty()) {
    e.error(args.place, fmt::format("`{}` needs tensors to join", self.name));
    return {};
  }
  std::vector<Node *> nodes;
  for (size_t i = 0; i < list.elements().size(); ++i) {
    SourceRange at = i < args.restRanges.size() ? args.restRanges[i] : args.place;
    Node *node = e.toReal(list.elements()[i], at);
    if (!node)
      return {};
    if (!stacked && node->type.shape.empty())
      node = e.reshape(node, {1});
    nodes.push_back(node);
  }
  size_t rank = nodes[0]->type.shape.size() + (stacked ? 1 : 0);
  Value axisValue = args.values[0] ? *args.values[0] : Value::ofInt(0);
  auto axes = e.axes(axisValue, rank, args.ranges[0]);
  if (!axes)
    return {};
  if (axes->size() != 1) {
    e.error(args.ranges[0], fmt::format("`{}` takes one axis, got {}", self.name, axes->size()));
    return {};
  }
  size_t axis = (*axes)[0];
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
  Node *node = e.toTensor(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  auto shape = e.shapeOf(listOf(args.rest), args.place);
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

/// Zeros, or another number, before and after each axis.
Value pad(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = e.toReal(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  size_t rank = node->type.shape.size();
  double value = 0;
  if (args.values[3]) {
    if (!args.values[3]->isNumber()) {
      e.error(args.ranges[3], fmt::format("`pad` takes a number known at compile time as its value, got {}",
                                          describe(*args.values[3])));
      return {};
    }
    value = args.values[3]->number();
  }
  std::vector<int64_t> widths[2];
  for (int side = 0; side < 2; ++side) {
    const Value &width = *args.values[1 + side];
    std::vector<Value> list(rank, width);
    if (width.isList())
      list = width.elements();
    for (const Value &width : list)
      if (width.is(Value::Kind::Int) && width.integer() >= 0 && width.integer() < (1 << 30))
        widths[side].push_back(width.integer());
    if (list.size() != rank || widths[side].size() != rank) {
      e.error(args.ranges[1 + side],
              fmt::format("`pad` takes a width from 0 for each of the {} axes, got {}", rank, describe(width)));
      return {};
    }
  }
  Type type = node->type;
  for (size_t i = 0; i < rank; ++i)
    type.shape[i] += widths[0][i] + widths[1][i];
  if (type == node->type)
    return Value::ofTensor(node);
  Node *result = e.make(Op::Pad, type, {node});
  if (result) {
    result->details = Box{widths[0], widths[1], {}, value};
  }
  return Value::ofTensor(result);
}

Value oneHot(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *node = e.toTensor(*args.values[0], args.ranges[0]);
  if (!node)
    return {};
  if (node->type.element != Element::Label) {
    Diagnostic &diagnostic =
        e.error(args.ranges[0], fmt::format("`one_hot` takes a label, class(k), got {}", describe(*args.values[0])));
    e.noteOrigin(diagnostic, node);
    return {};
  }
  Type type = node->type;
  type.shape.push_back(type.classes);
  type.element = Element::Real;
  type.classes = 0;
  return Value::ofTensor(e.make(Op::OneHot, type, {node}));
}

/// 0, 1, ..., n - 1.
Value iota(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  auto shape = e.shapeOf(*args.values[0], args.ranges[0]);
  if (!shape)
    return {};
  if (shape->size() != 1) {
    e.error(args.ranges[0], "`iota` takes one length");
    return {};
  }
  return Value::ofTensor(e.make(Op::Iota, {Element::Real, false, *shape, 0}));
}

} // namespace agon::sema::builtin
