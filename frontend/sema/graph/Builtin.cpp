//===- Builtin.cpp - What a built-in function takes ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/graph/Builtin.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>

namespace agon::sema {

// With dimensions up to 2^40, positions and extents stay within 64 bits.
static constexpr int64_t wholeLimit = int64_t(1) << 20;

/// The word that the language has for the type, where it has one.
static std::string_view typeWord(Takes takes) {
  switch (takes) {
  case Takes::Tensor:
  case Takes::Reals:
    return ": [..]";
  case Takes::Labels:
    return ": class(k)";
  case Takes::Number:
    return ": real";
  case Takes::Whole:
  case Takes::Count:
    return ": int";
  case Takes::Flag:
    return ": bool";
  default:
    return "";
  }
}

std::string signatureOf(const Builtin &builtin) {
  std::vector<std::string> params;
  for (const Param &param : builtin.params) {
    std::string text(param.name);
    if (param.fallback)
      text += " = " + printValue(*param.fallback);
    else if (param.form == Param::Optional)
      text += " = …";
    else if (param.form == Param::Rest)
      text += ", …";
    else
      text += typeWord(param.takes);
    params.push_back(std::move(text));
  }
  return fmt::format("{}({})", builtin.name, fmt::join(params, ", "));
}

/// What a parameter takes, for messages.
static std::string expected(Takes takes) {
  switch (takes) {
  case Takes::Anything:
    return "a value";
  case Takes::Tensor:
    return "a tensor";
  case Takes::Reals:
  case Takes::Numbers:
    return "numbers";
  case Takes::Labels:
    return "labels, class(k),";
  case Takes::Number:
    return "a number known at compile time";
  case Takes::NumberList:
    return "a list of numbers";
  case Takes::Whole:
    return fmt::format("a whole number from -{0} to {0}", wholeLimit);
  case Takes::Count:
    return "a whole number from 1";
  case Takes::Flag:
    return "`true` or `false`";
  case Takes::Axis:
    return "one axis, a whole number,";
  case Takes::Axes:
    return "an axis, a whole number, or a list of axes";
  case Takes::Shape:
    return "a shape, a list of whole numbers,";
  case Takes::Counts:
    return "a whole number from 1, or a list of such,";
  case Takes::Widths:
    return "a whole number from 0, or a list of such,";
  case Takes::Padding:
    return "a whole number from 0, or a list of numbers or (low, high) pairs,";
  case Takes::Distribution:
    return "a distribution";
  case Takes::Moments:
    return "finite numbers";
  }
  return "";
}

static std::string_view helpFor(Takes takes) {
  switch (takes) {
  case Takes::Labels:
    return classHelp;
  case Takes::Distribution:
    return distributionHelp;
  case Takes::Padding:
    return "a slice `x[:, 1:-1]` takes elements away";
  default:
    return "";
  }
}

/// What does not fit of a value whose parts must be whole numbers within bounds; null if all do.
static const Value *notWhole(const Value &value, int64_t least, int64_t most, int depth) {
  if (value.isList() && depth > 0) {
    for (const Value &element : value.elements())
      if (const Value *wrong = notWhole(element, least, most, depth - 1))
        return wrong;
    return nullptr;
  }
  return value.is(Value::Kind::Int) && value.integer() >= least && value.integer() <= most ? nullptr : &value;
}

/// A pad is a number, a list of numbers, or a list of pairs of them.
static const Value *notPadding(const Value &value) {
  for (const Value &element : value.elements())
    if (element.isList() && element.elements().size() != 2)
      return &element;
  return notWhole(value, 0, wholeLimit, 2);
}

static const Value *notFinite(const Value &value) {
  for (const Value &element : value.elements())
    if (const Value *wrong = notFinite(element))
      return wrong;
  bool fits = value.isNumber() ? std::isfinite(value.number()) : value.isTensor() || value.is(Value::Kind::List);
  return fits ? nullptr : &value;
}

/// The value, or the part of it, that is not what a parameter takes; null if all is.
static const Value *misfit(Takes takes, const Value &value) {
  auto unless = [&](bool fits) { return fits ? nullptr : &value; };
  switch (takes) {
  case Takes::Anything:
    return nullptr;
  case Takes::Tensor:
  case Takes::Reals:
  case Takes::Numbers:
    return unless(value.isTensor() || value.isNumber() || value.is(Value::Kind::Bool) || value.is(Value::Kind::List));
  case Takes::Labels:
    return unless(value.isTensor() && value.node()->type.element == Element::Label);
  case Takes::Number:
    return unless(value.isNumber());
  case Takes::NumberList:
    for (const Value &element : value.elements())
      if (!element.isNumber())
        return &element;
    return unless(value.isList());
  case Takes::Whole:
    return notWhole(value, -wholeLimit, wholeLimit, 0);
  case Takes::Count:
    return notWhole(value, 1, INT32_MAX, 0);
  case Takes::Flag:
    return unless(value.is(Value::Kind::Bool));
  case Takes::Axis:
    return notWhole(value, INT64_MIN, INT64_MAX, 0);
  case Takes::Axes:
    return value.is(Value::Kind::All) ? nullptr : notWhole(value, INT64_MIN, INT64_MAX, 1);
  case Takes::Shape:
    return notWhole(value, INT64_MIN, INT64_MAX, 1);
  case Takes::Counts:
    return notWhole(value, 1, wholeLimit, 1);
  case Takes::Widths:
    return notWhole(value, 0, wholeLimit, 1);
  case Takes::Padding:
    return notPadding(value);
  case Takes::Distribution:
    return unless(value.is(Value::Kind::Distribution));
  case Takes::Moments:
    return notFinite(value);
  }
  return nullptr;
}

static bool isKnownNumbers(const Value &value) {
  return value.isNumber() ||
         (value.isList() && !value.elements().empty() &&
          std::all_of(value.elements().begin(), value.elements().end(), std::mem_fn(&Value::isNumber)));
}

/// Whose parameter an argument is, for messages: where the library hands on what the user gave it, the library's.
static std::pair<std::string_view, std::string_view> namesOf(const Reporter &reporter, const Builtin &builtin,
                                                             const Param &param, SourceRange at) {
  const Reporter::Call *call = isLibrary(at) ? reporter.libraryCall() : nullptr;
  if (call && call == &reporter.calls.back())
    for (const syntax::Param &own : call->decl->params)
      if (own.name.text == textOf(at))
        return {call->decl->name.text, own.name.text};
  return {builtin.name, param.name};
}

/// Makes of one argument what its parameter takes; false after an error.
static bool makeWhatItTakes(GraphBuilder &graph, const Builtin &builtin, const Param &param, Value &value,
                            SourceRange at) {
  auto message = [&](std::string_view got) {
    auto [callee, name] = namesOf(graph.reporter, builtin, param, at);
    return fmt::format("`{}` expects {} for `{}`, got {}", callee, expected(param.takes), name, got);
  };
  if (param.takes == Takes::Numbers && isKnownNumbers(value))
    return true;
  if (const Value *wrong = misfit(param.takes, value)) {
    Diagnostic &diagnostic = graph.error(at, message(describe(*wrong)));
    if (value.isTensor())
      graph.noteOrigin(diagnostic, value.node());
    if (std::string_view help = helpFor(param.takes); !help.empty())
      diagnostic.help(std::string(help));
    return false;
  }
  bool numbers = param.takes == Takes::Reals || param.takes == Takes::Numbers;
  if (!numbers && param.takes != Takes::Tensor && param.takes != Takes::Labels)
    return true;
  Node *node = graph.toTensor(value, at);
  if (node && numbers && node->type.element == Element::Label) {
    graph.notNumbers(at, node, message("a label, " + printType(node->type)));
    return false;
  }
  if (node && numbers && (param.takes == Takes::Reals || node->type.element != Element::Hyper))
    node = graph.convert(node, Element::Real);
  value = Value::ofTensor(node);
  return node != nullptr;
}

bool makeWhatParametersTake(GraphBuilder &graph, const Builtin &builtin, BuiltinArgs &args) {
  for (size_t i = 0; i < builtin.params.size(); ++i) {
    const Param &param = builtin.params[i];
    if (param.form == Param::Rest) {
      bool spreads = param.takes != Takes::Anything && param.takes != Takes::Numbers;
      if (spreads && args.rest.size() == 1 && args.rest[0].isList()) {
        args.rest = std::vector<Value>(args.rest[0].elements());
        args.restRanges.assign(args.rest.size(), args.restRanges[0]);
      }
      for (size_t j = 0; j < args.rest.size(); ++j)
        if (!makeWhatItTakes(graph, builtin, param, args.rest[j], args.restRanges[j]))
          return false;
    } else if (args.has(i)) {
      if (!makeWhatItTakes(graph, builtin, param, args.values[i], args.ranges[i]))
        return false;
    } else if (param.fallback) {
      args.values[i] = *param.fallback;
    }
  }
  return true;
}

} // namespace agon::sema
