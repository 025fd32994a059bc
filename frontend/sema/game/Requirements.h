//===- Requirements.h - What optimizers demand -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_REQUIREMENTS_H
#define AGON_FRONTEND_SEMA_GAME_REQUIREMENTS_H

#include "frontend/sema/game/OptimizerRun.h"

namespace agon::sema {

/// What is asked of a chain when it has run.
class Requirements : public Reporting {
public:
  Requirements(GraphBuilder &graph, OptimizerRun &run) : Reporting(graph.reporter), graph(graph), run(run) {}

  /// Whether every optimizer of the chain has an effect on the weights, now or in a later step.
  bool checkChain();
  /// Moves what the demands are judged by out of the update, into a graph of its own.
  bool formConditions();

private:
  GraphBuilder &graph;
  OptimizerRun &run;
};

} // namespace agon::sema
#endif
