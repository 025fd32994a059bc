//===- Finish.h - The last pass over a model ---------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_FINISH_H
#define AGON_FRONTEND_SEMA_FINISH_H

#include "frontend/sema/Diagnose.h"
#include "frontend/sema/Model.h"
#include <set>

namespace agon::sema {

/// The last pass over an elaborated model without errors: removes the nodes that no result needs, tells the others
/// their graph's final place, and refuses constants that the build's numbers cannot hold.
class Finish : Reporting {
public:
  /// `f64`: the numbers of the build, instead of f32.
  Finish(Reporter &reporter, bool f64) : Reporting(reporter), f64(f64) {}

  void network(Network &network);
  void game(Game &game);

private:
  void graph(Graph &graph, const std::vector<Node *> &roots);
  void update(Player &player);
  void constants(const Node &node);
  void number(double value, SourceRange at);

  bool f64;
  std::set<std::pair<size_t, double>> told; ///< Begin of the place, value: one number may stand in many graphs.
};

} // namespace agon::sema
#endif
