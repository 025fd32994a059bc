//===- Players.h - Players: what they own and want -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_PLAYERS_H
#define AGON_FRONTEND_SEMA_GAME_PLAYERS_H

#include "frontend/sema/eval/Networks.h"
#include "frontend/sema/game/Forms.h"

namespace agon::sema {

/// The players of a game.
class Players : public Reporting {
public:
  /// `names` are those of the game.
  Players(Networks &networks, GameForms &forms, Game &game, const Scope &names)
      : Reporting(networks.reporter), networks(networks), e(networks.e), graph(e.graph), forms(forms), game(game),
        names(names) {}

  void elaborate(const syntax::GameItem &item);
  /// `move D.penalty minimizes ...`
  void move(const syntax::GameItem &item);

private:
  /// The objective of a player or a move, in a graph of its own; null after an error.
  Node *objective(const syntax::GameItem &item, Graph &into, std::string_view whose);

  Networks &networks;
  Evaluator &e;
  GraphBuilder &graph;
  GameForms &forms;
  Game &game;
  const Scope &names;
};

} // namespace agon::sema
#endif
