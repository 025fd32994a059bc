//===- Finish.cpp - The last pass over a model ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Finish.h"
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <unordered_set>

namespace agon::sema {

void Finish::number(double value, SourceRange at) {
  if (f64 || !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max())
    return;
  if (told.emplace(at.begin, value).second)
    error(at, fmt::format("the number {} goes beyond the numbers of f32", value))
        .help("the largest is 3.40282e+38; with `agonc --float f64` it is 1.79769e+308");
}

/// Refuses what a node of tensors holds beyond the build's numbers; an optimizer's numbers are f64 always.
void Finish::constants(const Node &node) {
  if (node.type.element != Element::Real)
    return;
  number(node.value(), node.range);
  for (double value : node.values())
    number(value, node.range);
}

/// Removes what no root needs, and tells the nodes their graph's final place.
void Finish::graph(Graph &graph, const std::vector<Node *> &roots) {
  std::vector<const Node *> work(roots.begin(), roots.end());
  std::unordered_set<const Node *> live;
  while (!work.empty()) {
    const Node *node = work.back();
    work.pop_back();
    if (node && live.insert(node).second)
      work.insert(work.end(), node->operands.begin(), node->operands.end());
  }
  std::erase_if(graph.nodes,
                [&](const std::unique_ptr<Node> &node) { return node->op != Op::Argument && !live.count(node.get()); });
  for (auto &node : graph.nodes) {
    node->graph = &graph;
    constants(*node);
  }
}

void Finish::network(Network &network) {
  for (auto &form : network.forms)
    for (Function *function : {&form->training, &form->sampling}) {
      std::vector<Node *> roots = function->results;
      for (const Function::Write &write : function->writes)
        roots.push_back(write.value);
      graph(function->graph, roots);
    }
  for (Storage &storage : network.storages)
    graph(storage.init, {storage.initial});
}

void Finish::update(Player &player) {
  std::vector<Node *> roots = player.newWeights;
  roots.insert(roots.end(), player.newSlots.begin(), player.newSlots.end());
  graph(player.update, roots);
  for (const Slot &slot : player.slots)
    number(slot.initial, player.range);
}

void Finish::game(Game &game) {
  for (auto &variable : game.variables)
    graph(variable->graph, {variable->result});
  for (Group &group : game.groups)
    graph(group.source, group.sourceResults);
  for (auto &player : game.players) {
    graph(player->objectiveGraph, {player->objective});
    update(*player);
  }
  for (auto &move : game.moves)
    graph(move->graph, {move->objective});
  for (auto &turn : game.turns)
    graph(turn->graph, turn->results);
  for (auto &rounds : game.rounds)
    graph(rounds->graph, {rounds->result});
  for (const Memory &memory : game.memories)
    number(memory.initial, game.players[memory.player]->range);
  for (auto &average : game.averages)
    update(average->update);
  for (Metric &metric : game.metrics)
    graph(metric.graph, {metric.result});
}

} // namespace agon::sema
