//===- Indexing.cpp - By label, along axes, across samples -----------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema::builtin {

/// The elements of one axis that labels name: x.shape[:axis] + index.shape + x.shape[axis + 1:].
Value gather(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *x = args.node(0), *labels = args.node(1);
  auto axis = e.axis(args[2], x->type.shape.size(), args.ranges[2]);
  if (!axis)
    return {};
  if (labels->type.classes > x->type.shape[*axis]) {
    Diagnostic &diagnostic =
        e.error(args.ranges[1], fmt::format("labels of class({}) do not fit axis {} of {}, which has {} {}",
                                            labels->type.classes, *axis, printShape(x->type.shape),
                                            x->type.shape[*axis], x->type.shape[*axis] == 1 ? "element" : "elements"));
    e.noteOrigin(diagnostic, x);
    e.noteOrigin(diagnostic, labels);
    return {};
  }
  Type type{Element::Real, x->type.batched || labels->type.batched, x->type.shape, 0};
  type.shape.erase(type.shape.begin() + *axis);
  type.shape.insert(type.shape.begin() + *axis, labels->type.shape.begin(), labels->type.shape.end());
  Node *node = e.make(Op::Gather, type, {x, labels});
  if (node)
    node->details = Along{*axis};
  return Value::ofTensor(node);
}

/// The transpose of gather: x's slices added up at the places that labels name, among n.
Value scatterAdd(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *x = args.node(0), *labels = args.node(1);
  int64_t extent = args[2].integer();
  const Shape &shape = x->type.shape, &index = labels->type.shape;
  bool fits = index.size() <= shape.size();
  // The new axis stands where the labels' axes stood.
  auto axis = fits ? e.axis(args[3], shape.size() - index.size() + 1, args.ranges[3]) : std::nullopt;
  if (fits && !axis)
    return {};
  if (!fits || !std::equal(index.begin(), index.end(), shape.begin() + *axis)) {
    Diagnostic &diagnostic =
        e.error(args.ranges[1], fmt::format("labels of shape {} do not pair with the axes of {} from axis {} on",
                                            printShape(index), printShape(shape), axis.value_or(0)));
    e.noteOrigin(diagnostic, x);
    e.noteOrigin(diagnostic, labels);
    diagnostic.help("each slice of x has a label: `index` has the shape of the axes that it replaces");
    return {};
  }
  if (labels->type.classes > extent) {
    Diagnostic &diagnostic = e.error(
        args.ranges[1], fmt::format("labels of class({}) do not fit an axis of {}", labels->type.classes, extent));
    e.noteOrigin(diagnostic, labels);
    return {};
  }
  if (labels->type.batched && !x->type.batched) {
    Type each = x->type;
    each.batched = true;
    if (!(x = e.broadcast(x, each)))
      return {};
  }
  Type type = x->type;
  type.shape.erase(type.shape.begin() + *axis, type.shape.begin() + *axis + int64_t(index.size()));
  type.shape.insert(type.shape.begin() + *axis, extent);
  Node *node = e.make(Op::ScatterAdd, type, {x, labels});
  if (node)
    node->details = Along{*axis};
  return Value::ofTensor(node);
}

/// A number as class(k): the nearest whole one, clamped to 0 ... k - 1; 0 for what is not a number.
Value label(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  int64_t count = args[1].integer();
  Node *x = args.node(0);
  if (x->type.element == Element::Label && x->type.classes == count)
    return Value::ofTensor(x);
  SourceRange at = args.place;
  Value value = Value::ofTensor(e.convert(x, Element::Real));
  // Bounded first: the conversion to whole numbers is defined within their range alone.
  Value above = e.elementwise(Op::Gt, value, Value::ofInt(0), at, "compare");
  value = e.select(above, value, Value::ofReal(0), at);
  value = e.elementwise(Op::Min, value, Value::ofReal(double(count - 1)), at, "compare");
  if (x->type.element != Element::Label && x->type.element != Element::Bool) {
    value = e.elementwise(Op::Add, value, Value::ofReal(0.5), at, "add");
    value = e.unary(Op::Floor, value, at, "floor");
  }
  if (value.isError())
    return {};
  Type type = value.node()->type;
  type.element = Element::Label;
  type.classes = count;
  return Value::ofTensor(e.make(Op::Convert, type, {value.node()}));
}

