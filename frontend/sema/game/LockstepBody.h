//===- LockstepBody.h - Statements about all parameters ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_LOCKSTEPBODY_H
#define AGON_FRONTEND_SEMA_GAME_LOCKSTEPBODY_H

#include "frontend/sema/eval/Body.h"

namespace agon::sema {

/// The body of an optimizer or of a way to play: it has a scope for each
/// parameter, so that `total(e)` sees all of them at the same point of the program.
class LockstepBody : public Body {
public:
  using Body::Body;

  /// `total(e)`, `greatest(e)`, `own_total(e)`, `along(e, v)`, where the body has them.
  virtual Value special(const Expr &expr, std::string_view name);

protected:
  bool mustReturn() const override { return false; }
  void startStatement() override { totals.clear(); }
  bool mayAssign(const Ident &name) override;
  bool mayLoopOver(const Value &value, SourceRange at) override;

  /// "an optimizer", "a way to play"
  virtual std::string_view kind() const = 0;
  /// Whether the name is written by `<-`.
  virtual bool isMemory(const std::string &name) const = 0;

  /// An expression's value in each of the scopes; none after an error.
  std::optional<std::vector<Node *>> nodesOf(const Expr &expr);
  /// The sum, or the greatest, of all elements of what an expression is in the scopes among `list`.
  Value overAll(const Expr &expr, const std::vector<size_t> &list, bool sum);
  /// What all elements of a tensor add up to, or the greatest of them; null for null.
  Node *whole(Op reduction, Node *node);
  /// A state in one scope: the type that it declares, or that of the parameter, and the number that it begins with.
  struct Begin {
    Type type;
    double initial;
  };
  /// One in each of the scopes, whose parameters have these types; none after an error.
  std::optional<std::vector<Begin>> beginnings(const Stmt &stmt, const std::vector<Type> &types);
  static std::vector<Type> typesOf(const std::vector<Node *> &nodes);
  /// What a statement writes into values of these types, `name` in messages; none after an error.
  std::optional<std::vector<Node *>> written(const Stmt &stmt, std::string_view name, const std::vector<Type> &types);

private:
  std::optional<double> initialValue(const Stmt &stmt);

  std::map<std::pair<const Expr *, size_t>, Value> totals; ///< Of the statement at work, by the first scope.
};

} // namespace agon::sema
#endif
