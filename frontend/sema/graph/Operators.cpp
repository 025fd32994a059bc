//===- Operators.cpp - Powers, choices and the table of operators -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Arithmetic.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace agon::sema {

using syntax::BinaryOp;

Value Arithmetic::power(const Value &a, const Value &b, SourceRange at) {
  if (a.isError() || b.isError())
    return {};
  if (a.isNumber() && b.isNumber()) {
    if (a.is(Value::Kind::Int) && b.is(Value::Kind::Int) && b.integer() >= 0) {
      int64_t result = 1, base = a.integer();
      if (base == 0 || base == 1)
        return Value::ofInt(b.integer() == 0 ? 1 : base);
      if (base == -1)
        return Value::ofInt(b.integer() % 2 ? -1 : 1);
      for (int64_t i = 0; i < b.integer(); ++i)
        if (__builtin_mul_overflow(result, base, &result)) {
          error(at, fmt::format("{}^{} does not fit in 64 bits", a.integer(), b.integer()));
          return {};
        }
      return Value::ofInt(result);
    }
    if (a.number() == 0 && b.number() < 0) {
      error(at, "division by zero");
      return {};
    }
    double result = std::pow(a.number(), b.number());
    if (!std::isfinite(result)) {
      error(at, fmt::format("{}^{} is not a number", a.number(), b.number()));
      return {};
    }
    return Value::ofReal(result);
  }
  if (!b.isNumber() || a.isNumber())
    return elementwise(Op::Pow, a, b, at, "raise to a power");
  double exponent = b.number();
  Node *base = toTensor(a, at);
  if (!base)
    return {};
  if (base->type.element == Element::Label)
    return elementwise(Op::Pow, a, b, at, "raise to a power");
  if (base->type.element == Element::Bool && !(base = convert(base, Element::Real)))
    return {};
  double magnitude = std::fabs(exponent);
  Value result;
  if (exponent == 0)
    return Value::ofTensor(constant(1, base->type));
  if (magnitude == 0.5)
    result = Value::ofTensor(make(Op::Sqrt, base->type, {base}));
  else if (magnitude == 1)
    result = Value::ofTensor(base);
  else if (magnitude == 2 || magnitude == 3 || magnitude == 4) {
    Node *square = make(Op::Mul, base->type, {base, base});
    if (square && magnitude == 3)
      square = make(Op::Mul, base->type, {square, base});
    if (square && magnitude == 4)
      square = make(Op::Mul, base->type, {square, square});
    result = Value::ofTensor(square);
  } else {
    return elementwise(Op::Pow, Value::ofTensor(base), b, at, "raise to a power");
  }
  if (exponent < 0)
    result = elementwise(Op::Div, Value::ofInt(1), result, at, "divide");
  return result;
}

/// Whether a condition is about the step and the arguments of an optimiser alone.
static bool judgesHypers(const Node *condition) {
  bool joins = condition->op == Op::And || condition->op == Op::Or || condition->op == Op::Not;
  return std::all_of(condition->operands.begin(), condition->operands.end(), [&](const Node *operand) {
    return joins ? judgesHypers(operand) : operand->type.element == Element::Hyper;
  });
}

Value Arithmetic::select(const Value &condition, const Value &a, const Value &b, SourceRange at) {
  if (condition.isError() || a.isError() || b.isError())
    return {};
  if (condition.is(Value::Kind::Bool))
    return condition.boolean() ? a : b;
  Node *c = toTensor(condition, at);
  if (!c)
    return {};
  if (c->type.element != Element::Bool) {
    error(at, fmt::format("a condition is a comparison, got {}", describe(condition)))
        .help("write `x > 0` for where x is positive");
    return {};
  }
  Node *x = toTensor(a, at), *y = toTensor(b, at);
  if (!x || !y)
    return {};
  Element element = x->type.element == y->type.element ? x->type.element : Element::Real;
  auto mayBeHyper = [](const Node *node, const Value &value) {
    return node->type.element == Element::Hyper || value.isNumber();
  };
  bool ofHypers = x->type.element == Element::Hyper || y->type.element == Element::Hyper || judgesHypers(c);
  if (ofHypers && mayBeHyper(x, a) && mayBeHyper(y, b))
    element = Element::Hyper;
  if (element == Element::Real && (x->type.element == Element::Label || y->type.element == Element::Label)) {
    notNumbers(at, x->type.element == Element::Label ? x : y, "cannot choose between a label and a number");
    return {};
  }
  auto shape = broadcastShape(x->type.shape, y->type.shape);
  if (shape)
    shape = broadcastShape(*shape, c->type.shape);
  if (!shape) {
    Diagnostic &diagnostic =
        error(at, fmt::format("cannot choose between shapes {} and {} by a condition of shape {}",
                              printShape(x->type.shape), printShape(y->type.shape), printShape(c->type.shape)));
    for (Node *node : {c, x, y})
      noteOrigin(diagnostic, node);
    return {};
  }
  bool batched = c->type.batched || x->type.batched || y->type.batched;
  Type type{element, batched, *shape, std::max(x->type.classes, y->type.classes)};
  Node *operands[3] = {broadcast(c, type), broadcast(convert(x, element), type), broadcast(convert(y, element), type)};
  return Value::ofTensor(make(Op::Select, type, {operands[0], operands[1], operands[2]}));
}

Value Arithmetic::binary(BinaryOp op, Value a, Value b, SourceRange at, SourceRange aAt, SourceRange bAt) {
  auto run = [&](Op code, std::string_view verb) {
    return elementwise(code, std::move(a), std::move(b), at, verb, aAt, bAt);
  };
  switch (op) {
#define OPERATOR(id, name, verb, passes, made, fold)                                                                   \
  case BinaryOp::id:                                                                                                   \
    return run(Op::id, verb);
#define COMPARISON(id, name, real, label, sign)                                                                        \
  case BinaryOp::id:                                                                                                   \
    return run(Op::id, "compare");
#include "frontend/sema/Operations.def"
  case BinaryOp::Pow:
    return power(a, b, at);
  case BinaryOp::MatMul: {
    Node *x = toReal(a, aAt ? aAt : at), *y = toReal(b, bAt ? bAt : at);
    return x && y ? Value::ofTensor(matmul(x, y, at)) : Value();
  }
  case BinaryOp::And:
  case BinaryOp::Or: {
    if (a.isError() || b.isError())
      return {};
    if (a.is(Value::Kind::Bool) && b.is(Value::Kind::Bool))
      return Value::ofBool(op == BinaryOp::And ? a.boolean() && b.boolean() : a.boolean() || b.boolean());
    Node *x = toTensor(a, at), *y = toTensor(b, at);
    if (!x || !y)
      return {};
    if (x->type.element != Element::Bool || y->type.element != Element::Bool) {
      error(at, fmt::format("`{}` joins truth values, got {} and {}", op == BinaryOp::And ? "and" : "or", describe(a),
                            describe(b)));
      return {};
    }
    auto shape = broadcastShape(x->type.shape, y->type.shape);
    if (!shape) {
      error(at, fmt::format("cannot join truth values of shapes {} and {}", printShape(x->type.shape),
                            printShape(y->type.shape)));
      return {};
    }
    Type type{Element::Bool, x->type.batched || y->type.batched, *shape, 0};
    Node *left = broadcast(x, type), *right = broadcast(y, type);
    return Value::ofTensor(make(op == BinaryOp::And ? Op::And : Op::Or, type, {left, right}));
  }
  }
  return {};
}

} // namespace agon::sema
