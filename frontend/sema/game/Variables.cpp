//===- Variables.cpp - Data, noise and lets of a game -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Variables.h"
#include "frontend/sema/eval/Types.h"
#include "frontend/sema/game/Objective.h"
#include "frontend/sema/game/Sources.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace agon::sema {

using syntax::GameItem;
using syntax::GameItemKind;

/// The name as it is declared.
static const Ident &identOf(const GameName &name) {
  return name.item->kind == GameItemKind::Data ? name.item->fields[name.position].name
                                               : name.item->names[name.position];
}

static std::unique_ptr<Variable> newVariable(Variable::Kind kind, const std::string &name, SourceRange range) {
  auto variable = std::make_unique<Variable>();
  variable->kind = kind;
  variable->name = name;
  variable->range = range;
  return variable;
}

void Variables::declare(const Decl &decl) {
  auto declare = [&](const GameItem &item, const Ident &name, size_t position) {
    if (const Value *before = known.find(name.text)) {
      error(name.range, fmt::format("`{}` is declared twice in this game", name.text))
          .note(identOf(names[before->index()]).range, "the first declaration is here");
      return;
    }
    Value value = Value::ofGameName(*this, int64_t(names.size()));
    GameName entry;
    entry.item = &item;
    entry.position = position;
    names.push_back(entry);
    known.set(name.text, value);
  };
  for (const GameItem &item : decl.items) {
    if (item.kind == GameItemKind::Data)
      for (size_t i = 0; i < item.fields.size(); ++i)
        declare(item, item.fields[i].name, i);
    else if (item.kind == GameItemKind::Noise || item.kind == GameItemKind::Let || item.kind == GameItemKind::Value)
      for (size_t i = 0; i < item.names.size(); ++i)
        declare(item, item.names[i], i);
  }
}

Value Variables::read(int64_t index, SourceRange at) {
  names[index].used = true;
  if (names[index].state == GameName::Untouched) {
    if (names[index].item->kind == GameItemKind::Noise)
      noise(names[index]);
    else if (names[index].item->kind == GameItemKind::Data)
      data(*names[index].item);
    else
      let(index);
  }
  GameName &name = names[index];
  if (name.state == GameName::Running) {
    error(at, fmt::format("`{}` depends on itself", identOf(name).text))
        .note(identOf(name).range, "it is declared here");
    return {};
  }
  if (name.state == GameName::Failed)
    return {};
  if (!name.variable)
    return name.constant;
  const Variable *variable = name.variable;
  if (!graph.context || graph.context->kind != Context::Game || !graph.context->graph) {
    Diagnostic &diagnostic = error(at, fmt::format("`{}` has no value here", variable->name));
    diagnostic.note(variable->range, "it is a variable of the game");
    if (graph.context && graph.context->kind == Context::Update)
      diagnostic.help("a hyperparameter is an expression of the player's step `t`");
    if (graph.context && graph.context->kind == Context::Init)
      diagnostic.help("an initial value is computed before the game begins; `data_mean(x)` is the mean "
                      "over the data set");
    return {};
  }
  Node *&use = graph.context->uses[variable];
  if (!use) {
    use = graph.make(Op::Use, variable->type);
    if (use)
      use->details = variable;
  }
  return Value::ofTensor(use);
}

/// What is wrong with a range of data, and what to do about it; null where nothing is.
static std::pair<const char *, const char *> faultOfRange(double low, double high, bool f64) {
  constexpr double most = std::numeric_limits<float>::max();
  if (!std::isfinite(low) || !std::isfinite(high))
    return {"is not finite", "data without `in (...)` is taken as it is"};
  if (f64 && !std::isfinite(high - low))
    return {"is wider than the numbers of f64", "the largest is 1.79769e+308"};
  if (f64)
    return {low >= high ? "is empty" : nullptr, nullptr};
  if (std::max(std::abs(low), std::abs(high)) > most)
    return {"goes beyond the numbers of f32", "the largest is 3.40282e+38"};
  if (float(low) >= float(high))
    return {low < high ? "is empty in f32" : "is empty", nullptr};
  return {nullptr, nullptr};
}

