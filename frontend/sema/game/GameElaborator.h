//===- GameElaborator.h - The items of a game ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_GAMEELABORATOR_H
#define AGON_FRONTEND_SEMA_GAME_GAMEELABORATOR_H

#include "frontend/sema/eval/Networks.h"
#include "frontend/sema/game/Forms.h"
#include "frontend/sema/game/Variables.h"

namespace agon::sema {

/// Elaborates a game into model.game.
class GameElaborator : public Reporting {
public:
  GameElaborator(Networks &networks, GameForms &forms, Model &model)
      : Reporting(networks.reporter), networks(networks), e(networks.e), graph(e.graph), forms(forms), model(model),
        game(model.game.emplace()), variables(e, game), variablesOfForms(forms.variables, &variables) {}

  void elaborate(const Decl &decl);

private:
  void metric(const syntax::GameItem &item);
  void initial(const syntax::GameItem &item);

  Networks &networks;
  Evaluator &e;
  GraphBuilder &graph;
  GameForms &forms;
  Model &model;
  Game &game;
  Variables variables;
  Saved<Variables *> variablesOfForms;
  std::map<std::string, SourceRange> initials; ///< The places of `init` items, by the parameter's full name.
};

} // namespace agon::sema
#endif
