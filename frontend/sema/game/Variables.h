//===- Variables.h - Data, noise and lets of a game ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_VARIABLES_H
#define AGON_FRONTEND_SEMA_GAME_VARIABLES_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// One named thing of a game, elaborated when it is first read.
struct GameName {
  const syntax::GameItem *item = nullptr;
  size_t position = 0; ///< Which of the item's names.
  enum { Untouched, Running, Done, Failed } state = Untouched;
  Variable *variable = nullptr;
  Value constant; ///< A `let` of a compile-time value.
  bool used = false;
};

/// The names of a game.
class Variables : public Reporting, public Deferred {
public:
  Variables(Evaluator &e, Game &game) : Reporting(e.reporter), e(e), graph(e.graph), game(game) {}

  void declare(const Decl &decl);
  void data(const syntax::GameItem &item);
  void noise(GameName &name);
  void let(size_t index);

  Value read(int64_t index, SourceRange at) override;
  bool mayBeFunction(int64_t index) const override { return names[index].item->kind == syntax::GameItemKind::Let; }

  std::vector<GameName> names;
  Scope known; ///< What the game's expressions look names up in.

private:
  Variable *addVariable(Variable::Kind kind, const std::string &name, SourceRange range);

  Evaluator &e;
  GraphBuilder &graph;
  Game &game;
};

} // namespace agon::sema
#endif
