//===- Play.h - Turns and their order --------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_PLAY_H
#define AGON_FRONTEND_SEMA_GAME_PLAY_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

using syntax::Turn;

/// What `play` says of one iteration.
class Play : public Reporting {
public:
  /// `names` are those of the game.
  Play(Evaluator &e, Game &game, const Scope &names)
      : Reporting(e.reporter), e(e), graph(e.graph), game(game), names(names) {}

  void elaborate(const Decl &decl);

private:
  void unknownWay(const Ident &name);
  bool flatten(const Turn &turn, std::vector<int64_t> &schedule);
  void move(std::vector<int64_t> players, std::vector<int64_t> &schedule);

  Evaluator &e;
  GraphBuilder &graph;
  Game &game;
  const Scope &names;
};

} // namespace agon::sema
#endif
