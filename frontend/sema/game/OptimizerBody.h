//===- OptimizerBody.h - An optimizer's statements -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OPTIMIZERBODY_H
#define AGON_FRONTEND_SEMA_GAME_OPTIMIZERBODY_H

#include "frontend/sema/eval/Body.h"
#include "frontend/sema/game/OptimizerRun.h"

namespace agon::sema {

/// The body of an optimizer, with a scope for each parameter of the player, so
/// that `total(e)` sees all of them at the same point of the program.
class OptimizerBody : public Body {
public:
  OptimizerBody(Evaluator &e, const Decl &decl, OptimizerRun &optimizers);

  /// `total(e)`, `greatest(e)`: of all elements of all parameters of the player.
  Value overAll(const Expr &expr, std::string_view name);
  /// `before(w)`: the parameter as the update found it.
  Value before(const Expr &expr);

protected:
  bool mustReturn() const override { return false; }
  void startStatement() override { totals.clear(); }
  bool mayAssign(const Ident &name) override;
  bool mayLoopOver(const Value &value, SourceRange at) override;
  std::string_view helpForIf(const Value &condition) const override;
  Type drawn(size_t scope) const override { return optimizers.weights[scope]->type; }
  bool declare(const Stmt &stmt) override;
  bool write(const Stmt &stmt) override;
  bool require(const Stmt &stmt) override;
  Flow leave(const Stmt &stmt) override;

private:
  bool isMemory(const std::string &name) const;

  OptimizerRun &optimizers;
  std::vector<std::map<std::string, int64_t>> slotOf; ///< One a parameter: name to slot.
  std::unordered_map<const Expr *, Value> totals;     ///< Of the statement at work.
};

} // namespace agon::sema
#endif
