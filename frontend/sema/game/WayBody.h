//===- WayBody.h - A way to play at work ------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_WAYBODY_H
#define AGON_FRONTEND_SEMA_GAME_WAYBODY_H

#include "frontend/sema/GivenNames.h"
#include "frontend/sema/game/LockstepBody.h"
#include "frontend/sema/game/TurnGraph.h"

namespace agon::sema {

/// The body of a way to play, with a scope for each parameter of the movers. It
/// becomes turns: one ends, and the next begins, at each `draw` and `play`.
class WayBody : public LockstepBody, public Deferred, public Carrier {
public:
  /// `block` is the turns that `play` stands for; `name` tells this application from others, for its memory.
  WayBody(Evaluator &e, const Decl &decl, Game &game, std::vector<Mover> movers, Schedule block, std::string name);

  /// Runs the body; the turns that it plays, as they are scheduled. None after an error.
  std::optional<Schedule> play(std::vector<ArgValue> &args, SourceRange at);

  /// `g`, the gradients where the parameters are.
  Value read(int64_t index, SourceRange at) override;
  Node *carry(Node *node) override;
  Value special(const Expr &expr, std::string_view name) override;

protected:
  std::string_view kind() const override { return "a way to play"; }
  void startStatement() override;
  bool isMemory(const std::string &name) const override { return name == given::weight || memoryOf.count(name); }
  bool mayAssign(const Ident &name) override;
  std::string_view helpForIf(const Value &condition) const override;
  Type drawn(size_t scope) const override { return segment().weights[scope]->type; }
  bool declare(const Stmt &stmt) override;
  bool write(const Stmt &stmt) override;
  bool require(const Stmt &stmt) override;
  bool playing(const Stmt &stmt) override;
  Flow leave(const Stmt &stmt) override;

private:
  TurnGraph &segment() { return *segments.back(); }
  const TurnGraph &segment() const { return *segments.back(); }
  void begin();
  void setNames();
  bool step(const Stmt &stmt);
  int64_t remember(const std::string &what, size_t scope, double initial, const Type &type);
  Value ownTotal(const Expr &expr);
  Value along(const Expr &expr);
  Node *inner(const TurnGraph::Nodes &a, const TurnGraph::Nodes &b, SourceRange at);
  void groupGradients(Graph &graph);
  Schedule schedule();

  Game &game;
  const std::vector<Mover> movers;
  const Schedule block;
  const std::string name;
  std::vector<std::unique_ptr<TurnGraph>> segments;
  std::vector<bool> blockFollows;                       ///< The segments: whether the block is played after it.
  std::vector<size_t> moverOf;                          ///< The scopes: their parameter's.
  TurnGraph::Nodes gradients;                           ///< `g`, if it has been read where the parameters are now.
  std::map<std::string, std::vector<int64_t>> memoryOf; ///< The states: a memory a scope.
  std::map<const Node *, int64_t> carried;              ///< The memories of values from one segment to a later one.
  std::map<const Expr *, TurnGraph::Nodes> directional; ///< `along`, of the statement at work.
  int64_t numDuals = 0;                                 ///< So that no two of them are one to the compiler.
};

} // namespace agon::sema
#endif
