//===- Elementwise.cpp - Arithmetic on values and nodes ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Arithmetic.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace agon::sema {

Value Arithmetic::unary(Op op, const Value &value, SourceRange at, std::string_view name) {
  if (value.isError())
    return {};
  if (value.isNumber()) {
    if (value.is(Value::Kind::Int)) {
      int64_t n = value.integer();
      if ((op == Op::Neg || op == Op::Abs) && n == INT64_MIN) {
        error(at, "the whole number is too big");
        return {};
      }
      if (op == Op::Neg)
        return Value::ofInt(-n);
      if (op == Op::Abs)
        return Value::ofInt(n < 0 ? -n : n);
      if (op == Op::Sign)
        return Value::ofInt(n > 0 ? 1 : n < 0 ? -1 : 0);
      if (op == Op::Floor || op == Op::Ceil)
        return value;
    }
    double x = value.number(), y = fold(op, x);
    if (std::isfinite(x) && !std::isfinite(y)) {
      error(at, fmt::format("`{}` of {} is not a number", name, x));
      return {};
    }
    if ((op == Op::Floor || op == Op::Ceil) && std::fabs(y) < 9e18)
      return Value::ofInt(int64_t(y));
    return Value::ofReal(y);
  }
  Node *node = toTensor(value, at);
  if (!node)
    return {};
  if (node->type.element == Element::Label) {
    notNumbers(at, node, fmt::format("`{}` needs numbers, got a label, {}", name, printType(node->type)));
    return {};
  }
  if (node->type.element == Element::Bool)
    node = convert(node, Element::Real);
  return node ? Value::ofTensor(make(op, node->type, {node})) : Value();
}

/// Numbers alone: exact on integers.
static bool foldInt(Op op, int64_t a, int64_t b, int64_t &result, bool &overflow) {
  overflow = false;
  switch (op) {
  case Op::Add:
    overflow = __builtin_add_overflow(a, b, &result);
    return true;
  case Op::Sub:
    overflow = __builtin_sub_overflow(a, b, &result);
    return true;
  case Op::Mul:
    overflow = __builtin_mul_overflow(a, b, &result);
    return true;
  case Op::Max:
    result = std::max(a, b);
    return true;
  case Op::Min:
    result = std::min(a, b);
    return true;
  case Op::Div:
  case Op::Mod: {
    if (b == 0)
      return false;
    if (a == INT64_MIN && b == -1) {
      overflow = true;
      return true;
    }
    // Towards minus infinity, so that `%` is never negative for b > 0.
    int64_t quotient = a / b, remainder = a % b;
    if (remainder != 0 && ((remainder < 0) != (b < 0))) {
      --quotient;
      remainder += b;
    }
    result = op == Op::Div ? quotient : remainder;
    return true;
  }
  default:
    return false;
  }
}

static bool sameValue(const Value &a, const Value &b) {
  if (a.isNumber() && b.isNumber())
    return a.is(Value::Kind::Int) && b.is(Value::Kind::Int) ? a.integer() == b.integer() : a.number() == b.number();
  if (a.kind() != b.kind())
    return false;
  switch (a.kind()) {
  case Value::Kind::Bool:
    return a.boolean() == b.boolean();
  case Value::Kind::String:
    return a.text() == b.text();
  case Value::Kind::List:
  case Value::Kind::Tuple:
    return a.elements().size() == b.elements().size() &&
           std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(), sameValue);
  case Value::Kind::Callable:
    return a.decl() == b.decl() && a.builtin() == b.builtin();
  default:
    return a.is(Value::Kind::All);
  }
}

static bool isCompileTime(const Value &value) {
  if (value.is(Value::Kind::List) || value.is(Value::Kind::Tuple))
    return std::all_of(value.elements().begin(), value.elements().end(), isCompileTime);
  return !value.isTensor() && !value.is(Value::Kind::Hyper) && !value.is(Value::Kind::GameName);
}

/// `u * a + (1 - u) * b`: NumPy would broadcast a [1] into a [2] here, but an
/// interpolation between points of two spaces is a mistake.
static const Node *stripped(const Node *node) {
  while (node->op == Op::Broadcast || node->op == Op::Convert)
    node = node->operands[0];
  return node;
}

static bool unlikeInterpolation(const Node *a, const Node *b, const Node *&first, const Node *&second) {
  auto oneMinus = [](const Node *node) -> const Node * {
    const Node *sub = stripped(node);
    if (sub->op != Op::Sub || stripped(sub->operands[0])->op != Op::Constant ||
        stripped(sub->operands[0])->value() != 1)
      return nullptr;
    return stripped(sub->operands[1]);
  };
  const Node *p = stripped(a), *q = stripped(b);
  if (p->op == Op::Mul && q->op == Op::Mul)
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) {
        const Node *u = stripped(p->operands[i]), *v = stripped(q->operands[j]);
        if (oneMinus(v) != u && oneMinus(u) != v)
          continue;
        first = stripped(p->operands[1 - i]);
        second = stripped(q->operands[1 - j]);
        return first->type.shape != second->type.shape && first->op != Op::Constant && second->op != Op::Constant;
      }
  // a + u * (b - a)
  for (int swap = 0; swap < 2; ++swap, std::swap(p, q))
    if (q->op == Op::Mul)
      for (int i = 0; i < 2; ++i) {
        const Node *difference = stripped(q->operands[i]);
        if (difference->op != Op::Sub || stripped(difference->operands[1]) != p)
          continue;
        first = p;
        second = stripped(difference->operands[0]);
        return first->type.shape != second->type.shape && second->op != Op::Constant;
      }
  return false;
}