/// Axes of a tensor, or a compile-time list, from the end to the beginning.
Value reverse(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  if (value.isList() && !args.has(1)) {
    Value list = value;
    std::reverse(list.changeElements().begin(), list.changeElements().end());
    return list;
  }
  Node *x = e.toTensor(value, args.ranges[0]);
  if (!x)
    return {};
  if (!args.has(1)) {
    e.error(args.place, "`reverse` of a tensor needs an argument for `axis`");
    return {};
  }
  auto axes = e.axes(args[1], x->type.shape.size(), args.ranges[1]);
  if (!axes || axes->empty())
    return axes ? Value::ofTensor(x) : Value();
  std::sort(axes->begin(), axes->end());
  Node *node = e.make(Op::Reverse, x->type, {x});
  if (node)
    node->details = Over{*axes};
  return Value::ofTensor(node);
}

/// Running sums: element i is the sum of the elements 0 to i, or with `reverse` of i to the last.
Value cumsum(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *x = args.node(0);
  auto axis = e.axis(args[1], x->type.shape.size(), args.ranges[1]);
  if (!axis)
    return {};
  Node *node = e.make(Op::CumSum, x->type, {x});
  if (node)
    node->details = Along{*axis, args[2].boolean()};
  return Value::ofTensor(node);
}

/// The minibatch exists in a network, a game and a source.
static bool hasSamples(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  if (!e.context || (e.context->kind != Context::Init && e.context->kind != Context::Update))
    return true;
  e.error(args.place, fmt::format("`{}` has no samples here", self.name))
      .help("initial values and updates are computed without a minibatch");
  return false;
}

/// A batched [..s] as one [batch, ..s] that all samples share.
Value samples(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  Node *x = args.node(0);
  if (!hasSamples(e, self, args))
    return {};
  Type type = x->type;
  type.batched = true;
  if (!(x = e.broadcast(x, type)))
    return {};
  return Value::ofTensor(e.make(Op::Samples, e.samplesType(type), {x}));
}

/// Each sample's own row of what all samples share.
Value perSample(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  Node *x = args.node(0);
  if (!hasSamples(e, self, args))
    return {};
  if (x->type.batched) {
    Diagnostic &diagnostic =
        e.error(args.ranges[0], fmt::format("`per_sample` expects what all samples share, got {} for each sample",
                                            printShape(x->type.shape)));
    e.noteOrigin(diagnostic, x);
    diagnostic.help("`per_sample` takes apart what `samples` has put together");
    return {};
  }
  if (x->type.shape.empty() || x->type.shape[0] != e.batchSize()) {
    Diagnostic &diagnostic =
        e.error(args.ranges[0], fmt::format("`per_sample` expects a first axis of {}, one row a sample, got {}",
                                            e.batchSize(), printShape(x->type.shape)));
    e.noteOrigin(diagnostic, x);
    return {};
  }
  Type type = x->type;
  type.batched = true;
  type.shape.erase(type.shape.begin());
  return Value::ofTensor(e.make(Op::PerSample, type, {x}));
}

/// One draw of a distribution, for all samples together.
Value draw(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  auto shape = e.shapeOf(args[1], args.ranges[1]);
  if (!shape)
    return {};
  const Value &value = args[0];
  Type type{Element::Real, false, *shape, 0};
  if (value.distribution().kind == DistributionValue::Categorical) {
    const Value &weights = value.distribution().first;
    type.element = Element::Label;
    type.classes = weights.is(Value::Kind::Int) ? weights.integer() : int64_t(weights.elements().size());
  }
  Node *node = e.draw(value, type, args.ranges[0]);
  if (node && node->type.batched) {
    e.error(args.ranges[0], "the parameters of a draw that all samples share are one for all samples")
        .help("`noise x: [..] ~ ...` draws for each sample");
    return {};
  }
  return Value::ofTensor(node);
}

} // namespace agon::sema::builtin
