//===- Play.h - Turns and their order --------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_PLAY_H
#define AGON_FRONTEND_SEMA_GAME_PLAY_H

#include "frontend/sema/game/Forms.h"
#include "frontend/sema/game/TurnGraph.h"

namespace agon::sema {

using syntax::GameItem;
using syntax::Turn;

/// What `play` says of one iteration.
class Play : public Reporting {
public:
  /// `names` are those of the game.
  Play(Evaluator &e, GameForms &forms, Game &game, const Scope &names)
      : Reporting(e.reporter), e(e), graph(e.graph), forms(forms), game(game), names(names) {}

  void elaborate(const Decl &decl);

private:
  using Turns = std::optional<Schedule>; ///< None after an error.

  Turns turnsOf(const Turn &turn);
  Turns simultaneous(const Turn &turn);
  Turns atOnce(const std::vector<const Turn *> &children, SourceRange at);
  Turns sequence(const Turn &turn);
  Turns repeat(const Turn &turn);
  Turns every(const Turn &turn);
  Turns way(const Turn &turn);
  Node *roundsOf(const Expr &expr, const Value &count);
  Turns wayOf(const Decl &decl, const Turn &turn, const Schedule &block);
  Turns applied(const Decl &decl, const Turn &turn, const std::vector<Mover> &movers, const Schedule &block);
  Turns move(std::vector<Mover> movers);
  Turns tooLong(const Turn &turn);
  std::optional<std::vector<Mover>> moversOf(const std::vector<const Turn *> &children);
  std::optional<Mover> moverOf(const Ident &name);
  bool directionOf(const Turn &child, TurnGraph &turn, size_t mover, TurnGraph::Nodes &along);
  void dropUnplayed();
  bool moves(const GameTurn &turn, size_t mover) const;
  void checkMoves(const GameItem &play);

  Evaluator &e;
  GraphBuilder &graph;
  GameForms &forms;
  Game &game;
  const Scope &names;
  std::map<int64_t, std::vector<Mover>> plain; ///< Who moves in the turns that no way to play has made.
  std::map<std::string, int64_t> applications; ///< Of each way to play, so far.
};

} // namespace agon::sema
#endif
