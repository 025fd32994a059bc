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
  double step = 0;         ///< of the differences; 0: the best of several, which also judge what fails at this one
  std::string player;      ///< whose objectives; empty: all
  double tolerance = 1e-6; ///< largest relative error that passes
};

/// One derivative against differences. Several steps are tried, since a wide one may cross a kink and a narrow one
/// drowns in rounding.
struct Comparison {
  double error = 0; ///< greatest difference, relative to `scale`
  double step = 0;  ///< of the differences
  double scale = 0; ///< the larger of the two derivatives, or a millionth of the function where both are smaller
  /// A kink is where differences at several steps disagree with each other. Near one the widest step that stays on
  /// this side of it is used; at one the derivative must lie between those of the two sides.
  enum Kink { None, Near, At } kink = None;
  bool passed = true;
  bool otherStep = false; ///< the step that was asked for is not fit for it: `step`, or several, decided
};

/// One parameter tensor of one player, by its own objective or by that of a move.
struct GradCheckRow {
  std::string objective, parameter;
  int64_t entries = 0;            ///< of the tensor
  std::vector<Comparison> first;  ///< the gradient along a direction through all entries, then at single entries
  std::vector<Comparison> second; ///< the Hessian times a direction, all entries; empty if the model cannot compute it
  bool passed = false;
};

/// The worst of some comparisons: one that failed, or else the one of the greatest error. There is one at least.
const Comparison &worst(const std::vector<Comparison> &comparisons);

/// Compares the gradient of every player and of every move, and each player's Hessian times a random direction,
/// with central differences, at a point near the initial state (the state
/// itself has exact zeros, where rectifiers have no derivative). Random numbers
/// are the same in every evaluation.
/// \throws Failure (Usage): not a 64-bit build, no such player.
std::vector<GradCheckRow> checkGradients(Instance &instance, Feed &feed, const GradCheckOptions &options);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_GRADCHECK_H
