//===- Types.cpp - Types as they are written ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Types.h"
#include "frontend/sema/GivenNames.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

std::optional<Type> typeOf(Evaluator &e, const TypeExpr &type, bool batched) {
  Type result;
  result.batched = batched;
  if (type.kind == TypeKind::Class) {
    auto classes = type.classes ? e.evalInt(*type.classes, "a number of classes") : std::nullopt;
    if (!classes)
      return std::nullopt;
    if (*classes < 1 || *classes > INT32_MAX) {
      e.error(type.range, fmt::format("class(k) needs at least one class, got {}", *classes));
      return std::nullopt;
    }
    result.element = Element::Label;
    result.classes = *classes;
    return result;
  }
  if (type.kind == TypeKind::Real)
    return result;
  if (type.kind != TypeKind::Shape) {
    e.error(type.range, "expected a shape such as [3, 32, 32], or class(k)");
    return std::nullopt;
  }
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    if (!dim) {
      e.error(type.range, "expected a known shape, got `..`");
      return std::nullopt;
    }
    if (i < type.spread.size() && type.spread[i]) {
      auto part = e.graph.shapeOf(e.eval(*dim), dim->range);
      if (!part)
        return std::nullopt;
      result.shape.insert(result.shape.end(), part->begin(), part->end());
      continue;
    }
    auto size = e.evalInt(*dim, "a dimension");
    if (!size)
      return std::nullopt;
    if (*size < 1) {
      e.error(dim->range, fmt::format("a dimension is at least 1, got {}", *size));
      return std::nullopt;
    }
    result.shape.push_back(*size);
  }
  if (!e.graph.checkShape(result.shape, type.range))
    return std::nullopt;
  return result;
}

namespace {

/// What a result's type says of a shape: its dimensions, where they are known, and where any number of others may be.
struct ShapePattern {
  std::vector<std::optional<int64_t>> dims;
  std::optional<size_t> anyAt; ///< `..` of unknown length, before this dimension.

  bool matches(const Shape &shape) const;
  /// The number of elements, if all dimensions are known.
  std::optional<int64_t> count() const;
  std::string text() const; ///< "[3, ?, ..]"
};

/// Checks one value against the result that is written.
class ResultCheck : public Reporting {
public:
  ResultCheck(Evaluator &e, const Decl &decl, const Scope &names, SourceRange at)
      : Reporting(e.reporter), e(e), decl(decl), names(names), at(at) {}

  bool check(const TypeExpr &type, Value &value);

private:
  bool checkTuple(const TypeExpr &type, Value &value);
  bool checkLabel(const TypeExpr &type, Value &value);
  bool checkShape(const TypeExpr &type, Value &value);
  std::optional<ShapePattern> patternOf(const TypeExpr &type);
  bool isKnown(const Expr *dim) const;
  bool unlike(const TypeExpr &type, std::string message);

  Evaluator &e;
  const Decl &decl;
  const Scope &names;
  SourceRange at;
};

} // namespace

bool ShapePattern::matches(const Shape &shape) const {
  if (anyAt ? shape.size() < dims.size() : shape.size() != dims.size())
    return false;
  for (size_t i = 0; i < dims.size(); ++i) {
    size_t j = anyAt && i >= *anyAt ? shape.size() - (dims.size() - i) : i;
    if (dims[i] && *dims[i] != shape[j])
      return false;
  }
  return true;
}

std::optional<int64_t> ShapePattern::count() const {
  int64_t count = 1;
  for (const auto &dim : dims) {
    if (!dim || anyAt)
      return std::nullopt;
    count *= *dim;
  }
  return count;
}