/// Of numbers known while compiling: computed.
Value Arithmetic::ofNumbers(Op op, const Value &a, const Value &b, SourceRange at, std::string_view verb) {
  bool integers = a.is(Value::Kind::Int) && b.is(Value::Kind::Int);
  if (isComparison(op))
    return Value::ofBool(integers ? compare(op, a.integer(), b.integer()) : fold(op, a.number(), b.number()) != 0);
  if ((op == Op::Div || op == Op::Mod) && b.number() == 0) {
    error(at, "division by zero");
    return {};
  }
  if (integers) {
    int64_t result = 0;
    bool overflow = false;
    foldInt(op, a.integer(), b.integer(), result, overflow);
    if (overflow) {
      error(at, fmt::format("{} and {}: the result does not fit in 64 bits", a.integer(), b.integer()));
      return {};
    }
    if (op == Op::Div && result == 0 && a.integer() > 0 && !(at.file && at.file->isStandardLibrary))
      warning(at, fmt::format("{} / {} is 0: the division of whole numbers is whole", a.integer(), b.integer()))
          .help(fmt::format("write {}.0 / {} for a fraction", a.integer(), b.integer()));
    return Value::ofInt(result);
  }
  double x = a.number(), y = b.number(), result = fold(op, x, y);
  if (std::isfinite(x) && std::isfinite(y) && !std::isfinite(result)) {
    error(at, fmt::format("cannot {} {} and {}: the result is not a number", verb, x, y));
    return {};
  }
  return Value::ofReal(result);
}

static bool isLabel(const Node *node) { return node->type.element == Element::Label; }

/// What the operands become before they meet: x and y are the tensors of a and b. None after an error.
std::optional<Element> Arithmetic::commonElement(Op op, const Value &a, const Value &b, const Node *x, const Node *y,
                                                 SourceRange at, std::string_view verb) {
  if (!isLabel(x) && !isLabel(y)) {
    auto hyperOrNumber = [](const Node *node, const Value &value) {
      return node->type.element == Element::Hyper || value.isNumber();
    };
    bool hyper = x->type.element == Element::Hyper || y->type.element == Element::Hyper;
    return hyper && hyperOrNumber(x, a) && hyperOrNumber(y, b) ? Element::Hyper : Element::Real;
  }
  const Node *label = isLabel(x) ? x : y;
  if (!isComparison(op)) {
    notNumbers(at, label, fmt::format("cannot {} a label, {}", verb, printType(label->type)));
    return std::nullopt;
  }
  if (isLabel(x) && isLabel(y))
    return Element::Label;
  const Value &other = isLabel(x) ? b : a;
  if (!other.is(Value::Kind::Int))
    return Element::Real;
  if (other.integer() < 0 || other.integer() >= label->type.classes) {
    error(at, fmt::format("{} is no label of {}", other.integer(), printType(label->type)))
        .help(fmt::format("the labels are 0 to {}", label->type.classes - 1));
    return std::nullopt;
  }
  return Element::Label;
}

/// The shape to which both broadcast; none after an error.
std::optional<Shape> Arithmetic::commonShape(Op op, const Node *x, const Node *y, SourceRange at,
                                             std::string_view verb) {
  auto shape = broadcastShape(x->type.shape, y->type.shape);
  if (!shape) {
    Diagnostic &diagnostic = error(at, fmt::format("cannot {} values of shapes {} and {}", verb,
                                                   printShape(x->type.shape), printShape(y->type.shape)));
    noteOrigin(diagnostic, x);
    noteOrigin(diagnostic, y);
    if (elementCount(x->type.shape) == elementCount(y->type.shape))
      diagnostic.help(fmt::format("both have {} elements: `reshape(..., {})` makes them alike",
                                  elementCount(x->type.shape), printShape(x->type.shape)));
    return std::nullopt;
  }
  const Node *first = nullptr, *second = nullptr;
  if ((op == Op::Add || op == Op::Sub) && unlikeInterpolation(x, y, first, second)) {
    Diagnostic &diagnostic = error(at, fmt::format("interpolation between unlike shapes {} and {}",
                                                   printShape(first->type.shape), printShape(second->type.shape)));
    noteOrigin(diagnostic, first);
    noteOrigin(diagnostic, second);
    return std::nullopt;
  }
  return shape;
}

Value Arithmetic::elementwise(Op op, Value a, Value b, SourceRange at, std::string_view verb, SourceRange aAt,
                              SourceRange bAt) {
  if (a.isError() || b.isError())
    return {};
  if (a.isNumber() && b.isNumber())
    return ofNumbers(op, a, b, at, verb);
  if ((op == Op::Eq || op == Op::Ne) && isCompileTime(a) && isCompileTime(b))
    return Value::ofBool(sameValue(a, b) == (op == Op::Eq));

  Node *x = toTensor(a, aAt ? aAt : at), *y = toTensor(b, bAt ? bAt : at);
  if (!x || !y)
    return {};
  auto element = commonElement(op, a, b, x, y, at, verb);
  auto shape = element ? commonShape(op, x, y, at, verb) : std::nullopt;
  if (!shape)
    return {};
  Type type{*element, x->type.batched || y->type.batched, *shape, 0};
  auto ready = [&](Node *node) -> Node * {
    if (*element == Element::Label) {
      int64_t classes = std::max(x->type.classes, y->type.classes);
      if (!isLabel(node))
        node = constant(node->value(), {Element::Label, false, {}, classes});
      return broadcast(node, type);
    }
    return broadcast(convert(node, *element), type);
  };
  Node *left = ready(x), *right = ready(y);
  if (!left || !right)
    return {};
  Type result = type;
  if (isComparison(op))
    result.element = Element::Bool;
  return Value::ofTensor(make(op, result, {left, right}));
}

} // namespace agon::sema
