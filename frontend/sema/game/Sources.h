//===- Sources.h - Where a game's data comes from --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_SOURCES_H
#define AGON_FRONTEND_SEMA_GAME_SOURCES_H

#include "frontend/sema/eval/Evaluator.h"

namespace agon::sema {

/// The sources of `data` lines.
class Sources : public Reporting {
public:
  explicit Sources(Evaluator &e) : Reporting(e.reporter), e(e), graph(e.graph) {}

  void elaborate(Group &group, const syntax::GameItem &item);

private:
  std::optional<std::vector<Value>> valuesOf(const Decl &decl, Group &group, const Expr &expr, Context &own);
  std::optional<std::vector<Value>> drawsOf(const Expr &expr, const Ident &callee, const Group &group, Context &own);
  Node *fieldOf(const Variable &field, const Value &value, std::string_view source, SourceRange at);

  Evaluator &e;
  GraphBuilder &graph;
};

} // namespace agon::sema
#endif
