//===- Averages.h - Shadows of networks ------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_AVERAGES_H
#define AGON_FRONTEND_SEMA_GAME_AVERAGES_H

#include "frontend/sema/eval/Networks.h"
#include "frontend/sema/game/Forms.h"

namespace agon::sema {

/// The items `average G with ema(0.999)` of a game.
class Averages : public Reporting {
public:
  /// `names` are those of the game.
  Averages(Networks &networks, GameForms &forms, Game &game, const Scope &names)
      : Reporting(networks.reporter), networks(networks), forms(forms), game(game), names(names) {}

  /// Makes the average known to the game's expressions, before they are elaborated.
  void declare(const syntax::GameItem &item);
  /// Says how those that were declared move, after the objectives have said how networks are applied.
  void elaborate();

private:
  struct Declared {
    const syntax::GameItem *item;
    Average *average;
  };
  Networks &networks;
  GameForms &forms;
  Game &game;
  const Scope &names;
  std::vector<Declared> declared;
};

} // namespace agon::sema
#endif
