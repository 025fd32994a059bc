//===- GameElaborator.cpp - The items of a game -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/GameElaborator.h"
#include "frontend/sema/eval/InitialValues.h"
#include "frontend/sema/game/Averages.h"
#include "frontend/sema/game/Generators.h"
#include "frontend/sema/game/Objective.h"
#include "frontend/sema/game/Ownership.h"
#include "frontend/sema/game/Play.h"
#include "frontend/sema/game/Players.h"
#include "frontend/sema/game/WeightsItems.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

using syntax::GameItem;
using syntax::GameItemKind;

void GameElaborator::elaborate(const Decl &decl) {
  game.name = decl.name.text;
  game.range = decl.name.range;
  game.batch = graph.batchSize();
  Saved savedPlace(reporter.userPlace, decl.name.range);
  Context none;
  Evaluator::Within within(e, none, variables.known);
  variables.declare(decl);

  auto each = [&](GameItemKind kind, auto &&run) {
    for (const GameItem &item : decl.items)
      if (item.kind == kind) {
        Saved place(reporter.userPlace, item.range);
        run(item);
      }
  };
  Averages averages(networks, forms, game, variables.known);
  each(GameItemKind::Average, [&](const GameItem &item) { averages.declare(item); });
  each(GameItemKind::Data, [&](const GameItem &item) { variables.data(item); });
  for (size_t i = 0; i < variables.names.size(); ++i) {
    GameItemKind kind = variables.names[i].item->kind;
    Saved place(reporter.userPlace, variables.names[i].item->range);
    if (kind == GameItemKind::Noise && variables.names[i].state == GameName::Untouched)
      variables.noise(variables.names[i]);
  }
  for (size_t i = 0; i < variables.names.size(); ++i)
    if (variables.names[i].state == GameName::Untouched)
      variables.let(i);
  Players players(networks, forms, game, variables.known);
  each(GameItemKind::Player, [&](const GameItem &item) { players.elaborate(item); });
  each(GameItemKind::Move, [&](const GameItem &item) { players.move(item); });
  each(GameItemKind::Metric, [&](const GameItem &item) { metric(item); });
  WeightsItems weights(networks);
  for (GameItemKind kind : {GameItemKind::Frozen, GameItemKind::Load})
    each(kind, [&](const GameItem &item) { weights.elaborate(item); });
  each(GameItemKind::Init, [&](const GameItem &item) { initial(item); });
  averages.elaborate();
  bool hasPlayers = std::any_of(decl.items.begin(), decl.items.end(),
                                [](const GameItem &item) { return item.kind == GameItemKind::Player; });
  if (!hasPlayers) {
    Diagnostic &diagnostic = error(decl.name.range, fmt::format("the game `{}` has no player", decl.name.text));
    each(GameItemKind::Frozen, [&](const GameItem &item) {
      diagnostic.note(item.range, "a frozen network has no player: a game has another one, which is trained");
    });
    diagnostic.help("`player G minimizes E[...] with adam(lr = 1e-4)` moves the network G");
  } else {
    Play(e, forms, game, variables.known).elaborate(decl);
  }
  if (reporter.diagnostics.hasErrors())
    return;
  Ownership ownership(networks, model);
  ownership.checkOwnership();
  ownership.checkFrozen();
  ownership.checkInitialValues();
  findGenerators(game);
  // A data line that nothing reads is most likely a mistake; a single unread
  // field of a record is not.
  for (const Group &group : game.groups) {
    bool used = false;
    for (const GameName &name : variables.names)
      used |= name.used && name.variable && name.variable->kind == Variable::Data &&
              &game.groups[name.variable->group] == &group;
    if (!used)
      warning(group.fields[0]->range, fmt::format("the data `{}` is never used", group.name));
  }
  for (const GameName &name : variables.names)
    if (name.item->kind == GameItemKind::Noise && !name.used)
      warning(name.item->names[0].range, fmt::format("the noise `{}` is never used", name.item->names[0].text));
}

void GameElaborator::metric(const GameItem &item) {
  const Ident &name = item.names[0];
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
  inner.parent = &variables.known;
  Evaluator::Within within(e, own, inner);
  metric.result = scalarObjective(e, *item.value, fmt::format("the metric `{}`", name.text));
  if (metric.result)
    game.metrics.push_back(std::move(metric));
}

void GameElaborator::initial(const GameItem &item) {
  const Ident &name = item.names[0];
  size_t dot = name.text.find('.');
  std::string networkName = name.text.substr(0, dot);
  std::vector<std::string> candidates;
  NetworkEntry *entry = nullptr;
  for (const Decl *decl : networks.declared()) {
    candidates.push_back(decl->name.text);
    if (decl->name.text == networkName)
      entry = &networks.entry(*decl);
  }
  if (!entry || dot == std::string::npos) {
    Diagnostic &diagnostic =
        error(name.range, fmt::format("expected a parameter as NETWORK.PARAM, got `{}`", name.text));
    if (!entry)
      suggest(diagnostic, networkName, candidates);
    return;
  }
  auto index = networks.storage(*entry, name.text.substr(dot + 1), name.range);
  if (!index)
    return;
  if (const auto &weights = entry->network->weights) {
    error(name.range, fmt::format("`{}` has two initial values", name.text))
        .note(weights->range, fmt::format("all weights of `{}` are read from a file here", networkName));
    return;
  }
  if (auto [first, fresh] = initials.emplace(name.text, name.range); !fresh) {
    error(name.range, fmt::format("`{}` has two initial values", name.text))
        .note(first->second, "the first is given here");
    return;
  }
  Context none;
  none.network = entry;
  Scope inner;
  inner.parent = &variables.known;
  Evaluator::Within within(e, none, inner);
  Storage &storage = entry->network->storages[*index];
  Storage replaced;
  replaced.path = storage.path;
  replaced.type = storage.type;
  replaced.range = storage.range;
  if (!initialize(e, replaced, *item.value, false, /*either=*/true))
    return;
  storage.init = std::move(replaced.init);
  storage.initial = replaced.initial;
  storage.initText = textOf(item.value->range);
}

} // namespace agon::sema
