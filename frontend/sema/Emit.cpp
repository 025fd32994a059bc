//===- Emit.cpp - Elementwise operations on values and nodes ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace agon::sema {

// A node is about half a kilobyte; this bounds a compilation to some hundred MB.
static constexpr int64_t nodeLimit = 400'000;

Node *Elaborator::make(Op op, Type type, std::vector<Node *> operands) {
  SourceRange at = userPlace;
  if (!context || !context->graph) {
    if (!exhausted)
      error(at, "this is not known at compile time")
          .withLabel("a constant is made of numbers, not of tensors");
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
  auto node = std::make_unique<Node>();
  node->op = op;
  node->type = std::move(type);
  node->range = at;
  node->operands = std::move(operands);
  node->graph = context->graph;
  context->graph->nodes.push_back(std::move(node));
  return context->graph->nodes.back().get();
}

/// A node of another graph, in this one. Only a parameter may be named across
/// graphs: in the initial value of a later one.
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
  if (!exhausted)
    noteOrigin(error(userPlace, context->kind == Context::Init
                                    ? "this is not known when parameters are initialised"
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
    for (const Value &element : value.elements) {
      Node *node = toReal(element, at);
      if (!node)
        return nullptr;
      auto joined = broadcastShape(common, node->type.shape);
      if (!joined) {
        error(at, fmt::format("the elements of a list have unlike shapes {} and {}",
                              printShape(common), printShape(node->type.shape)));
        return nullptr;
      }
      common = *joined;
      batched |= node->type.batched;
      nodes.push_back(node);
    }
    for (Node *&node : nodes) {
      node = broadcast(node, {Element::Real, batched, common, 0});
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
    error(at, fmt::format("expected numbers, got a label, {}", printType(node->type)))
        .help("`one_hot(y)` makes a vector of a label, `embed(y, dim)` a learned one");
    return nullptr;
  }
  return convert(node, Element::Real);
}

static double foldUnary(Op op, double x) {
  switch (op) {
  case Op::Neg: return -x;
  case Op::Exp: return std::exp(x);
  case Op::Log: return std::log(x);
  case Op::Sqrt: return std::sqrt(x);
  case Op::Tanh: return std::tanh(x);
  case Op::Sigmoid: return 1 / (1 + std::exp(-x));
  case Op::Softplus: return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
  case Op::Abs: return std::fabs(x);
  case Op::Sin: return std::sin(x);
  case Op::Cos: return std::cos(x);
  case Op::Erf: return std::erf(x);
  case Op::Floor: return std::floor(x);
  case Op::Ceil: return std::ceil(x);
  case Op::Sign: return x > 0 ? 1 : x < 0 ? -1 : 0;
  default: return x;
  }
}

Value Elaborator::unary(Op op, const Value &value, SourceRange at, std::string_view name) {
  if (value.isError())
    return {};
  if (value.isNumber()) {
    if (value.is(Value::Kind::Int)) {
      int64_t n = value.integer;
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
    double x = value.number(), y = foldUnary(op, x);
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
    error(at, fmt::format("`{}` needs numbers, got a label, {}", name, printType(node->type)))
        .help("`one_hot(y)` makes a vector of a label");
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
  case Op::Add: overflow = __builtin_add_overflow(a, b, &result); return true;
  case Op::Sub: overflow = __builtin_sub_overflow(a, b, &result); return true;
  case Op::Mul: overflow = __builtin_mul_overflow(a, b, &result); return true;
  case Op::Max: result = std::max(a, b); return true;
  case Op::Min: result = std::min(a, b); return true;
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
  default: return false;
  }
}

static bool isComparison(Op op) {
  return op == Op::Lt || op == Op::Le || op == Op::Gt || op == Op::Ge || op == Op::Eq ||
         op == Op::Ne;
}

template <typename T> static bool compare(Op op, T a, T b) {
  switch (op) {
  case Op::Lt: return a < b;
  case Op::Le: return a <= b;
  case Op::Gt: return a > b;
  case Op::Ge: return a >= b;
  case Op::Eq: return a == b;
  default: return a != b;
  }
}

static bool sameValue(const Value &a, const Value &b) {
  if (a.isNumber() && b.isNumber())
    return a.is(Value::Kind::Int) && b.is(Value::Kind::Int) ? a.integer == b.integer
                                                            : a.number() == b.number();
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case Value::Kind::Bool:
    return a.boolean == b.boolean;
  case Value::Kind::String:
    return a.text == b.text;
  case Value::Kind::List:
  case Value::Kind::Tuple:
    return a.elements.size() == b.elements.size() &&
           std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), sameValue);
  case Value::Kind::Callable:
    return a.decl == b.decl && a.builtin == b.builtin;
  default:
    return a.is(Value::Kind::All);
  }
}

