//===- Requirements.cpp - What optimizers demand ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A `require` is judged here where its arguments are known while compiling;
// else, and because `--set` may change them, the runtime judges it by a graph
// of the step and the hyperparameters alone. And a chain demands that each of
// its optimizers has an effect.
//===----------------------------------------------------------------------===//
#include "frontend/sema/game/Requirements.h"
#include "frontend/sema/graph/Dependence.h"
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

namespace agon::sema {

/// Moves what the demands are judged by out of the update, into a graph of its own.
bool Requirements::formConditions() {
  Player &player = run.player;
  Saved savedGraph(graph.context->graph, &player.conditions);
  // An argument that nothing else reads stands for its own expression.
  std::unordered_map<const Node *, Node *> copies;
  for (const Demand &demand : run.demands) {
    auto used = reach({demand.holds});
    for (const auto &node : player.update.nodes) {
      if (!used.count(node.get()) || copies.count(node.get()))
        continue;
      std::vector<Node *> operands;
      for (const Node *operand : node->operands)
        operands.push_back(copies.at(operand));
      auto isOurs = [&](const HyperArg &arg) { return arg.node == node.get() && !arg.read; };
      if (std::any_of(run.hypers.begin(), run.hypers.end(), isOurs)) {
        copies[node.get()] = operands[0];
        continue;
      }
      Saved savedPlace(reporter.userPlace, node->range);
      Node *copy = graph.make(node->op, node->type, operands);
      if (!copy)
        return false;
      copy->details = node->details;
      copies[node.get()] = copy;
    }
    Type number{Element::Hyper, false, {}, 0}, one{Element::Hyper, false, {1}, 0};
    std::string got;
    std::vector<Node *> values{graph.make(
        Op::Select, number, {copies.at(demand.holds), graph.constant(0, number), graph.constant(1, number)})};
    bool settable = false;
    for (const HyperArg &arg : run.hypers)
      if (arg.node && used.count(arg.node)) {
        std::string name = arg.read ? player.hypers[arg.index].name : fmt::format("{}.{}", player.name, arg.name);
        got += fmt::format("{} {} = {{}}", got.empty() ? ", got" : ",", name);
        values.push_back(copies.at(arg.node));
        settable |= arg.read || arg.value.isTensor();
      }
    if (!settable)
      continue;
    for (Node *&value : values)
      value = graph.make(Op::Reshape, one, {value});
    one.shape = {int64_t(values.size())};
    Node *judged = graph.make(Op::Concat, one, values);
    if (!judged)
      return false;
    std::string text =
        fmt::format("{} of player {} requires `{}`{}", demand.optimizer, player.name, demand.condition, got);
    auto same = [&](const Player::Requirement &other) { return other.text == text; };
    auto known = std::find_if(player.requirements.begin(), player.requirements.end(), same);
    if (known == player.requirements.end())
      player.requirements.push_back({text, judged});
    else if (!(known->judged = graph.make(Op::Max, one, {known->judged, judged})))
      return false; // In a loop: broken if one of its rounds is.
  }
  std::vector<Node *> roots = player.newWeights;
  roots.insert(roots.end(), player.newSlots.begin(), player.newSlots.end());
  auto used = reach(roots);
  std::unordered_set<const Node *> dead;
  for (const auto &node : player.update.nodes) {
    bool judges = node->type.element == Element::Hyper || node->type.element == Element::Bool;
    auto isDead = [&](const Node *operand) { return dead.count(operand); };
    if (!used.count(node.get()) && (judges || std::any_of(node->operands.begin(), node->operands.end(), isDead)))
      dead.insert(node.get());
  }
  std::erase_if(player.update.nodes, [&](const auto &node) { return dead.count(node.get()); });
  return true;
}

/// Whether every optimizer of the chain has an effect on the weights, now or in a later step.
bool Requirements::checkChain() {
  Player &player = run.player;
  std::vector<ChainLink> &chain = run.chain;
  SourceRange all = chain.front().expr->range.to(chain.back().expr->range);
  if (std::none_of(chain.begin(), chain.end(), [](const ChainLink &link) { return link.movesWeights; })) {
    error(all, fmt::format("this never moves the parameters of player {}", player.name))
        .help(fmt::format("add an optimizer: `{} then adam(lr = 2e-4)`", player.optimizer));
    return false;
  }
  // A slot counts where a weight is computed from what it held before.
  std::vector<Node *> roots = player.newWeights;
  std::vector<bool> counts(player.newSlots.size(), false);
  std::unordered_set<const Node *> live;
  for (bool grown = true; grown;) {
    grown = false;
    live = reach(roots);
    for (const auto &node : player.update.nodes)
      if (node->op == Op::Slot && live.count(node.get()) && !counts[node->index()]) {
        counts[node->index()] = grown = true;
        roots.push_back(player.newSlots[node->index()]);
      }
  }
  if (std::none_of(live.begin(), live.end(), [](const Node *node) { return node->op == Op::Cotangent; })) {
    error(all, fmt::format("this moves the parameters of player {} without its gradient", player.name))
        .help(fmt::format("add an optimizer: `adam(lr = 2e-4) then {}`", textOf(chain.back().expr->range)));
    return false;
  }
  auto isIdle = [&](const ChainLink &link) {
    return std::none_of(link.written.begin(), link.written.end(), [&](Node *node) { return live.count(node); });
  };
  auto idle = std::find_if(chain.begin(), chain.end(), isIdle);
  if (idle == chain.end())
    return true;
  SourceRange at = idle->expr->range;
  std::string text = textOf(at);
  if (idle->written.empty()) {
    error(at, fmt::format("`{}` has no effect: it changes neither `w` nor `g`", text));
    return false;
  }
  if (idle->movesWeights || idle == chain.begin()) {
    error(at, fmt::format("`{}` has no effect: what it writes is overwritten unread", text));
    return false;
  }
  Diagnostic &diagnostic =
      error(at, fmt::format("`{}` has no effect: it changes the gradient, which nothing after it reads", text));
  // Before the last that moves the weights by the gradient.
  auto reads = [&](const ChainLink &link) {
    if (!link.movesWeights || isIdle(link))
      return false;
    auto used = reach(link.written, link.weights);
    return std::any_of(link.cotangents.begin(), link.cotangents.end(), [&](Node *node) { return used.count(node); });
  };
  auto before = chain.begin();
  for (auto link = chain.begin(); link != idle; ++link)
    if (reads(*link))
      before = link;
  std::string order, moved;
  for (auto link = idle; link != chain.end(); ++link)
    if (isIdle(*link) && !link->movesWeights)
      moved += textOf(link->expr->range) + " then ";
  for (auto link = chain.begin(); link != chain.end(); ++link) {
    if (link == before)
      order += moved;
    if (link < idle || !isIdle(*link) || link->movesWeights)
      order += textOf(link->expr->range) + " then ";
  }
  diagnostic.help(fmt::format("write `{}`", order.substr(0, order.size() - 6)));
  return false;
}

} // namespace agon::sema
