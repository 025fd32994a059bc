//===- OptimizerBody.h - An optimizer's statements -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OPTIMIZERBODY_H
#define AGON_FRONTEND_SEMA_GAME_OPTIMIZERBODY_H

#include "frontend/sema/game/LockstepBody.h"
#include "frontend/sema/game/OptimizerRun.h"

namespace agon::sema {

/// The body of an optimizer, with a scope for each parameter of the player.
class OptimizerBody : public LockstepBody {
public:
  OptimizerBody(Evaluator &e, const Decl &decl, OptimizerRun &optimizers);

  Value special(const Expr &expr, std::string_view name) override;

protected:
  std::string_view kind() const override { return "an optimizer"; }
  bool isMemory(const std::string &name) const override;
  std::string_view helpForIf(const Value &condition) const override;
  Type drawn(size_t scope) const override { return optimizers.weights[scope]->type; }
  bool declare(const Stmt &stmt) override;
  bool write(const Stmt &stmt) override;
  bool require(const Stmt &stmt) override;
  Flow leave(const Stmt &stmt) override;

private:
  Value before(const Expr &expr);

  OptimizerRun &optimizers;
  std::vector<std::map<std::string, int64_t>> slotOf; ///< One a parameter: name to slot.
};

} // namespace agon::sema
#endif