static bool isCompileTime(const Value &value) {
  if (value.is(Value::Kind::List) || value.is(Value::Kind::Tuple))
    return std::all_of(value.elements.begin(), value.elements.end(), isCompileTime);
  return !value.isTensor() && !value.is(Value::Kind::Hyper) && !value.is(Value::Kind::GameName);
}

/// `u * a + (1 - u) * b`: NumPy would broadcast a [1] into a [2] here, but an
/// interpolation between points of two spaces is a mistake.
static const Node *stripped(const Node *node) {
  while (node->op == Op::Broadcast || node->op == Op::Convert)
    node = node->operands[0];
  return node;
}

static bool unlikeInterpolation(const Node *a, const Node *b, const Node *&first,
                                const Node *&second) {
  auto oneMinus = [](const Node *node) -> const Node * {
    const Node *sub = stripped(node);
    if (sub->op != Op::Sub || stripped(sub->operands[0])->op != Op::Constant ||
        stripped(sub->operands[0])->value != 1)
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
        return first->type.shape != second->type.shape && first->op != Op::Constant &&
               second->op != Op::Constant;
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

Value Elaborator::elementwise(Op op, Value a, Value b, SourceRange at, std::string_view verb,
                              SourceRange aAt, SourceRange bAt) {
  if (a.isError() || b.isError())
    return {};
  bool comparison = isComparison(op);
  if (a.isNumber() && b.isNumber()) {
    bool integers = a.is(Value::Kind::Int) && b.is(Value::Kind::Int);
    if (comparison)
      return Value::ofBool(integers ? compare(op, a.integer, b.integer)
                                    : compare(op, a.number(), b.number()));
    if ((op == Op::Div || op == Op::Mod) && b.number() == 0) {
      error(at, "division by zero");
      return {};
    }
    if (integers) {
      int64_t result = 0;
      bool overflow = false;
      foldInt(op, a.integer, b.integer, result, overflow);
      if (overflow) {
        error(at, fmt::format("{} and {}: the result does not fit in 64 bits", a.integer,
                              b.integer));
        return {};
      }
      if (op == Op::Div && result == 0 && a.integer > 0 &&
          !(at.file && at.file->isStandardLibrary))
        warning(at, fmt::format("{} / {} is 0: the division of whole numbers is whole", a.integer,
                                b.integer))
            .help(fmt::format("write {}.0 / {} for a fraction", a.integer, b.integer));
      return Value::ofInt(result);
    }
    double x = a.number(), y = b.number(), result = 0;
    switch (op) {
    case Op::Add: result = x + y; break;
    case Op::Sub: result = x - y; break;
    case Op::Mul: result = x * y; break;
    case Op::Div: result = x / y; break;
    case Op::Mod: result = x - y * std::floor(x / y); break;
    case Op::Max: result = std::max(x, y); break;
    case Op::Min: result = std::min(x, y); break;
    default: break;
    }
    if (std::isfinite(x) && std::isfinite(y) && !std::isfinite(result)) {
      error(at, fmt::format("cannot {} {} and {}: the result is not a number", verb, x, y));
      return {};
    }
    return Value::ofReal(result);
  }
  if ((op == Op::Eq || op == Op::Ne) && isCompileTime(a) && isCompileTime(b))
    return Value::ofBool(sameValue(a, b) == (op == Op::Eq));

  Node *x = toTensor(a, aAt ? aAt : at), *y = toTensor(b, bAt ? bAt : at);
  if (!x || !y)
    return {};
  auto isLabel = [](Node *node) { return node->type.element == Element::Label; };
  Element element = Element::Real;
  if (isLabel(x) || isLabel(y)) {
    Node *label = isLabel(x) ? x : y;
    if (!comparison) {
      error(at, fmt::format("cannot {} a label, {}", verb, printType(label->type)))
          .help("`one_hot(y)` makes a vector of a label, `float(y)` a number");
      return {};
    }
    if (isLabel(x) && isLabel(y))
      element = Element::Label;
    else if ((a.is(Value::Kind::Int) || b.is(Value::Kind::Int))) {
      int64_t other = a.is(Value::Kind::Int) ? a.integer : b.integer;
      if (other < 0 || other >= label->type.classes) {
        error(at, fmt::format("{} is no label of {}", other, printType(label->type)))
            .help(fmt::format("the labels are 0 to {}", label->type.classes - 1));
        return {};
      }
      element = Element::Label;
    }
  } else {
    auto hyperOrNumber = [](Node *node, const Value &value) {
      return node->type.element == Element::Hyper || value.isNumber();
    };
    if ((x->type.element == Element::Hyper || y->type.element == Element::Hyper) &&
        hyperOrNumber(x, a) && hyperOrNumber(y, b))
      element = Element::Hyper;
  }
  auto shape = broadcastShape(x->type.shape, y->type.shape);
  if (!shape) {
    Diagnostic &diagnostic =
        error(at, fmt::format("cannot {} values of shapes {} and {}", verb,
                              printShape(x->type.shape), printShape(y->type.shape)));
    noteOrigin(diagnostic, x);
    noteOrigin(diagnostic, y);
    if (elementCount(x->type.shape) == elementCount(y->type.shape))
      diagnostic.help(fmt::format("both have {} elements: `reshape(..., {})` makes them alike",
                                  elementCount(x->type.shape), printShape(x->type.shape)));
    return {};
  }
  const Node *first = nullptr, *second = nullptr;
  if ((op == Op::Add || op == Op::Sub) && unlikeInterpolation(x, y, first, second)) {
    Diagnostic &diagnostic =
        error(at, fmt::format("interpolation between unlike shapes {} and {}",
                              printShape(first->type.shape), printShape(second->type.shape)));
    noteOrigin(diagnostic, first);
    noteOrigin(diagnostic, second);
    return {};
  }
  Type type{element, x->type.batched || y->type.batched, *shape, 0};
  auto ready = [&](Node *node) -> Node * {
    if (element == Element::Label) {
      int64_t classes = std::max(x->type.classes, y->type.classes);
      if (!isLabel(node))
        node = constant(node->value, {Element::Label, false, {}, classes});
      return broadcast(node, type);
    }
    return broadcast(convert(node, element), type);
  };
  Node *left = ready(x), *right = ready(y);
  if (!left || !right)
    return {};
  Type result = type;
  if (comparison)
    result.element = Element::Bool;
  return Value::ofTensor(make(op, result, {left, right}));
}

Value Elaborator::power(const Value &a, const Value &b, SourceRange at) {
  if (a.isError() || b.isError())
    return {};
  if (a.isNumber() && b.isNumber()) {
    if (a.is(Value::Kind::Int) && b.is(Value::Kind::Int) && b.integer >= 0) {
      int64_t result = 1, base = a.integer;
      if (base == 0 || base == 1)
        return Value::ofInt(b.integer == 0 ? 1 : base);
      if (base == -1)
        return Value::ofInt(b.integer % 2 ? -1 : 1);
      for (int64_t i = 0; i < b.integer; ++i)
        if (__builtin_mul_overflow(result, base, &result)) {
          error(at, fmt::format("{}^{} does not fit in 64 bits", a.integer, b.integer));
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

Value Elaborator::select(const Value &condition, const Value &a, const Value &b, SourceRange at) {
  if (condition.isError() || a.isError() || b.isError())
    return {};
  if (condition.is(Value::Kind::Bool))
    return condition.boolean ? a : b;
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
  if ((x->type.element == Element::Hyper && b.isNumber()) ||
      (y->type.element == Element::Hyper && a.isNumber()))
    element = Element::Hyper;
  if (element == Element::Real &&
      (x->type.element == Element::Label || y->type.element == Element::Label)) {
    error(at, "cannot choose between a label and a number");
    return {};
  }
  auto shape = broadcastShape(x->type.shape, y->type.shape);
  if (shape)
    shape = broadcastShape(*shape, c->type.shape);
  if (!shape) {
    Diagnostic &diagnostic = error(
        at, fmt::format("cannot choose between shapes {} and {} by a condition of shape {}",
                        printShape(x->type.shape), printShape(y->type.shape),
                        printShape(c->type.shape)));
    for (Node *node : {c, x, y})
      noteOrigin(diagnostic, node);
    return {};
  }
  bool batched = c->type.batched || x->type.batched || y->type.batched;
  Type type{element, batched, *shape, std::max(x->type.classes, y->type.classes)};
  Node *operands[3] = {broadcast(c, type), broadcast(convert(x, element), type),
                       broadcast(convert(y, element), type)};
  return Value::ofTensor(make(Op::Select, type, {operands[0], operands[1], operands[2]}));
}

Value Elaborator::binary(BinaryOp op, Value a, Value b, SourceRange at, SourceRange aAt,
                         SourceRange bAt) {
  auto run = [&](Op code, std::string_view verb) {
    return elementwise(code, std::move(a), std::move(b), at, verb, aAt, bAt);
  };
  switch (op) {
  case BinaryOp::Add: return run(Op::Add, "add");
  case BinaryOp::Sub: return run(Op::Sub, "subtract");
  case BinaryOp::Mul: return run(Op::Mul, "multiply");
  case BinaryOp::Div: return run(Op::Div, "divide");
  case BinaryOp::Mod: return run(Op::Mod, "take the remainder of");
  case BinaryOp::Lt: return run(Op::Lt, "compare");
  case BinaryOp::Le: return run(Op::Le, "compare");
  case BinaryOp::Gt: return run(Op::Gt, "compare");
  case BinaryOp::Ge: return run(Op::Ge, "compare");
  case BinaryOp::Eq: return run(Op::Eq, "compare");
  case BinaryOp::Ne: return run(Op::Ne, "compare");
  case BinaryOp::Pow: return power(a, b, at);
  case BinaryOp::MatMul: {
    Node *x = toReal(a, aAt ? aAt : at), *y = toReal(b, bAt ? bAt : at);
    return x && y ? matmul(x, y, at) : Value();
  }
  case BinaryOp::And:
  case BinaryOp::Or: {
    if (a.isError() || b.isError())
      return {};
    if (a.is(Value::Kind::Bool) && b.is(Value::Kind::Bool))
      return Value::ofBool(op == BinaryOp::And ? a.boolean && b.boolean : a.boolean || b.boolean);
    Node *x = toTensor(a, at), *y = toTensor(b, at);
    if (!x || !y)
      return {};
    if (x->type.element != Element::Bool || y->type.element != Element::Bool) {
      error(at, fmt::format("`{}` joins truth values, got {} and {}",
                            op == BinaryOp::And ? "and" : "or", describe(a), describe(b)));
      return {};
    }
    auto shape = broadcastShape(x->type.shape, y->type.shape);
    if (!shape) {
      error(at, fmt::format("cannot join truth values of shapes {} and {}",
                            printShape(x->type.shape), printShape(y->type.shape)));
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
