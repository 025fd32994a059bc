//===- OptimizerRun.h - What a chain of optimizers works on ----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_GAME_OPTIMIZERRUN_H
#define AGON_FRONTEND_SEMA_GAME_OPTIMIZERRUN_H

#include "frontend/sema/graph/GraphBuilder.h"

namespace agon::sema {

/// An optimiser's numeric argument.
struct HyperArg {
  std::string optimizer, name;
  Value value;       ///< A number, or a Hyper tensor.
  SourceRange range; ///< The argument as given, or the optimizer where it is left out.
  Node *node = nullptr;
  bool read = false; ///< By more than a `require`: `--set` may override it.
  int64_t index = -1;
};

/// A `require` that was not broken while compiling.
struct Demand {
  std::string optimizer, condition;
  Node *holds; ///< In the player's update; a truth value.
};

/// What one optimizer of a chain found, and what it wrote.
struct ChainLink {
  const syntax::Expr *expr;
  std::vector<Node *> weights, cotangents; ///< As it found them, one a parameter.
  std::vector<Node *> written;             ///< Of weights, cotangents and slots.
  bool movesWeights = false;
};

/// The chain of optimizers of one player, at work.
class OptimizerRun : public Deferred {
public:
  OptimizerRun(GraphBuilder &graph, Player &player) : player(player), graph(graph) {}

  /// The value of a numeric argument: a number becomes a hyperparameter when it is read.
  Value read(int64_t index, SourceRange at) override;

  Player &player;
  std::vector<Node *> weights, cotangents, slots;
  std::vector<HyperArg> hypers;
  std::string optimizer; ///< The element of the chain at work.
  std::vector<Demand> demands;
  std::vector<ChainLink> chain;
  /// In a `require`: arguments that it reads. `plainly` where they stand for what is known while compiling.
  std::vector<int64_t> *judging = nullptr;
  bool plainly = false;
  Node *step = nullptr;

private:
  GraphBuilder &graph;
};

} // namespace agon::sema
#endif
