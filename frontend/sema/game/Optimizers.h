//===- Optimizers.h - One player's update ----------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OPTIMIZERS_H
#define AGON_FRONTEND_SEMA_GAME_OPTIMIZERS_H

#include "frontend/sema/game/Forms.h"

namespace agon::sema {

/// The chain of optimizers of a player.
class Optimizers : public Reporting {
public:
  /// `names` are those of the game.
  Optimizers(Evaluator &e, GameForms &forms, const Scope &names)
      : Reporting(e.reporter), e(e), graph(e.graph), forms(forms), names(names) {}

  void elaborate(Player &player, const syntax::GameItem &item);

private:
  bool runOptimizer(OptimizerRun &run, const Decl &decl, std::vector<ArgValue> &args, SourceRange at);
  void nameHypers(OptimizerRun &run);

  Evaluator &e;
  GraphBuilder &graph;
  GameForms &forms;
  const Scope &names;
};

} // namespace agon::sema
#endif
