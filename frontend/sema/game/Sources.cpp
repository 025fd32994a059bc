//===- Sources.cpp - Where a game's data comes from -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Sources.h"
#include "frontend/sema/eval/Body.h"
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

void Sources::elaborate(Group &group, const syntax::GameItem &item) {
  const Expr &expr = *item.value;
  Saved savedPlace(reporter.userPlace, e.placeOf(expr));
  Ident callee{expr.text, expr.range};
  if (expr.kind == ExprKind::Call)
    callee = expr.callee;
  const Decl *decl = expr.kind == ExprKind::Call || expr.kind == ExprKind::Name ? e.names.findSource(callee) : nullptr;
  Context own;
  own.kind = Context::Source;
  own.graph = &group.source;
  std::vector<Value> results;
  SourceRange resultRange = expr.range;
  if (decl) {
    auto args = e.evalArgs(expr.args);
    if (!args)
      return;
    SourceBody body(e, *decl, group);
    if (!e.bind(*decl, *args, body.scope(), e.placeOf(expr)))
      return;
    reporter.calls.push_back({decl, e.placeOf(expr), &body.scope()});
    Evaluator::Within within(e, own, body.scope());
    bool ok = body.run();
    Value value = std::move(body.result);
    if (ok && decl->result)
      ok = e.checkResult(*decl, *decl->result, value, body.scope(), body.resultRange, false);
    reporter.calls.pop_back();
    if (!ok)
      return;
    resultRange = e.placeOf(expr);
    results = value.is(Value::Kind::Tuple) ? value.elements() : std::vector<Value>{value};
  } else {
    // A distribution serves as a source too: `data x: [1] ~ normal(4, 0.5)`.
    Saved savedContext(graph.context, &own);
    bool known = expr.kind != ExprKind::Call && expr.kind != ExprKind::Name;
    for (const Scope *s = e.scope; s && !known; s = s->parent)
      known = s->find(callee.text);
    known = known || e.names.isKnown(callee.text);
    if (!known) {
      Diagnostic &diagnostic = error(callee.range, fmt::format("unknown source `{}`", callee.text));
      std::vector<std::string> names{"normal", "uniform"};
      for (const auto *table : {&e.names.userSources, &e.names.librarySources})
        for (const auto &entry : *table)
          names.push_back(entry.first);
      suggest(diagnostic, callee.text, names);
      return;
    }
    Value distribution = e.eval(expr);
    if (distribution.isError())
      return;
    for (const Variable *field : group.fields) {
      Node *node = graph.draw(distribution, field->type, expr.range);
      if (!node)
        return;
      results.push_back(Value::ofTensor(node));
    }
  }
  if (results.size() < group.fields.size()) {
    error(resultRange, fmt::format("`{}` gives {} {}, and the record has {} fields", callee.text, results.size(),
                                   results.size() == 1 ? "value" : "values", group.fields.size()));
    return;
  }
  Saved savedContext(graph.context, &own);
  for (size_t i = 0; i < group.fields.size(); ++i) {
    const Variable *field = group.fields[i];
    Node *node = graph.toTensor(results[i], resultRange);
    if (node && field->type.element == Element::Real && node->type.element != Element::Label)
      node = graph.convert(node, Element::Real);
    if (!node)
      return;
    if (node->type.element != field->type.element || node->type.shape != field->type.shape ||
        node->type.classes != field->type.classes) {
      error(resultRange, fmt::format("`{}` gives {}, and `{}` is {}", callee.text, printType(node->type), field->name,
                                     printType(field->type)))
          .note(field->range, "the data is declared here");
      return;
    }
    if (!(node = graph.broadcast(node, field->type)))
      return;
    group.sourceResults.push_back(node);
  }
  for (const auto &mode : group.modes)
    if (int64_t(mode.size()) != elementCount(group.fields[0]->type.shape)) {
      error(resultRange, fmt::format("a mode has {} coordinates, and `{}` has {}", mode.size(), group.fields[0]->name,
                                     elementCount(group.fields[0]->type.shape)));
      return;
    }
  group.hasSource = true;
  group.sourceText = textOf(expr.range);
}

} // namespace agon::sema
