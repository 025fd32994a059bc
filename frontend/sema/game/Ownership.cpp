//===- Ownership.cpp - Who owns what, and depends on it ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/Ownership.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unordered_set>

namespace agon::sema {

namespace {

/// What expressions reach, through lets and applications.
struct Reach {
  /// Follow only what derivatives pass, in training.
  bool gradientsOnly = false;
  std::set<const Network *> networks;
  std::set<const Form *> forms;

  void add(const Node *node);

private:
  std::unordered_set<const Node *> seen;
};

} // namespace

void Reach::add(const Node *node) {
  std::vector<const Node *> work;
  if (node)
    work.push_back(node);
  while (!work.empty()) {
    const Node *next = work.back();
    work.pop_back();
    if (!seen.insert(next).second)
      continue;
    for (size_t i = 0; i < next->operands.size(); ++i)
      if (!gradientsOnly || passesDerivative(*next, i))
        work.push_back(next->operands[i]);
    if (next->op == Op::Use && next->variable()->result)
      work.push_back(next->variable()->result);
    if (next->op != Op::Apply || !forms.insert(next->form()).second)
      continue;
    bool fresh = networks.insert(next->network()).second;
    if (gradientsOnly) {
      const Function &function = next->form()->inTurns(*next->network());
      work.insert(work.end(), function.results.begin(), function.results.end());
      continue;
    }
    if (fresh)
      for (const Storage &storage : next->network()->storages)
        for (const auto &inner : storage.init.nodes)
          work.push_back(inner.get());
    for (const Function *function : {&next->form()->training, &next->form()->sampling})
      for (const auto &inner : function->graph.nodes)
        work.push_back(inner.get());
  }
}

static bool hasParameters(const Network &network) {
  return std::any_of(network.storages.begin(), network.storages.end(),
                     [](const Storage &storage) { return !storage.isState; });
}

/// A move must have something to move.
void Ownership::checkMove(const Move &move) {
  const Player &player = *model.game->players[move.player];
  Reach reached;
  reached.gradientsOnly = true;
  reached.add(move.objective);
  for (const Network *network : player.owned)
    if (reached.networks.count(network))
      return;
  if (move.objective)
    error(move.range,
          fmt::format("the objective of the move {} depends on nothing that player {} owns", move.name, player.name))
        .note(player.range, "the player is declared here");
}

void Ownership::checkOwnership() {
  if (!model.game)
    return;
  Game &game = *model.game;
  std::map<const Network *, const Player *> owners;
  Reach used;
  for (const auto &player : game.players)
    used.add(player->objective);
  for (const auto &move : game.moves) {
    used.add(move->objective);
    checkMove(*move);
  }
  for (const Metric &metric : game.metrics)
    used.add(metric.result);
  for (const Group &group : game.groups)
    for (const Node *result : group.sourceResults)
      used.add(result);

  for (const auto &player : game.players) {
    if (!player->objective)
      continue;
    Reach reached;
    reached.gradientsOnly = true;
    reached.add(player->objective);
    for (const Network *network : player->owned) {
      auto [it, fresh] = owners.emplace(network, player.get());
      if (!fresh) {
        error(player->range,
              fmt::format("`{}` is owned by two players, {} and {}", network->name, it->second->name, player->name))
            .note(it->second->range, "the other player is here");
        continue;
      }
      if (network->isFrozen()) {
        error(player->range, fmt::format("player {} owns `{}`, which is frozen", player->name, network->name))
            .note(network->weights->range, "it is frozen here")
            .help(fmt::format("`init {}` in place of `frozen {}` reads its weights and lets the player train them; a "
                              "frozen network has no player",
                              network->name, network->name));
        continue;
      }
      if (!hasParameters(*network)) {
        error(player->range,
              fmt::format("player {} owns `{}`, which has no parameters to train", player->name, network->name))
            .note(network->range, "the network is declared here")
            .help(fmt::format("give `{}` a layer that has parameters, such as `dense`, or a `param`; a network "
                              "without any needs no player",
                              network->name));
        continue;
      }
      if (reached.networks.count(network))
        continue;
      Diagnostic &diagnostic = error(player->range, fmt::format("the objective of player {} does not depend on `{}`, "
                                                                "which it owns",
                                                                player->name, network->name));
      diagnostic.note(network->range, "the network is declared here");
      if (used.networks.count(network))
        diagnostic.help("a `stop_gradient` or a comparison between them hides the dependence, or the "
                        "objective is another player's");
    }
  }
  for (const Network *network : used.networks) {
    if (owners.count(network) || !hasParameters(*network) || network->isFrozen())
      continue;
    error(network->range, fmt::format("no player owns the network `{}`", network->name))
        .withLabel("its parameters would never be trained")
        .help(fmt::format("name a player after it, or let one own it too: `player P(..., {})`", network->name));
  }
}

/// What a frozen network applies stands as still as it does.
void Ownership::checkFrozen() {
  for (const Decl *decl : networks.declared()) {
    const Network &network = *networks.entry(*decl).network;
    if (!network.isFrozen())
      continue;
    std::vector<const Network *> moving;
    for (const auto &form : network.forms)
      for (const auto &node : form->sampling.graph.nodes)
        if (node->op == Op::Apply && !node->network()->storages.empty() && !node->network()->isFrozen() &&
            std::find(moving.begin(), moving.end(), node->network()) == moving.end())
          moving.push_back(node->network());
    for (const Network *applied : moving)
      error(network.weights->range,
            fmt::format("`{}` is frozen and applies `{}`, which is not", network.name, applied->name))
          .note(applied->range, "the network is declared here")
          .help(fmt::format("freeze it too: `frozen {} from \"FILE\"`", applied->name));
  }
}

/// Parameters are initialised in order of declaration: an initial value may apply networks before its own.
void Ownership::checkInitialValues() {
  std::set<const Network *> before;
  for (const Decl *decl : networks.declared()) {
    const Network &network = *networks.entry(*decl).network;
    if (network.weights)
      continue;
    for (const Storage &storage : network.storages) {
      Reach reached;
      for (const auto &node : storage.init.nodes)
        reached.add(node.get());
      for (const Decl *other : networks.declared()) {
        const Network &needed = *networks.entry(*other).network;
        if (needed.storages.empty() || needed.weights || before.count(&needed) || !reached.networks.count(&needed))
          continue;
        error(storage.range, fmt::format("the initial value of `{}.{}` needs the network `{}`, which has none yet",
                                         network.name, storage.path, needed.name))
            .note(needed.range, "the network is declared here")
            .help(fmt::format("declare `{}` before `{}`", needed.name, network.name));
        break;
      }
    }
    before.insert(&network);
  }
}

/// Keeps the networks that the game uses, in order of declaration, in the forms that it applies.
void Ownership::finishNetworks() {
  Reach used;
  if (model.game) {
    Game &game = *model.game;
    // Every node counts, dead ones too: none may point at a network that is gone.
    auto collect = [&](const Graph &graph) {
      for (const auto &node : graph.nodes)
        used.add(node.get());
    };
    for (const auto &player : game.players) {
      collect(player->objectiveGraph);
      used.networks.insert(player->owned.begin(), player->owned.end());
    }
    for (const auto &move : game.moves)
      collect(move->graph);
    for (const Metric &metric : game.metrics)
      collect(metric.graph);
    for (const Group &group : game.groups)
      collect(group.source);
    for (const auto &variable : game.variables)
      collect(variable->graph);
    for (const Generator &generator : game.generators) {
      used.networks.insert(generator.network);
      used.forms.insert(generator.form);
      collect(generator.form->training.graph);
      collect(generator.form->sampling.graph);
    }
  }
  for (const Decl *decl : networks.declared()) {
    auto it = networks.entries.find(decl);
    if (it == networks.entries.end() || !it->second.network)
      continue;
    Network &network = *it->second.network;
    bool keep = !model.game || used.networks.count(&network);
    // A file that is imported may hold networks for other games too.
    if (!keep && !reporter.diagnostics.hasErrors() && decl->name.range.file == model.game->range.file)
      warning(decl->name.range, fmt::format("the network `{}` takes no part in the game", decl->name.text));
    if (model.game)
      std::erase_if(network.forms, [&](const auto &form) { return !used.forms.count(form.get()); });
    if (keep)
      model.networks.push_back(std::move(it->second.network));
  }
}

} // namespace agon::sema
