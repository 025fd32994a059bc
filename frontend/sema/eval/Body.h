//===- Body.h - Statements -------------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_BODY_H
#define AGON_FRONTEND_SEMA_EVAL_BODY_H

#include "frontend/sema/eval/Evaluator.h"
#include <functional>

namespace agon::sema {

enum class Flow { Next, Return, Fail };

/// Whether a `require` says what to do at most, and leaves what is wrong to its condition.
bool onlyHelps(const Stmt &stmt);

/// A body under execution. It has one scope of names; an optimizer's has one a
/// parameter, all at the same statement: each statement is evaluated in every
/// scope before anything changes.
class Body : public Reporting {
public:
  Body(Evaluator &e, const Decl &decl) : Reporting(e.reporter), decl(decl), scopes(1), e(e), graph(e.graph) {
    scope().library = decl.range.file && decl.range.file->isStandardLibrary;
  }
  virtual ~Body() = default;

  /// False after an error.
  bool run();

  Scope &scope() { return scopes.front(); }

  const Decl &decl;
  std::vector<Scope> scopes;
  size_t current = 0; ///< The scope at work.
  Value result;
  SourceRange resultRange;

protected:
  // What statements mean in this kind of body.
  virtual bool mustReturn() const { return true; }
  /// Before the scopes evaluate a statement's expression.
  virtual void startStatement() {}
  virtual bool mayAssign(const Ident &name) = 0;
  virtual bool mayLoopOver(const Value &, SourceRange) { return true; }
  /// What to do instead where the condition of an `if` is no truth value; empty if nothing is known.
  virtual std::string_view helpForIf(const Value &condition) const = 0;
  /// The type of what is drawn in a scope, where none is declared.
  virtual Type drawn(size_t scope) const = 0;
  virtual bool declare(const Stmt &stmt) = 0; ///< `param`, `state`
  virtual bool write(const Stmt &stmt) = 0;   ///< `<-`
  virtual bool require(const Stmt &stmt);
  virtual bool mode(const Stmt &stmt);
  virtual bool playing(const Stmt &stmt); ///< `step`, `draw`, `play`
  virtual Flow leave(const Stmt &stmt);   ///< `return`

  /// The expression's value in each scope; none after an error.
  std::optional<std::vector<Value>> evalAll(const Expr &expr);
  bool assign(Scope &into, const std::vector<Ident> &names, const Value &value, SourceRange at);

  Evaluator &e;
  GraphBuilder &graph;

private:
  Flow run(const std::vector<syntax::StmtPtr> &body);
  Flow run(const Stmt &stmt);
  bool let(const Stmt &stmt);
  Flow runIf(const Stmt &stmt);
  Flow runFor(const Stmt &stmt);
  Flow eachRound(const Stmt &stmt, const std::function<Flow(const Value &)> &round);
  bool noise(const Stmt &stmt);
  void knownNames(const Expr &expr, std::vector<std::string> &names, std::vector<std::string> &values);
};

/// The body of a function, layer or network.
class LayerBody : public Body {
public:
  using Body::Body;

protected:
  bool mayAssign(const Ident &name) override;
  std::string_view helpForIf(const Value &condition) const override;
  Type drawn(size_t scope) const override;
  bool declare(const Stmt &stmt) override;
  bool write(const Stmt &stmt) override;

private:
  std::map<std::string, int64_t> states; ///< Name of a state to its storage.
  std::map<std::string, SourceRange> storages, written;
};

} // namespace agon::sema
#endif
