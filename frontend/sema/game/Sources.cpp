//===- Sources.cpp - Where a game's data comes from -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Sources.h"
#include "frontend/sema/eval/Binding.h"
#include "frontend/sema/eval/Body.h"
#include "frontend/sema/eval/Types.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

namespace {

/// The body of a source: besides its result it gives the modes of a mixture.
class SourceBody : public LayerBody {
public:
  SourceBody(Evaluator &e, const Decl &decl, Group &group) : LayerBody(e, decl), group(group) {}

protected:
  bool mode(const Stmt &stmt) override;

private:
  Group &group;
};

} // namespace

bool SourceBody::mode(const Stmt &stmt) {
  auto first = e.evalInt(*stmt.first, "the start of a range");
  auto last = e.evalInt(*stmt.last, "the end of a range");
  if (!first || !last)
    return false;
  for (int64_t i = *first; i < *last; ++i) {
    if (!spend(stmt.range))
      return false;
    scope().set(stmt.names[0].text, Value::ofInt(i));
    Value point = e.eval(*stmt.value);
    Value radius = stmt.radius ? e.eval(*stmt.radius) : Value::ofReal(0);
    if (point.isError() || radius.isError())
      return false;
    if (point.isNumber())
      point = Value::ofList({point});
    std::vector<double> numbers;
    bool known = point.is(Value::Kind::List) && radius.isNumber();
    for (const Value &element : point.elements())
      if ((known &= element.isNumber()))
        numbers.push_back(element.number());
    if (!known) {
      error(stmt.value->range, "a mode is a list of numbers known at compile time, with a radius");
      return false;
    }
    group.modes.push_back(std::move(numbers));
    group.modeRadius = std::max(group.modeRadius, radius.number());
  }
  return true;
}

/// The values that a declared source gives; none after an error.
std::optional<std::vector<Value>> Sources::valuesOf(const Decl &decl, Group &group, const Expr &expr, Context &own) {
  auto args = e.evalArgs(expr.args);
  SourceBody body(e, decl, group);
  if (!args || !Binding(e, decl, body.scope(), e.placeOf(expr)).bind(*args))
    return std::nullopt;
  reporter.calls.push_back({&decl, e.placeOf(expr), &body.scope()});
  Evaluator::Within within(e, own, body.scope());
  bool ok = body.run();
  Value value = std::move(body.result);
  ok = ok && (!decl.result || checkResult(e, decl, *decl.result, value, body.scope(), body.resultRange));
  reporter.calls.pop_back();
  if (!ok)
    return std::nullopt;
  return value.is(Value::Kind::Tuple) ? value.elements() : std::vector<Value>{value};
}

/// A distribution serves as a source too: `data x: [1] ~ normal(4, 0.5)`.
std::optional<std::vector<Value>> Sources::drawsOf(const Expr &expr, const Ident &callee, const Group &group,
                                                   Context &own) {
  Saved savedContext(graph.context, &own);
  bool known = expr.kind != ExprKind::Call && expr.kind != ExprKind::Name;
  for (const Scope *s = e.scope; s && !known; s = s->parent)
    known = s->find(callee.text);
  if (!known && !e.names.isKnown(callee.text)) {
    Diagnostic &diagnostic = error(callee.range, fmt::format("unknown source `{}`", callee.text));
    std::vector<std::string> names{"normal", "uniform"};
    for (const auto *table : {&e.names.userSources, &e.names.librarySources})
      for (const auto &entry : *table)
        names.push_back(entry.first);
    suggest(diagnostic, callee.text, names);
    return std::nullopt;
  }
  Value distribution = e.eval(expr);
  if (distribution.isError())
    return std::nullopt;
  std::vector<Value> draws;
  for (const Variable *field : group.fields) {
    Node *node = graph.draw(distribution, field->type, expr.range);
    if (!node)
      return std::nullopt;
    draws.push_back(Value::ofTensor(node));
  }
  return draws;
}

/// A value of the source as the field takes it; null after an error.
Node *Sources::fieldOf(const Variable &field, const Value &value, std::string_view source, SourceRange at) {
  Node *node = graph.toTensor(value, at);
  if (node && field.type.element == Element::Real && node->type.element != Element::Label)
    node = graph.convert(node, Element::Real);
  if (!node)
    return nullptr;
  if (node->type.element != field.type.element || node->type.shape != field.type.shape ||
      node->type.classes != field.type.classes) {
    error(at, fmt::format("`{}` gives {}, and `{}` is {}", source, printType(node->type), field.name,
                          printType(field.type)))
        .note(field.range, "the data is declared here");
    return nullptr;
  }
  return graph.broadcast(node, field.type);
}

void Sources::elaborate(Group &group, const syntax::GameItem &item) {
  const Expr &expr = *item.value;
  Saved savedPlace(reporter.userPlace, e.placeOf(expr));
  Ident callee{expr.text, expr.range};
  if (expr.kind == ExprKind::Call)
    callee = expr.callee;
  const Decl *decl = expr.kind == ExprKind::Call || expr.kind == ExprKind::Name ? e.names.findSource(callee) : nullptr;
  SourceRange at = decl ? e.placeOf(expr) : expr.range;
  Context own;
  own.kind = Context::Source;
  own.graph = &group.source;
  auto values = decl ? valuesOf(*decl, group, expr, own) : drawsOf(expr, callee, group, own);
  if (!values)
    return;
  if (values->size() < group.fields.size()) {
    error(at, fmt::format("`{}` gives {} {}, and the record has {} fields", callee.text, values->size(),
                          values->size() == 1 ? "value" : "values", group.fields.size()));
    return;
  }
  Saved savedContext(graph.context, &own);
  for (size_t i = 0; i < group.fields.size(); ++i) {
    Node *node = fieldOf(*group.fields[i], (*values)[i], callee.text, at);
    if (!node)
      return;
    group.sourceResults.push_back(node);
  }
  for (const auto &mode : group.modes)
    if (int64_t(mode.size()) != elementCount(group.fields[0]->type.shape)) {
      error(at, fmt::format("a mode has {} coordinates, and `{}` has {}", mode.size(), group.fields[0]->name,
                            elementCount(group.fields[0]->type.shape)));
      return;
    }
  group.hasSource = true;
  group.sourceText = textOf(expr.range);
}

} // namespace agon::sema
