//===- Portrait.h - Small games as pictures ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_ANALYSIS_PORTRAIT_H
#define AGON_RUNTIME_ANALYSIS_PORTRAIT_H

#include "runtime/analysis/GameField.h"
#include "runtime/analysis/Play.h"
#include "runtime/core/Drawing.h"

#include <optional>

namespace agon::rt {

struct PortraitOptions {
  Eigen::VectorXd start;          ///< where the trajectories begin
  std::vector<Mover> movers;      ///< in the order of alternating play; empty: the flow alone is shown
  std::vector<std::string> names; ///< of the parameters
};

/// Where the field vanishes, found by Newton's method from `from`; nothing if that leads nowhere.
std::optional<Eigen::VectorXd> findEquilibrium(GameField &field, const Eigen::VectorXd &from);

/// A phase portrait of a game of one or two parameters: of two the field, where each of its elements vanishes,
/// an equilibrium, and the trajectories of the flow (Runge-Kutta, fourth order) and of both ways to play; of one the
/// field over the parameter, with the same trajectories on it.
Drawing portrait(GameField &field, const PortraitOptions &options);

} // namespace agon::rt

#endif // AGON_RUNTIME_ANALYSIS_PORTRAIT_H
