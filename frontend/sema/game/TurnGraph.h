//===- TurnGraph.h - A turn under construction ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_TURNGRAPH_H
#define AGON_FRONTEND_SEMA_GAME_TURNGRAPH_H

#include "frontend/sema/graph/GraphBuilder.h"

namespace agon::sema {

/// What a player is after in a turn: its own objective, or that of a move.
struct Mover {
  int64_t player;    ///< Index into Game::players.
  int64_t move = -1; ///< Index into Game::moves, or -1.
  bool operator==(const Mover &) const = default;
};

/// A turn whose body is written node by node. Points of parameter space are
/// lists of nodes, one a parameter of the movers, in their order.
class TurnGraph {
public:
  using Nodes = std::vector<Node *>;

  TurnGraph(GraphBuilder &graph, const Game &game, const std::vector<Mover> &movers, std::string way);

  /// What a mover minimizes at a point.
  Node *loss(size_t mover, const Nodes &point);
  /// The gradient of a number, a node for each of `wrt`.
  Nodes differentials(Node *value, const Nodes &wrt);
  /// Each mover's gradient by its own parameters: a node a parameter of the point.
  Nodes field(const Nodes &point);
  /// Moves a mover by its optimizer along a cotangent for each of its parameters.
  bool advance(size_t mover, const Nodes &along);
  /// The parameters of one mover, of nodes for all.
  Nodes own(size_t mover, const Nodes &all) const;
  /// The memory's value now, which the turn keeps from here on.
  Node *&kept(int64_t memory);

  /// Whether anything is changed.
  bool changes() const;
  /// The turn, which ends with the values as they are now. To be called once.
  std::unique_ptr<GameTurn> finish();

  GraphBuilder &builder;
  const Game &game;
  const std::vector<Mover> movers;
  Context context;
  std::unique_ptr<GameTurn> turn;
  Nodes weights, slots;                          ///< As they are now.
  std::vector<size_t> firstParameter, firstSlot; ///< Of each mover; one more at the end.

private:
  Nodes kepts, before;
};

} // namespace agon::sema
#endif