/// `in (low, high)`; false after an error.
bool Variables::range(const syntax::DataField &field, Variable &variable) {
  Value low = e.eval(*field.low), high = e.eval(*field.high);
  SourceRange at = field.low->range.to(field.high->range);
  if (low.isError() || high.isError())
    return false;
  if (!low.isNumber() || !high.isNumber()) {
    error(at, "the range of data is two numbers known at compile time");
    return false;
  }
  if (auto [fault, help] = faultOfRange(low.number(), high.number(), e.names.options.f64); fault) {
    Diagnostic &diagnostic = error(at, fmt::format("the range ({}, {}) {}", low.number(), high.number(), fault));
    if (help)
      diagnostic.help(help);
    return false;
  }
  if (variable.type.element == Element::Label) {
    error(at, "labels have no range");
    return false;
  }
  variable.hasRange = true;
  variable.low = low.number();
  variable.high = high.number();
  return true;
}

void Variables::data(const GameItem &item) {
  Context none;
  Scope inner;
  inner.parent = &known;
  Evaluator::Within within(e, none, inner);
  std::vector<GameName *> fields;
  for (GameName &name : names)
    if (name.item == &item) {
      if (name.state != GameName::Untouched)
        return;
      name.state = GameName::Failed;
      fields.push_back(&name);
    }
  if (fields.size() != item.fields.size())
    return; // A duplicate, diagnosed.
  Group group;
  std::vector<std::string> text;
  int64_t groupIndex = int64_t(game.groups.size());
  bool ok = true;
  for (size_t i = 0; i < item.fields.size(); ++i) {
    const syntax::DataField &field = item.fields[i];
    Variable *variable =
        game.variables.emplace_back(newVariable(Variable::Data, field.name.text, field.name.range)).get();
    variable->group = groupIndex;
    variable->type.batched = true;
    text.push_back(field.name.text);
    group.fields.push_back(variable);
    fields[i]->variable = variable;
    if (!field.type) {
      error(field.name.range, fmt::format("data `{}` needs a shape or class(k)", field.name.text));
      ok = false;
      continue;
    }
    auto type = typeOf(e, *field.type, true);
    if (!type) {
      ok = false;
      continue;
    }
    variable->type = *type;
    ok &= !field.low || !field.high || range(field, *variable);
  }
  group.name = fmt::format("{}", fmt::join(text, ","));
  if (ok && item.value)
    Sources(e).elaborate(group, item);
  game.groups.push_back(std::move(group));
  if (ok)
    for (GameName *name : fields)
      name->state = GameName::Done;
}

void Variables::noise(GameName &name) {
  const GameItem &item = *name.item;
  name.state = GameName::Running;
  auto variable = newVariable(Variable::Noise, item.names[0].text, item.names[0].range);
  Context own;
  own.kind = Context::Game;
  own.graph = &variable->graph;
  Scope inner;
  inner.parent = &known;
  Evaluator::Within within(e, own, inner);
  Saved savedPlace(reporter.userPlace, item.range);
  auto finish = [&](bool ok) { name.state = ok ? GameName::Done : GameName::Failed; };
  variable->type.batched = true;
  if (item.type) {
    auto type = typeOf(e, *item.type, true);
    if (!type)
      return finish(false);
    variable->type = *type;
  }
  Node *node = graph.draw(e.eval(*item.value), variable->type, item.value->range);
  if (!node || !(node = graph.broadcast(node, variable->type)))
    return finish(false);
  variable->result = node;
  variable->text = textOf(item.value->range);
  name.variable = variable.get();
  game.variables.push_back(std::move(variable));
  finish(true);
}

void Variables::let(size_t index) {
  const GameItem &item = *names[index].item;
  // `let (a, b) = (e, f)` are two lets; of a network's results, one is computed.
  bool literal =
      item.names.size() > 1 && item.value->kind == ExprKind::Tuple && item.value->children.size() == item.names.size();
  const Expr &expr = literal ? *item.value->children[names[index].position] : *item.value;
  std::vector<size_t> siblings{index};
  if (!literal)
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i].item == &item && i != index)
        siblings.push_back(i);
  std::sort(siblings.begin(), siblings.end(),
            [&](size_t a, size_t b) { return names[a].position < names[b].position; });
  if (!literal && siblings.size() != item.names.size()) {
    names[index].state = GameName::Failed;
    return; // A duplicate, diagnosed.
  }
  for (size_t sibling : siblings)
    names[sibling].state = GameName::Running;
  const Ident &name = item.names[names[index].position];
  auto variable = newVariable(Variable::Let, name.text, name.range);
  variable->text = textOf(expr.range);
  Scope inner;
  inner.parent = &known;
  Saved savedPlace(reporter.userPlace, item.range);
  Context own;
  own.kind = Context::Game;
  own.graph = &variable->graph;
  Evaluator::Within within(e, own, inner);
  bool ok = item.kind == GameItemKind::Value ? contested(names[index], expr, std::move(variable))
            : siblings.size() == 1           ? one(names[index], expr, std::move(variable))
                                             : several(siblings, expr, std::move(variable));
  for (size_t sibling : siblings)
    names[sibling].state = ok ? GameName::Done : GameName::Failed;
}

