//===- Variables.cpp - Data, noise and lets of a game -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace agon::sema {

using syntax::GameItem;
using syntax::GameItemKind;

static std::unique_ptr<Variable> newVariable(Variable::Kind kind, const std::string &name, SourceRange range) {
  auto variable = std::make_unique<Variable>();
  variable->kind = kind;
  variable->name = name;
  variable->range = range;
  return variable;
}

Variable *Elaborator::addVariable(Variable::Kind kind, const std::string &name, SourceRange range) {
  model->game->variables.push_back(newVariable(kind, name, range));
  return model->game->variables.back().get();
}

Value Elaborator::readGameName(size_t index, SourceRange at) {
  gameNames[index].used = true;
  if (gameNames[index].state == GameName::Untouched) {
    if (gameNames[index].item->kind == GameItemKind::Noise)
      elaborateNoise(gameNames[index]);
    else if (gameNames[index].item->kind == GameItemKind::Data)
      elaborateData(*gameNames[index].item);
    else
      elaborateLet(index);
  }
  GameName &name = gameNames[index];
  if (name.state == GameName::Running) {
    const auto &item = *name.item;
    error(at, fmt::format("`{}` depends on itself", item.names[name.position].text))
        .note(item.names[name.position].range, "it is declared here");
    return {};
  }
  if (name.state == GameName::Failed)
    return {};
  if (!name.variable)
    return name.constant;
  const Variable *variable = name.variable;
  if (!context || context->kind != Context::Game || !context->graph) {
    Diagnostic &diagnostic = error(at, fmt::format("`{}` has no value here", variable->name));
    diagnostic.note(variable->range, "it is a variable of the game");
    if (context && context->kind == Context::Update)
      diagnostic.help("a hyperparameter is an expression of the player's step `t`");
    if (context && context->kind == Context::Init)
      diagnostic.help("an initial value is computed before the game begins; `data_mean(x)` is the mean "
                      "over the data set");
    return {};
  }
  Node *&use = context->uses[variable];
  if (!use) {
    use = make(Op::Use, variable->type);
    if (use)
      use->variable = variable;
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

void Elaborator::elaborateData(const GameItem &item) {
  Game &game = *model->game;
  Context none;
  Scope inner;
  inner.parent = &gameScope;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &inner);
  std::vector<GameName *> names;
  for (GameName &name : gameNames)
    if (name.item == &item) {
      if (name.state != GameName::Untouched)
        return;
      name.state = GameName::Failed;
      names.push_back(&name);
    }
  if (names.size() != item.fields.size())
    return; // A duplicate, diagnosed.
  Group group;
  std::vector<std::string> text;
  int64_t groupIndex = int64_t(game.groups.size());
  bool ok = true;
  for (size_t i = 0; i < item.fields.size(); ++i) {
    const syntax::DataField &field = item.fields[i];
    Variable *variable = addVariable(Variable::Data, field.name.text, field.name.range);
    variable->group = groupIndex;
    variable->type.batched = true;
    text.push_back(field.name.text);
    group.fields.push_back(variable);
    names[i]->variable = variable;
    if (!field.type) {
      error(field.name.range, fmt::format("data `{}` needs a shape or class(k)", field.name.text));
      ok = false;
      continue;
    }
    auto type = typeOf(*field.type, true);
    if (!type) {
      ok = false;
      continue;
    }
    variable->type = *type;
    if (field.low && field.high) {
      Value low = eval(*field.low), high = eval(*field.high);
      SourceRange at = field.low->range.to(field.high->range);
      if (low.isError() || high.isError()) {
        ok = false;
      } else if (!low.isNumber() || !high.isNumber()) {
        error(at, "the range of data is two numbers known at compile time");
        ok = false;
      } else if (auto [fault, help] = faultOfRange(low.number(), high.number(), options.f64); fault) {
        Diagnostic &diagnostic =
            error(at, fmt::format("the range ({}, {}) {}", low.number(), high.number(), fault));
        if (help)
          diagnostic.help(help);
        ok = false;
      } else if (type->element == Element::Label) {
        error(at, "labels have no range");
        ok = false;
      } else {
        variable->hasRange = true;
        variable->low = low.number();
        variable->high = high.number();
      }
    }
  }
  group.name = fmt::format("{}", fmt::join(text, ","));
  if (ok && item.value)
    elaborateSource(group, item);
  game.groups.push_back(std::move(group));
  if (ok)
    for (GameName *name : names)
      name->state = GameName::Done;
}

void Elaborator::elaborateSource(Group &group, const GameItem &item) {
  const Expr &expr = *item.value;
  Saved savedPlace(userPlace, placeOf(expr));
  Ident callee{expr.text, expr.range};
  if (expr.kind == ExprKind::Call)
    callee = expr.callee;
  const Decl *decl = expr.kind == ExprKind::Call || expr.kind == ExprKind::Name ? findSource(callee) : nullptr;
  Context own;
  own.kind = Context::Source;
  own.graph = &group.source;
  std::vector<Value> results;
  SourceRange resultRange = expr.range;
  if (decl) {
    auto args = evalArgs(expr.args);
    if (!args)
      return;
    Frame frame;
    frame.decl = decl;
    frame.scope.library = decl->range.file && decl->range.file->isStandardLibrary;
    if (!bind(*decl, *args, frame.scope, placeOf(expr)))
      return;
    calls.push_back({decl, placeOf(expr), &frame.scope});
    Saved savedContext(context, &own);
    Saved savedScope(scope, &frame.scope);
    modes = &group.modes;
    modeRadius = &group.modeRadius;
    bool ok = runBody(*decl, frame);
    modes = nullptr;
    Value value = std::move(frame.result);
    if (ok && decl->result)
      ok = checkResult(*decl, *decl->result, value, frame.scope, frame.resultRange, false);
    calls.pop_back();
    if (!ok)
      return;
    resultRange = placeOf(expr);
    results = value.is(Value::Kind::Tuple) ? value.elements : std::vector<Value>{value};
  } else {
    // A distribution serves as a source too: `data x: [1] ~ normal(4, 0.5)`.
    Saved savedContext(context, &own);
    bool known = expr.kind != ExprKind::Call && expr.kind != ExprKind::Name;
    for (const Scope *s = scope; s && !known; s = s->parent)
      known = s->find(callee.text);
    known = known || userNames.count(callee.text) || libraryNames.count(callee.text) || findBuiltin(callee.text);
    if (!known) {
      Diagnostic &diagnostic = error(callee.range, fmt::format("unknown source `{}`", callee.text));
      std::vector<std::string> names{"normal", "uniform"};
      for (const auto *table : {&userSources, &librarySources})
        for (const auto &entry : *table)
          names.push_back(entry.first);
      suggest(diagnostic, callee.text, names);
      return;
    }
    Value distribution = eval(expr);
    if (distribution.isError())
      return;
    for (const Variable *field : group.fields) {
      Node *node = draw(distribution, field->type, expr.range);
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
  Saved savedContext(context, &own);
  for (size_t i = 0; i < group.fields.size(); ++i) {
    const Variable *field = group.fields[i];
    Node *node = toTensor(results[i], resultRange);
    if (node && field->type.element == Element::Real && node->type.element != Element::Label)
      node = convert(node, Element::Real);
    if (!node)
      return;
    if (node->type.element != field->type.element || node->type.shape != field->type.shape ||
        node->type.classes != field->type.classes) {
      error(resultRange, fmt::format("`{}` gives {}, and `{}` is {}", callee.text, printType(node->type), field->name,
                                     printType(field->type)))
          .note(field->range, "the data is declared here");
      return;
    }
    if (!(node = broadcast(node, field->type)))
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

void Elaborator::elaborateNoise(GameName &name) {
  const GameItem &item = *name.item;
  name.state = GameName::Running;
  auto variable = newVariable(Variable::Noise, item.names[0].text, item.names[0].range);
  Context own;
  own.kind = Context::Game;
  own.graph = &variable->graph;
  Scope inner;
  inner.parent = &gameScope;
  Saved savedContext(context, &own);
  Saved savedScope(scope, &inner);
  Saved savedPlace(userPlace, item.range);
  auto finish = [&](bool ok) { name.state = ok ? GameName::Done : GameName::Failed; };
  variable->type.batched = true;
  if (item.type) {
    auto type = typeOf(*item.type, true);
    if (!type)
      return finish(false);
    variable->type = *type;
  }
  Node *node = draw(eval(*item.value), variable->type, item.value->range);
  if (!node || !(node = broadcast(node, variable->type)))
    return finish(false);
  variable->result = node;
  variable->text = textOf(item.value->range);
  name.variable = variable.get();
  model->game->variables.push_back(std::move(variable));
  finish(true);
}

void Elaborator::elaborateLet(size_t index) {
  const GameItem &item = *gameNames[index].item;
  std::vector<size_t> siblings(item.names.size(), index);
  for (size_t i = 0; i < gameNames.size(); ++i)
    if (gameNames[i].item == &item)
      siblings[gameNames[i].position] = i;
  // `let (a, b) = (e, f)` are two lets; of a network's results, one is computed.
  bool literal =
      item.names.size() > 1 && item.value->kind == ExprKind::Tuple && item.value->children.size() == item.names.size();
  const Expr &expr = literal ? *item.value->children[gameNames[index].position] : *item.value;
  if (literal)
    siblings = {index};
  for (size_t sibling : siblings)
    gameNames[sibling].state = GameName::Running;
  auto finish = [&](bool ok) {
    for (size_t sibling : siblings)
      gameNames[sibling].state = ok ? GameName::Done : GameName::Failed;
  };
  const Ident &name = item.names[gameNames[index].position];
  auto variable = newVariable(Variable::Let, name.text, name.range);
  variable->text = textOf(expr.range);
  Scope inner;
  inner.parent = &gameScope;
  Saved savedScope(scope, &inner);
  Saved savedPlace(userPlace, item.range);
  Context own;
  own.kind = Context::Game;
  own.graph = &variable->graph;
  Saved savedContext(context, &own);

  if (item.kind == GameItemKind::Value) {
    Node *node = scalarObjective(expr, fmt::format("the value `{}`", name.text));
    if (!node)
      return finish(false);
    variable->type = node->type;
    variable->result = node;
  } else {
    Value value = eval(expr);
    if (value.isError())
      return finish(false);
    if (siblings.size() == 1) {
      if (value.is(Value::Kind::Tuple)) {
        Diagnostic &diagnostic = error(expr.range, fmt::format("`let {}` names {}", name.text, describe(value)));
        diagnostic.help("take the tuple apart: `let (a, b) = ...`");
        return finish(false);
      }
      bool runtime = value.isTensor();
      if (value.is(Value::Kind::List))
        for (const Value &element : value.elements)
          runtime |= !element.isNumber();
      if (!runtime) {
        gameNames[index].constant = value;
        return finish(true);
      }
      Node *node = toTensor(value, expr.range);
      if (!node)
        return finish(false);
      variable->type = node->type;
      variable->result = node;
    } else {
      bool list = value.is(Value::Kind::Tuple) || value.is(Value::Kind::List);
      if (!list || value.elements.size() != siblings.size()) {
        error(expr.range, fmt::format("expected {} values to take apart, got {}", siblings.size(), describe(value)));
        return finish(false);
      }
      // One hidden variable holds them all, so that the network is applied
      // once; each name is a slice of it.
      std::vector<Node *> parts;
      std::vector<Type> types;
      std::vector<std::string> text;
      size_t batched = 0;
      for (const Value &element : value.elements) {
        Node *node = toReal(element, expr.range);
        if (!node)
          return finish(false);
        types.push_back(node->type);
        batched += node->type.batched;
        parts.push_back(node);
      }
      // Where only some are one for each sample, the whole is one for all: the samples of those lie in a row.
      bool rows = batched > 0 && batched < parts.size();
      for (Node *&part : parts) {
        if (rows && part->type.batched)
          part = make(Op::Samples, samplesType(part->type), {part});
        part = part ? reshape(part, {elementCount(part->type.shape)}) : nullptr;
      }
      for (const Ident &each : item.names)
        text.push_back(each.text);
      variable->name = fmt::format("({})", fmt::join(text, ", "));
      variable->result = concat(parts, 0);
      if (!variable->result)
        return finish(false);
      variable->type = variable->result->type;
      const Variable *whole = variable.get();
      model->game->variables.push_back(std::move(variable));
      int64_t offset = 0;
      for (size_t i = 0; i < siblings.size(); ++i) {
        Variable *part = addVariable(Variable::Let, item.names[i].text, item.names[i].range);
        Context partContext;
        partContext.kind = Context::Game;
        partContext.graph = &part->graph;
        Saved savedPart(context, &partContext);
        Node *use = make(Op::Use, whole->type);
        if (use)
          use->variable = whole;
        bool row = rows && types[i].batched;
        Shape shape = row ? samplesType(types[i]).shape : types[i].shape;
        int64_t count = elementCount(shape);
        part->result = reshape(use ? slice(use, 0, offset, count) : nullptr, shape);
        if (row)
          part->result = make(Op::PerSample, types[i], {part->result});
        offset += count;
        if (!part->result)
          return finish(false);
        part->type = part->result->type;
        gameNames[siblings[i]].variable = part;
      }
      return finish(true);
    }
  }
  gameNames[index].variable = variable.get();
  model->game->variables.push_back(std::move(variable));
  finish(true);
}

} // namespace agon::sema
