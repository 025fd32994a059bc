//===- TurnGraph.cpp - A turn under construction --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/TurnGraph.h"
#include <algorithm>

namespace agon::sema {

static const Type &typeOf(const Player::Owned &owned) { return owned.network->storages[owned.storage].type; }

TurnGraph::TurnGraph(GraphBuilder &builder, const Game &game, const std::vector<Mover> &movers, std::string way)
    : builder(builder), game(game), movers(movers), turn(std::make_unique<GameTurn>()) {
  turn->way = std::move(way);
  turn->rounds.assign(movers.size(), 0);
  context.kind = Context::Turn;
  context.graph = &turn->graph;
  Saved savedContext(builder.context, &context);
  auto argument = [&](const Type &type, Nodes &into) {
    Node *node = builder.make(Op::Argument, type);
    if (node)
      node->details = Position{int64_t(before.size())};
    into.push_back(node);
    before.push_back(node);
  };
  for (const Mover &mover : movers) {
    turn->players.push_back(mover.player);
    firstParameter.push_back(weights.size());
    for (const Player::Owned &owned : game.players[mover.player]->parameters)
      argument(typeOf(owned), weights);
  }
  firstParameter.push_back(weights.size());
  for (const Mover &mover : movers) {
    firstSlot.push_back(slots.size());
    for (const Slot &slot : game.players[mover.player]->slots)
      argument(slot.type, slots);
  }
  firstSlot.push_back(slots.size());
}

TurnGraph::Nodes TurnGraph::own(size_t mover, const Nodes &all) const {
  return Nodes(all.begin() + int64_t(firstParameter[mover]), all.begin() + int64_t(firstParameter[mover + 1]));
}

Node *TurnGraph::loss(size_t mover, const Nodes &point) {
  Node *node = builder.make(Op::Loss, {Element::Real, false, {}, 0}, point);
  if (node)
    node->details = Moving{movers[mover].player, movers[mover].move, 0};
  return node;
}

TurnGraph::Nodes TurnGraph::differentials(Node *value, const Nodes &wrt) {
  Nodes operands{value}, results;
  operands.insert(operands.end(), wrt.begin(), wrt.end());
  Node *all = builder.make(Op::Differentials, {Element::Real, false, {}, 0}, operands);
  for (size_t i = 0; i < wrt.size(); ++i) {
    Node *result = wrt[i] ? builder.make(Op::Result, wrt[i]->type, {all}) : nullptr;
    if (result)
      result->details = Position{int64_t(i)};
    results.push_back(result);
  }
  return results;
}

TurnGraph::Nodes TurnGraph::field(const Nodes &point) {
  Nodes losses, all;
  for (size_t mover = 0; mover < movers.size(); ++mover)
    losses.push_back(loss(mover, point));
  for (size_t mover = 0; mover < movers.size(); ++mover) {
    Nodes gradient = differentials(losses[mover], own(mover, point));
    all.insert(all.end(), gradient.begin(), gradient.end());
  }
  return all;
}

bool TurnGraph::advance(size_t mover, const Nodes &along) {
  const Player &player = *game.players[movers[mover].player];
  Nodes operands = own(mover, weights);
  size_t parameters = operands.size(), first = firstSlot[mover], count = player.slots.size();
  operands.insert(operands.end(), slots.begin() + int64_t(first), slots.begin() + int64_t(first + count));
  Nodes old = operands;
  operands.insert(operands.end(), along.begin(), along.end());
  Node *all = builder.make(Op::Advance, {Element::Real, false, {}, 0}, operands);
  if (!all)
    return false;
  all->details = Moving{movers[mover].player, -1, turn->rounds[mover]++};
  for (size_t i = 0; i < old.size(); ++i) {
    Node *next = builder.make(Op::Result, old[i]->type, {all});
    if (!next)
      return false;
    next->details = Position{int64_t(i)};
    (i < parameters ? weights[firstParameter[mover] + i] : slots[first + i - parameters]) = next;
  }
  return true;
}

Node *&TurnGraph::kept(int64_t memory) {
  auto at = std::find(turn->keeps.begin(), turn->keeps.end(), memory);
  size_t position = size_t(at - turn->keeps.begin());
  if (at == turn->keeps.end()) {
    turn->keeps.push_back(memory);
    Saved savedContext(builder.context, &context);
    Node *node = builder.make(Op::Argument, game.memories[memory].type);
    if (node)
      node->details = Position{int64_t(before.size())};
    kepts.push_back(node);
    before.push_back(node);
  }
  return kepts[position];
}

bool TurnGraph::changes() const {
  Nodes now = weights;
  now.insert(now.end(), slots.begin(), slots.end());
  now.insert(now.end(), kepts.begin(), kepts.end());
  return now != before || std::any_of(turn->rounds.begin(), turn->rounds.end(), [](int64_t n) { return n > 0; });
}

std::unique_ptr<GameTurn> TurnGraph::finish() {
  turn->results = weights;
  turn->results.insert(turn->results.end(), slots.begin(), slots.end());
  turn->results.insert(turn->results.end(), kepts.begin(), kepts.end());
  return std::move(turn);
}

} // namespace agon::sema
