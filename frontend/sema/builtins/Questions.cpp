//===- Questions.cpp - Built-in functions of compile time ------------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace agon::sema::builtin {

Value shape(GraphBuilder &, const Builtin &, const BuiltinArgs &args) {
  return Value::ofShape(args.node(0)->type.shape);
}

Value rank(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args[0].isNumber())
    return Value::ofInt(0);
  Node *node = e.toTensor(args[0], args.ranges[0]);
  return node ? Value::ofInt(int64_t(node->type.shape.size())) : Value();
}

/// The number of elements: of a sample, or of a tensor of the shape given.
Value size(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args[0].isList()) {
    auto shape = e.shapeOf(args[0], args.ranges[0]);
    return shape ? Value::ofInt(elementCount(*shape)) : Value();
  }
  Node *node = e.toTensor(args[0], args.ranges[0]);
  return node ? Value::ofInt(elementCount(node->type.shape)) : Value();
}

Value len(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args[0].isList())
    return Value::ofInt(int64_t(args[0].elements().size()));
  Node *node = e.toTensor(args[0], args.ranges[0]);
  if (!node)
    return {};
  if (node->type.shape.empty()) {
    e.error(args.place, "`len` of one number");
    return {};
  }
  return Value::ofInt(node->type.shape[0]);
}

Value isLabel(GraphBuilder &, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  return Value::ofBool(value.isTensor() && value.node()->type.element == Element::Label);
}

/// Whether a value is one for each sample.
Value isBatched(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  if (args[0].isNumber())
    return Value::ofBool(false);
  Node *node = e.toTensor(args[0], args.ranges[0]);
  return node ? Value::ofBool(node->type.batched) : Value();
}

/// A number known at compile time or not, but not a list or a tensor with axes.
Value isNumber(GraphBuilder &, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  return Value::ofBool(value.isNumber() || (value.isTensor() && value.node()->type.shape.empty()));
}

/// A list or a tuple, known at compile time.
Value isListOf(GraphBuilder &, const Builtin &, const BuiltinArgs &args) { return Value::ofBool(args[0].isList()); }

/// Of a list of numbers.
Value product(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Value result = Value::ofInt(1);
  for (const Value &element : args[0].elements())
    result = e.elementwise(Op::Mul, result, element, args.place, "multiply");
  return result;
}

/// From 0 to before the one number given, or from the first to before the last.
Value range(GraphBuilder &, const Builtin &, const BuiltinArgs &args) {
  int64_t first = args.has(1) ? args[0].integer() : 0, last = args[args.has(1) ? 1 : 0].integer();
  std::vector<Value> list;
  for (int64_t i = first; i < last; ++i)
    list.push_back(Value::ofInt(i));
  return Value::ofList(std::move(list));
}

Value fill(GraphBuilder &, const Builtin &, const BuiltinArgs &args) {
  return Value::ofList(std::vector<Value>(size_t(std::max<int64_t>(args[0].integer(), 0)), args[1]));
}

/// Of a weight's shape: [n, units] is a matrix that is multiplied from the
/// left, [channels, c, ...] a convolution's filter.
static Value fan(GraphBuilder &e, const BuiltinArgs &args, bool in) {
  auto shape = e.shapeOf(args[0], args.ranges[0]);
  if (!shape)
    return {};
  if (shape->size() < 2)
    return Value::ofInt(shape->empty() ? 1 : (*shape)[0]);
  if (shape->size() == 2)
    return Value::ofInt((*shape)[in ? 0 : 1]);
  int64_t field = 1;
  for (size_t i = 2; i < shape->size(); ++i)
    field *= (*shape)[i];
  return Value::ofInt((*shape)[in ? 1 : 0] * field);
}

Value fanIn(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return fan(e, args, true); }

Value fanOut(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) { return fan(e, args, false); }

/// An error in the program's own words. `help` says what to do, as a text or a list of texts and values.
Value fail(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  std::string message = joined(Value::ofList(args.rest));
  auto &diagnostic = e.refuse(args.place, message.empty() ? "the program failed without a message" : message);
  if (args.has(1))
    diagnostic.help(joined(args[1]));
  return {};
}

static Value distribution(DistributionValue::Kind kind, Value first, Value second) {
  auto made = std::make_shared<DistributionValue>();
  made->kind = kind;
  made->first = std::move(first);
  made->second = std::move(second);
  return Value::ofDistribution(std::move(made));
}

static Value normalOf(GraphBuilder &e, const BuiltinArgs &args, DistributionValue::Kind kind) {
  if (args[1].isNumber() && args[1].number() < 0) {
    e.error(args.ranges[1], fmt::format("a standard deviation is not negative, got {}", args[1].number()));
    return {};
  }
  return distribution(kind, args[0], args[1]);
}

Value normal(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return normalOf(e, args, DistributionValue::Normal);
}

Value truncatedNormal(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return normalOf(e, args, DistributionValue::TruncatedNormal);
}

Value uniform(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &low = args[0], &high = args[1];
  if (low.isNumber() && high.isNumber() && low.number() >= high.number()) {
    e.error(args.place,
            fmt::format("`uniform({}, {})` is empty: the first bound is the lower one", low.number(), high.number()));
    return {};
  }
  return distribution(DistributionValue::Uniform, low, high);
}

static bool isProbability(GraphBuilder &e, const Value &value, SourceRange at) {
  if (!value.isNumber() || (value.number() >= 0 && value.number() <= 1))
    return true;
  e.error(at, fmt::format("a probability lies between 0 and 1, got {}", value.number()));
  return false;
}

Value bernoulli(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  return isProbability(e, args[0], args.ranges[0]) ? distribution(DistributionValue::Bernoulli, args[0], {}) : Value();
}

Value categorical(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  const Value &value = args[0];
  SourceRange at = args.ranges[0];
  if (value.is(Value::Kind::Int) && value.integer() >= 1 && value.integer() <= INT32_MAX)
    return distribution(DistributionValue::Categorical, value, {});
  double total = 0;
  bool numbers = value.isList() && !value.elements().empty() && value.elements().size() <= 4096;
  if (numbers)
    for (const Value &weight : value.elements()) {
      if (!isProbability(e, weight, at))
        return {};
      numbers &= weight.isNumber();
      total += weight.isNumber() ? weight.number() : 0;
    }
  if (!numbers) {
    e.error(at,
            fmt::format("`categorical` takes a number of classes or a list of probabilities, got {}", describe(value)));
    return {};
  }
  if (std::fabs(total - 1) > 1e-3) {
    e.error(at, fmt::format("the probabilities add up to {}, not to 1", total));
    return {};
  }
  return distribution(DistributionValue::Categorical, value, {});
}

} // namespace agon::sema::builtin
