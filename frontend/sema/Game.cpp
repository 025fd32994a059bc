//===- Game.cpp - Game items ------------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

using syntax::GameItem;
using syntax::GameItemKind;

void Elaborator::declareGameNames(const Decl &decl) {
  auto declare = [&](const GameItem &item, const Ident &name, size_t position) {
    if (const Value *before = gameScope.find(name.text)) {
      const GameName &first = gameNames[before->index];
      SourceRange at = first.item->kind == GameItemKind::Data ? first.item->fields[first.position].name.range
                                                              : first.item->names[first.position].range;
      error(name.range, fmt::format("`{}` is declared twice in this game", name.text))
          .note(at, "the first declaration is here");
      return;
    }
    Value value;
    value.kind = Value::Kind::GameName;
    value.index = int64_t(gameNames.size());
    GameName entry;
    entry.item = &item;
    entry.position = position;
    gameNames.push_back(entry);
    gameScope.set(name.text, value);
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

void Elaborator::elaborateGame(const Decl &decl) {
  model->game.emplace();
  Game &game = *model->game;
  game.name = decl.name.text;
  game.range = decl.name.range;
  game.batch = batchSize();
  Saved savedPlace(userPlace, decl.name.range);
  Context none;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &gameScope);
  declareGameNames(decl);

  auto each = [&](GameItemKind kind, auto &&run) {
    for (const GameItem &item : decl.items)
      if (item.kind == kind) {
        Saved place(userPlace, item.range);
        run(item);
      }
  };
  each(GameItemKind::Data, [&](const GameItem &item) { elaborateData(item); });
  for (size_t i = 0; i < gameNames.size(); ++i) {
    GameItemKind kind = gameNames[i].item->kind;
    Saved place(userPlace, gameNames[i].item->range);
    if (kind == GameItemKind::Noise && gameNames[i].state == GameName::Untouched)
      elaborateNoise(gameNames[i]);
  }
  for (size_t i = 0; i < gameNames.size(); ++i)
    if (gameNames[i].state == GameName::Untouched)
      elaborateLet(i);
  each(GameItemKind::Player, [&](const GameItem &item) { elaboratePlayer(item); });
  each(GameItemKind::Metric, [&](const GameItem &item) { elaborateMetric(item); });
  each(GameItemKind::Init, [&](const GameItem &item) { elaborateInit(item); });
  each(GameItemKind::Average, [&](const GameItem &item) { notThereYet(item.range, "average"); });
  bool hasPlayers = std::any_of(decl.items.begin(), decl.items.end(),
                                [](const GameItem &item) { return item.kind == GameItemKind::Player; });
  if (!hasPlayers)
    error(decl.name.range, fmt::format("the game `{}` has no player", decl.name.text))
        .help("`player G minimizes E[...] with adam(lr = 1e-4)` moves the network G");
  else
    elaboratePlay(decl);
  if (diagnostics.hasErrors())
    return;
  checkOwnership();
  checkInitialValues();
  findGenerators();
  // A data line that nothing reads is most likely a mistake; a single unread
  // field of a record is not.
  for (const Group &group : game.groups) {
    bool used = false;
    for (const GameName &name : gameNames)
      used |= name.used && name.variable && name.variable->kind == Variable::Data &&
              &game.groups[name.variable->group] == &group;
    if (!used)
      warning(group.fields[0]->range, fmt::format("the data `{}` is never used", group.name));
  }
  for (const GameName &name : gameNames)
    if (name.item->kind == GameItemKind::Noise && !name.used)
      warning(name.item->names[0].range, fmt::format("the noise `{}` is never used", name.item->names[0].text));
}

/// The value of one objective or metric, in the context's graph.
Node *Elaborator::scalarObjective(const Expr &expr, std::string_view what) {
  Value value = eval(expr);
  if (value.isError())
    return nullptr;
  if (!value.isTensor() && !value.isNumber() && !value.is(Value::Kind::Bool)) {
    error(expr.range, fmt::format("{} is one number, got {}", what, describe(value)));
    return nullptr;
  }
  Node *node = toReal(value, expr.range);
  if (!node)
    return nullptr;
  if (node->type.batched || elementCount(node->type.shape) != 1) {
    Diagnostic &diagnostic =
        error(expr.range, fmt::format("{} is one number, got shape {}{}", what, printShape(node->type.shape),
                                      node->type.batched ? " for each sample" : ""));
    diagnostic.withLabel("did you forget E[...]?");
    diagnostic.help("`E[e]` is the mean of e over the minibatch and over its axes");
    return nullptr;
  }
  return reshape(node, {});
}

void Elaborator::elaborateMetric(const GameItem &item) {
  const Ident &name = item.names[0];
  Game &game = *model->game;
  for (const Metric &other : game.metrics)
    if (other.name == name.text) {
      error(name.range, fmt::format("the metric `{}` is declared twice", name.text))
          .note(other.range, "the first declaration is here");
      return;
    }
  bool clash = name.text == "step" || name.text == "steps_per_s";
  for (const auto &player : game.players)
    clash |= player->name == name.text;
  if (clash) {
    error(name.range, fmt::format("the log has a column `{}` already", name.text)).help("give the metric another name");
    return;
  }
  Metric metric;
  metric.name = name.text;
  metric.range = name.range;
  metric.text = textOf(item.value->range);
  Context own;
  own.kind = Context::Game;
  own.graph = &metric.graph;
  Scope inner;
  inner.parent = &gameScope;
  Saved savedContext(context, &own);
  Saved savedScope(scope, &inner);
  metric.result = scalarObjective(*item.value, fmt::format("the metric `{}`", name.text));
  if (metric.result)
    game.metrics.push_back(std::move(metric));
}

void Elaborator::elaborateInit(const GameItem &item) {
  const Ident &name = item.names[0];
  size_t dot = name.text.find('.');
  std::string networkName = name.text.substr(0, dot);
  std::vector<std::string> candidates;
  NetworkEntry *entry = nullptr;
  for (const Decl *decl : networks) {
    candidates.push_back(decl->name.text);
    if (decl->name.text == networkName)
      entry = &networkEntry(*decl);
  }
  if (!entry || dot == std::string::npos) {
    Diagnostic &diagnostic =
        error(name.range, fmt::format("expected a parameter as NETWORK.PARAM, got `{}`", name.text));
    if (!entry)
      suggest(diagnostic, networkName, candidates);
    return;
  }
  if (!elaborate(*entry))
    return;
  std::string path = name.text.substr(dot + 1);
  auto it = entry->storageByPath.find(path);
  if (it == entry->storageByPath.end()) {
    Diagnostic &diagnostic = error(name.range, fmt::format("`{}` has no parameter `{}`", networkName, path));
    candidates.clear();
    for (const Storage &storage : entry->network->storages)
      candidates.push_back(storage.path);
    suggest(diagnostic, path, candidates);
    diagnostic.help(fmt::format("it has {}", fmt::join(candidates, ", ")));
    return;
  }
  Context none;
  none.network = entry;
  Scope inner;
  inner.parent = &gameScope;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &inner);
  Storage &storage = entry->network->storages[it->second];
  Storage replaced;
  replaced.path = storage.path;
  replaced.type = storage.type;
  replaced.range = storage.range;
  if (!initialize(replaced, *item.value, false, /*either=*/true))
    return;
  storage.init = std::move(replaced.init);
  storage.initial = replaced.initial;
  storage.initText = textOf(item.value->range);
}

} // namespace agon::sema
