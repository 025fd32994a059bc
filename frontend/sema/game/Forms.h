//===- Forms.h - Forms whose argument is not evaluated first ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_FORMS_H
#define AGON_FRONTEND_SEMA_GAME_FORMS_H

#include "frontend/sema/game/LockstepBody.h"
#include "frontend/sema/game/OptimizerRun.h"
#include "frontend/sema/game/Variables.h"

namespace agon::sema {

/// `total`, `greatest`, `before`, `own_total`, `along`, `is_zero`, `data_mean`: what they
/// say depends on the game and on the optimizer or the way to play at work.
class GameForms : public SpecialForms, public Reporting {
public:
  explicit GameForms(Evaluator &e) : Reporting(e.reporter), e(e), graph(e.graph) {}

  Value special(const Expr &expr, const Builtin &builtin) override;

  Variables *variables = nullptr; ///< Of the game, if there is one.
  OptimizerRun *run = nullptr;    ///< Of the player whose update is elaborated.
  LockstepBody *body = nullptr;   ///< The optimizer or the way to play at work.

private:
  Evaluator &e;
  GraphBuilder &graph;
};

} // namespace agon::sema
#endif
