//===- Random.cpp - Draws from distributions --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/GraphBuilder.h"
#include <fmt/format.h>

namespace agon::sema {

Node *GraphBuilder::random(RandomKind kind, const Type &type) {
  Node *node = make(Op::Random, type);
  if (node)
    node->details = kind;
  return node;
}

/// `base * scale + shift`, where a plain 1 or 0 costs nothing.
Node *GraphBuilder::affine(Node *base, const Value &shift, const Value &factor, const Type &type, SourceRange at) {
  Value result = Value::ofTensor(base);
  if (!factor.isNumber() || factor.number() != 1)
    result = elementwise(Op::Mul, result, factor, at, "multiply");
  if (!shift.isNumber() || shift.number() != 0)
    result = elementwise(Op::Add, result, shift, at, "add");
  if (result.isError())
    return nullptr;
  if (result.node()->type.shape != type.shape) {
    error(at, fmt::format("the distribution's parameters have shape {}, the draw has {}",
                          printShape(result.node()->type.shape), printShape(type.shape)));
    return nullptr;
  }
  return result.node();
}

/// The first of five draws within two deviations; all five miss once in five million times, and the last is then
/// clipped.
Value GraphBuilder::truncated(const Type &real, SourceRange at) {
  Value drawn = Value::ofTensor(random(RandomKind::Normal, real));
  drawn = elementwise(Op::Max, Value::ofInt(-2), drawn, at, "compare");
  drawn = elementwise(Op::Min, Value::ofInt(2), drawn, at, "compare");
  for (int i = 0; i < 4; ++i) {
    Value next = Value::ofTensor(random(RandomKind::Normal, real));
    Value inside = elementwise(Op::Lt, unary(Op::Abs, next, at, "abs"), Value::ofInt(2), at, "compare");
    drawn = select(inside, next, drawn, at);
  }
  return drawn;
}

/// A label: with probabilities, where one uniform falls among the cumulated ones.
Node *GraphBuilder::category(const Value &weights, const Type &type, SourceRange at) {
  int64_t classes = weights.is(Value::Kind::Int) ? weights.integer() : int64_t(weights.elements().size());
  if (classes != type.classes) {
    error(at,
          fmt::format("{} is drawn from `categorical({})`, got {} classes", printType(type), type.classes, classes));
    return nullptr;
  }
  if (weights.is(Value::Kind::Int))
    return random(RandomKind::Categorical, type);
  Type real = type;
  real.element = Element::Real;
  real.classes = 0;
  double total = 0;
  for (const Value &weight : weights.elements())
    total += weight.number();
  Value uniform = Value::ofTensor(random(RandomKind::Uniform, real));
  Value label = Value::ofTensor(constant(double(classes - 1), type));
  double below = total;
  for (int64_t i = classes - 2; i >= 0; --i) {
    below -= weights.elements()[i + 1].number();
    Value inside = elementwise(Op::Lt, uniform, Value::ofReal(below / total), at, "compare");
    label = select(inside, Value::ofTensor(constant(double(i), type)), label, at);
  }
  return label.isError() ? nullptr : label.node();
}

/// One draw of `type`: a node made of standard uniforms and normals.
Node *GraphBuilder::draw(const Value &value, const Type &type, SourceRange at) {
  if (value.isError())
    return nullptr;
  if (!value.is(Value::Kind::Distribution)) {
    Diagnostic &diagnostic = error(at, fmt::format("expected a distribution after `~`, got {}", describe(value)));
    diagnostic.help(fmt::format("{}; `=` gives a fixed value", distributionHelp));
    return nullptr;
  }
  const DistributionValue &d = value.distribution();
  if ((type.element == Element::Label) != (d.kind == DistributionValue::Categorical)) {
    error(at, type.element == Element::Label
                  ? fmt::format("{} is drawn from `categorical`", printType(type))
                  : fmt::format("`categorical` draws a label, not a tensor of shape {}", printType(type)))
        .help("write `noise c: class(k) ~ categorical(k)`");
    return nullptr;
  }
  switch (d.kind) {
  case DistributionValue::Normal:
    return affine(random(RandomKind::Normal, type), d.first, d.second, type, at);
  case DistributionValue::Uniform: {
    Value width = elementwise(Op::Sub, d.second, d.first, at, "subtract");
    return affine(random(RandomKind::Uniform, type), d.first, width, type, at);
  }
  case DistributionValue::TruncatedNormal: {
    Value drawn = truncated(type, at);
    return drawn.isError() ? nullptr : affine(drawn.node(), d.first, d.second, type, at);
  }
  case DistributionValue::Bernoulli: {
    Value below = elementwise(Op::Lt, Value::ofTensor(random(RandomKind::Uniform, type)), d.first, at, "compare");
    return below.isError() ? nullptr : convert(below.node(), Element::Real);
  }
  case DistributionValue::Categorical:
    return category(d.first, type, at);
  }
  return nullptr;
}

} // namespace agon::sema