bool Variables::define(GameName &name, std::unique_ptr<Variable> variable, Node *result) {
  if (!result)
    return false;
  variable->type = result->type;
  variable->result = result;
  name.variable = variable.get();
  game.variables.push_back(std::move(variable));
  return true;
}

/// `value V = e`
bool Variables::contested(GameName &name, const Expr &expr, std::unique_ptr<Variable> variable) {
  Node *node = scalarObjective(e, expr, fmt::format("the value `{}`", variable->name));
  return define(name, std::move(variable), node);
}

/// `let a = e`
bool Variables::one(GameName &name, const Expr &expr, std::unique_ptr<Variable> variable) {
  Value value = e.eval(expr);
  if (value.isError())
    return false;
  if (value.is(Value::Kind::Tuple)) {
    error(expr.range, fmt::format("`let {}` names {}", variable->name, describe(value)))
        .help("take the tuple apart: `let (a, b) = ...`");
    return false;
  }
  bool runtime = value.isTensor();
  if (value.is(Value::Kind::List))
    for (const Value &element : value.elements())
      runtime |= !element.isNumber();
  if (!runtime) {
    name.constant = value;
    return true;
  }
  return define(name, std::move(variable), graph.toTensor(value, expr.range));
}

/// `let (a, b) = e`. One hidden variable holds them all, so that a network is applied once; each name is a slice of it.
bool Variables::several(const std::vector<size_t> &siblings, const Expr &expr, std::unique_ptr<Variable> whole) {
  Value value = e.eval(expr);
  if (value.isError())
    return false;
  if (!value.isList() || value.elements().size() != siblings.size()) {
    error(expr.range, fmt::format("expected {} values to take apart, got {}", siblings.size(), describe(value)));
    return false;
  }
  std::vector<Node *> parts;
  std::vector<Type> types;
  size_t batched = 0;
  for (const Value &element : value.elements()) {
    Node *node = graph.toReal(element, expr.range);
    if (!node)
      return false;
    types.push_back(node->type);
    batched += node->type.batched;
    parts.push_back(node);
  }
  // Where only some are one for each sample, the whole is one for all: the samples of those lie in a row.
  bool rows = batched > 0 && batched < parts.size();
  for (Node *&part : parts) {
    if (rows && part->type.batched)
      part = graph.make(Op::Samples, graph.samplesType(part->type), {part});
    part = part ? graph.reshape(part, {elementCount(part->type.shape)}) : nullptr;
  }
  std::vector<std::string> text;
  for (size_t sibling : siblings)
    text.push_back(identOf(names[sibling]).text);
  whole->name = fmt::format("({})", fmt::join(text, ", "));
  whole->result = graph.concat(parts, 0);
  if (!whole->result)
    return false;
  whole->type = whole->result->type;
  game.variables.push_back(std::move(whole));
  const Variable &all = *game.variables.back();
  int64_t offset = 0;
  for (size_t i = 0; i < siblings.size(); ++i)
    if (!part(names[siblings[i]], all, types[i], rows && types[i].batched, offset))
      return false;
  return true;
}

/// A name of several: the elements of `whole` from `offset` on, which moves on; `row` if those are all samples'.
bool Variables::part(GameName &name, const Variable &whole, const Type &type, bool row, int64_t &offset) {
  auto part = newVariable(Variable::Let, identOf(name).text, identOf(name).range);
  Context own;
  own.kind = Context::Game;
  own.graph = &part->graph;
  Saved savedContext(graph.context, &own);
  Node *use = graph.make(Op::Use, whole.type);
  if (!use)
    return false;
  use->details = &whole;
  Shape shape = row ? graph.samplesType(type).shape : type.shape;
  int64_t count = elementCount(shape);
  Node *result = graph.reshape(graph.slice(use, 0, offset, count), shape);
  if (row)
    result = graph.make(Op::PerSample, type, {result});
  offset += count;
  return define(name, std::move(part), result);
}

} // namespace agon::sema
