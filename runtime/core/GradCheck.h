//===- GradCheck.h - Gradients against finite differences -------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_GRADCHECK_H
#define AGON_RUNTIME_CORE_GRADCHECK_H

#include "runtime/core/Feed.h"
#include "runtime/core/Instance.h"

#include <string>
#include <vector>

namespace agon::rt {

struct GradCheckOptions {
  int64_t seed = 0;
  double step = 0;         ///< of the differences; 0: the best of several
  std::string player;      ///< empty: all
  double tolerance = 1e-6; ///< largest relative error that passes
};

/// One parameter tensor of one player.
struct GradCheckRow {
  std::string player, parameter;
  double first = 0;       ///< relative error of the gradient
  double second = 0;      ///< relative error of the Hessian times a direction
  bool hasSecond = false; ///< whether the model can compute it
  bool passed = false;
};

/// Compares every player's gradient, and its Hessian times a random direction,
/// with central differences, at a point near the initial state (the state
/// itself has exact zeros, where rectifiers have no derivative). Random numbers
/// are the same in every evaluation. Several step widths are tried and the best
/// counts, since a wide step may cross a kink and a narrow one drowns in rounding.
/// \throws Failure (Usage): not a 64-bit build, no such player.
std::vector<GradCheckRow> checkGradients(Instance &instance, Feed &feed, const GradCheckOptions &options);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_GRADCHECK_H
