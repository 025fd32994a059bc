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
  /// Indices into the game's turns, in the order in which they are played.
  using Schedule = std::vector<int64_t>;
  using Turns = std::optional<Schedule>; ///< None after an error.

  Turns turnsOf(const Turn &turn);
  Turns simultaneous(const Turn &turn);
  Turns sequence(const Turn &turn);
  Turns repeat(const Turn &turn);
  Turns way(const Turn &turn);
  Turns move(std::vector<int64_t> players);
  Turns tooLong(const Turn &turn);
  int64_t playerOf(const Ident &name);

  Evaluator &e;
  GraphBuilder &graph;
  Game &game;
  const Scope &names;
};

} // namespace agon::sema
#endif
