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

  /// `within` a network or not.
  void add(const Node *root, bool within = false);

private:
  void add(const Network &network);

  /// A node, and whether it stands in a network.
  std::vector<std::pair<const Node *, bool>> work;
  std::unordered_set<const Node *> seen;
};

} // namespace

/// What a network's initial values need is reached with it.
void Reach::add(const Network &network) {
  if (!networks.insert(&network).second || gradientsOnly)
    return;
  for (const Storage &storage : network.storages)
    for (const auto &inner : storage.init.nodes)
      work.emplace_back(inner.get(), true);
}

void Reach::add(const Node *root, bool within) {
  if (root)
    work.emplace_back(root, within);
  while (!work.empty()) {
    auto [next, inside] = work.back();
    work.pop_back();
    if (!seen.insert(next).second)
      continue;
    for (size_t i = 0; i < next->operands.size(); ++i)
      if (!gradientsOnly || passesDerivative(*next, i))
        work.emplace_back(next->operands[i], inside);
    if (next->op == Op::Use && next->variable()->result)
      work.emplace_back(next->variable()->result, false);
    // In a network the application has said it.
    if (next->op == Op::Read && !inside && !(gradientsOnly && next->network()->storages[next->storage()].isState))
      add(*next->network());
    if (next->op != Op::Apply)
      continue;
    auto results = [&, node = next] {
      for (const Node *result : node->form()->inTurns(*node->network(), node->average()).results)
        work.emplace_back(result, true);
    };
    if (next->average() && gradientsOnly) {
      // No derivative reaches the network's own weights.
      results();
      continue;
    }
    if (!forms.insert(next->form()).second)
      continue;
    add(*next->network());
    if (gradientsOnly) {
      results();
      continue;
    }
    for (const Function *function : {&next->form()->training, &next->form()->sampling})
      for (const auto &inner : function->graph.nodes)
        work.emplace_back(inner.get(), true);
  }
}

static bool hasParameters(const Network &network) {
  return std::any_of(network.storages.begin(), network.storages.end(),
                     [](const Storage &storage) { return !storage.isState; });
}

static bool writesStates(const Network &network) {
  return std::any_of(network.forms.begin(), network.forms.end(),
                     [](const auto &form) { return !form->training.writes.empty(); });
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
    Reach reached, all;
    reached.gradientsOnly = true;
    reached.add(player->objective);
    all.add(player->objective);
    for (const auto &move : game.moves)
      if (game.players[move->player] == player) {
        reached.add(move->objective);
        all.add(move->objective);
      }
    if (!player->owned.empty() && std::none_of(player->owned.begin(), player->owned.end(), [](const Network *owned) {
          return owned->storages.empty() || hasParameters(*owned);
        }))
      error(player->range, fmt::format("player {} owns states alone, and has nothing to train", player->name))
          .help("let a player who trains own them too: `player D(D, ...)`");
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
      if (network->storages.empty()) {
        error(player->range,
              fmt::format("player {} owns `{}`, which has no parameters to train", player->name, network->name))
            .note(network->range, "the network is declared here")
            .help(fmt::format("give `{}` a layer that has parameters, such as `dense`, or a `param`; a network "
                              "without any needs no player",
                              network->name));
        continue;
      }
      // States need no derivative.
      if ((hasParameters(*network) ? reached : all).networks.count(network))
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
  for (const auto &average : game.averages)
    if (!owners.count(average->network))
      error(average->update.range,
            fmt::format("no player moves `{}`, so its average would stay what it is", average->network->name))
          .note(average->network->range, "the network is declared here")
          .help("an average follows a network that a player owns");
  for (const Network *network : used.networks) {
    if (owners.count(network) || network->isFrozen())
      continue;
    if (!hasParameters(*network)) {
      if (writesStates(*network))
        warning(network->range,
                fmt::format("no player owns the network `{}`: its states stay what they are", network->name))
            .help(fmt::format("states are written in the turns of the player that owns them: `player P(..., {})`",
                              network->name));
      continue;
    }
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
        reached.add(node.get(), /*within=*/true);
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
    for (const auto &average : game.averages)
      used.networks.insert(average->network);
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
    bool elsewhere = model.game && decl->range.file != model.game->range.file; // of an import, perhaps one of many
    if (!keep && !elsewhere && !reporter.diagnostics.hasErrors())
      warning(decl->name.range, fmt::format("the network `{}` takes no part in the game", decl->name.text));
    if (model.game)
      std::erase_if(network.forms, [&](const auto &form) { return !used.forms.count(form.get()); });
    if (keep)
      model.networks.push_back(std::move(it->second.network));
  }
}

} // namespace agon::sema
