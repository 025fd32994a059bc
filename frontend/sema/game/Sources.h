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
  Evaluator &e;
  GraphBuilder &graph;
};

} // namespace agon::sema
#endif
