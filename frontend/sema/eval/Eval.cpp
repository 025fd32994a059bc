//===- Eval.cpp - Expressions -----------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Evaluator.h"
#include <fmt/format.h>

namespace agon::sema {

// Each level takes a few hundred bytes of the stack, several times over.
static constexpr int depthLimit = 1200;

/// A stage of a pipeline is its call, without what flows into it.
SourceRange Evaluator::placeOf(const Expr &expr) const {
  if (expr.kind == ExprKind::Call && expr.callee.range && expr.callee.range.file == expr.range.file &&
      expr.callee.range.begin >= expr.range.begin && expr.callee.range.begin < expr.range.end)
    return {expr.range.file, expr.callee.range.begin, expr.range.end};
  return expr.range;
}

Value Evaluator::eval(const Expr &expr) {
  if (!spend(placeOf(expr)))
    return {};
  if (depth >= depthLimit) {
    reporter.exhausted = true;
    error(placeOf(expr), "the program is nested too deeply")
        .help("a function, layer or network that applies itself without end causes this");
    return {};
  }
  bool library = !expr.range || expr.range.file->isStandardLibrary;
  Saved savedDepth(depth, depth + 1);
  Saved savedPlace(reporter.userPlace, library ? reporter.userPlace : placeOf(expr));
  return evalHere(expr);
}

Value Evaluator::evalHere(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Integer:
    return Value::ofInt(expr.integer);
  case ExprKind::Real:
    return Value::ofReal(expr.real);
  case ExprKind::Bool:
    return Value::ofBool(expr.boolean);
  case ExprKind::String:
    return Value::ofString(expr.text);
  case ExprKind::Name:
    return lookup(expr.text, expr.range);
  case ExprKind::Unary: {
    Value value = eval(*expr.children[0]);
    if (expr.unary == syntax::UnaryOp::Neg)
      return graph.unary(Op::Neg, value, expr.range, "-");
    if (value.isError())
      return {};
    if (value.is(Value::Kind::Bool))
      return Value::ofBool(!value.boolean());
    Node *node = graph.toTensor(value, expr.range);
    if (!node)
      return {};
    if (node->type.element != Element::Bool) {
      error(expr.range, fmt::format("`not` needs a truth value, got {}", describe(value)));
      return {};
    }
    return Value::ofTensor(graph.make(Op::Not, node->type, {node}));
  }
  case ExprKind::Binary:
    return evalBinary(expr);
  case ExprKind::Call:
    return evalCall(expr);
  case ExprKind::Index:
    return index(eval(*expr.children[0]), expr);
  case ExprKind::Conditional:
    return evalConditional(expr);
  case ExprKind::List:
    return evalList(expr);
  case ExprKind::Tuple: {
    std::vector<Value> elements;
    for (const auto &child : expr.children) {
      elements.push_back(eval(*child));
      if (elements.back().isError())
        return {};
    }
    return Value::ofTuple(std::move(elements));
  }
  case ExprKind::Expectation: {
    if (expr.children.empty() || !expr.children[0]) {
      error(expr.range, "E[...] of nothing: expected an expression in the brackets");
      return {};
    }
    return graph.expectation(eval(*expr.children[0]), expr.range);
  }
  }
  return {};
}

Value Evaluator::evalBinary(const Expr &expr) {
  const Expr &left = *expr.children[0], &right = *expr.children[1];
  Value a = eval(left);
  // `and`, `or` of compile-time values look no further than they must.
  if (a.is(Value::Kind::Bool) &&
      ((expr.binary == BinaryOp::And && !a.boolean()) || (expr.binary == BinaryOp::Or && a.boolean())))
    return a;
  Value b = eval(right);
  SourceRange at = expr.opRange ? expr.opRange : expr.range;
  return graph.binary(expr.binary, std::move(a), std::move(b), at, left.range, right.range);
}

Value Evaluator::evalConditional(const Expr &expr) {
  Value condition = eval(*expr.children[0]);
  if (condition.isError())
    return {};
  if (condition.is(Value::Kind::Bool))
    return eval(*expr.children[condition.boolean() ? 1 : 2]);
  if (!condition.isTensor()) {
    error(expr.children[0]->range, fmt::format("a condition is a truth value, got {}", describe(condition)));
    return {};
  }
  Value a = eval(*expr.children[1]), b = eval(*expr.children[2]);
  return graph.select(condition, a, b, expr.children[0]->range);
}

Value Evaluator::evalList(const Expr &expr) {
  std::vector<Value> elements;
  for (size_t i = 0; i < expr.children.size(); ++i) {
    if (!expr.children[i]) {
      error(expr.range, "`..` without a name stands for any shape, and only in a parameter's type");
      return {};
    }
    Value value = eval(*expr.children[i]);
    if (value.isError())
      return {};
    if (i < expr.spread.size() && expr.spread[i]) {
      if (!value.is(Value::Kind::List) && !value.is(Value::Kind::Tuple)) {
        error(expr.children[i]->range, fmt::format("`..` spreads a list, got {}", describe(value)));
        return {};
      }
      elements.insert(elements.end(), value.elements().begin(), value.elements().end());
    } else {
      elements.push_back(std::move(value));
    }
    if (elements.size() > (1 << 20)) {
      error(expr.range, "a list has at most 1048576 elements");
      return {};
    }
  }
  return Value::ofList(std::move(elements));
}

Value Evaluator::evalCall(const Expr &expr) {
  if (expr.averaged) {
    auto args = evalArgs(expr.args);
    return args ? applications->applyAverage(*expr.averaged, *args, placeOf(expr)) : Value();
  }
  Value callee = lookupCallee(expr.callee);
  if (callee.isError()) {
    // What flows in may have errors of its own to tell of.
    if (expr.piped && !expr.args.empty())
      eval(*expr.args[0].value);
    return {};
  }
  if (callee.builtin() && !callee.builtin()->run)
    return forms->special(expr, *callee.builtin());
  auto args = evalArgs(expr.args);
  return args ? call(callee, expr.callee.text, std::move(*args), placeOf(expr)) : Value();
}

/// All of them, so that each has its say; nothing if one is in error.
std::optional<std::vector<ArgValue>> Evaluator::evalArgs(const std::vector<syntax::Arg> &args) {
  std::vector<ArgValue> values;
  bool failed = false;
  for (const syntax::Arg &arg : args) {
    ArgValue value;
    value.name = arg.name ? &*arg.name : nullptr;
    value.range = arg.value->range;
    value.value = eval(*arg.value);
    failed |= value.value.isError();
    values.push_back(std::move(value));
  }
  return failed ? std::nullopt : std::optional(std::move(values));
}

std::optional<int64_t> Evaluator::evalInt(const Expr &expr, std::string_view what) {
  Value value = eval(expr);
  if (value.is(Value::Kind::Int))
    return value.integer();
  if (!value.isError()) {
    Diagnostic &diagnostic =
        error(expr.range, fmt::format("{} is a whole number known at compile time, got {}", what, describe(value)));
    if (value.is(Value::Kind::Real))
      diagnostic.help("`floor(...)` makes a whole number");
  }
  return std::nullopt;
}

} // namespace agon::sema
