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
  bool range(const syntax::DataField &field, Variable &variable);
  // What a let or a value stands for; false after an error.
  bool contested(GameName &name, const Expr &expr, std::unique_ptr<Variable> variable);
  bool one(GameName &name, const Expr &expr, std::unique_ptr<Variable> variable);
  bool several(const std::vector<size_t> &siblings, const Expr &expr, std::unique_ptr<Variable> whole);
  bool part(GameName &name, const Variable &whole, const Type &type, bool row, int64_t &offset);
  /// `name` is `variable` with this value; false if there is none.
  bool define(GameName &name, std::unique_ptr<Variable> variable, Node *result);

  Evaluator &e;
  GraphBuilder &graph;
  Game &game;
};

} // namespace agon::sema
#endif