std::string ShapePattern::text() const {
  std::vector<std::string> parts;
  for (size_t i = 0; i <= dims.size(); ++i) {
    if (anyAt == i)
      parts.push_back("..");
    if (i < dims.size())
      parts.push_back(dims[i] ? std::to_string(*dims[i]) : "?");
  }
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

bool ResultCheck::unlike(const TypeExpr &type, std::string message) {
  error(at, std::move(message)).note(type.range, "the result is declared here");
  return false;
}

bool ResultCheck::check(const TypeExpr &type, Value &value) {
  if (value.isError())
    return false;
  if (type.kind == TypeKind::Tuple)
    return checkTuple(type, value);
  if (type.kind == TypeKind::Class && decl.kind != DeclKind::Network)
    return checkLabel(type, value);
  if (type.kind == TypeKind::Shape)
    return checkShape(type, value);
  error(type.range, fmt::format("the result of `{}` is a tensor: expected a shape such as [1]", decl.name.text));
  return false;
}

bool ResultCheck::checkTuple(const TypeExpr &type, Value &value) {
  if (!value.is(Value::Kind::Tuple) || value.elements().size() != type.elements.size())
    return unlike(type, fmt::format("`{}` is declared to return {} values, got {}", decl.name.text,
                                    type.elements.size(), describe(value)));
  for (size_t i = 0; i < type.elements.size(); ++i)
    if (!check(*type.elements[i], value.changeElements()[i]))
      return false;
  return true;
}

bool ResultCheck::checkLabel(const TypeExpr &type, Value &value) {
  Node *node = e.graph.toTensor(value, at);
  auto expected = typeOf(e, type, true);
  if (!node || !expected)
    return false;
  if (node->type.element != Element::Label || node->type.classes != expected->classes)
    return unlike(type, fmt::format("`{}` is declared to return {}, got {}", decl.name.text, printType(*expected),
                                    describe(value)));
  value = Value::ofTensor(node);
  return true;
}

bool ResultCheck::checkShape(const TypeExpr &type, Value &value) {
  if (value.is(Value::Kind::Tuple))
    return unlike(type, fmt::format("`{}` is declared to return one value, got {}", decl.name.text, describe(value)));
  Node *node = e.graph.toReal(value, at);
  auto pattern = node ? patternOf(type) : std::nullopt;
  if (!pattern)
    return false;
  const Shape &shape = node->type.shape;
  if (pattern->matches(shape)) {
    value = Value::ofTensor(node);
    return true;
  }
  Diagnostic &diagnostic = error(at, fmt::format("`{}` is declared to return {}, its body returns {}", decl.name.text,
                                                 pattern->text(), printShape(shape)));
  diagnostic.note(type.range, "the result is declared here");
  if (node->op != Op::Argument)
    e.graph.noteOrigin(diagnostic, node);
  if (pattern->count() == elementCount(shape))
    diagnostic.help(fmt::format("the number of elements agrees: `reshape({})` would do", pattern->text()));
  return false;
}

/// Names that nothing has bound are free: `-> [c, h2, w2]`.
bool ResultCheck::isKnown(const Expr *dim) const {
  return dim && (dim->kind != ExprKind::Name || names.find(dim->text) || e.names.isKnown(dim->text) ||
                 dim->text == given::batch);
}

std::optional<ShapePattern> ResultCheck::patternOf(const TypeExpr &type) {
  ShapePattern pattern;
  for (size_t i = 0; i < type.dims.size(); ++i) {
    const Expr *dim = type.dims[i].get();
    if (!isKnown(dim)) {
      if (type.spread[i])
        pattern.anyAt = pattern.dims.size();
      else
        pattern.dims.push_back(std::nullopt);
      continue;
    }
    if (type.spread[i]) {
      auto part = e.graph.shapeOf(e.eval(*dim), dim->range);
      if (!part)
        return std::nullopt;
      pattern.dims.insert(pattern.dims.end(), part->begin(), part->end());
      continue;
    }
    auto size = e.evalInt(*dim, "a dimension");
    if (!size)
      return std::nullopt;
    if (*size < 1) {
      error(dim->range, fmt::format("a dimension is at least 1, got {}", *size));
      return std::nullopt;
    }
    pattern.dims.push_back(*size);
  }
  return pattern;
}

bool checkResult(Evaluator &e, const Decl &decl, const TypeExpr &type, Value &value, Scope &in, SourceRange at) {
  Saved savedScope(e.scope, &in);
  return ResultCheck(e, decl, in, at).check(type, value);
}

} // namespace agon::sema
