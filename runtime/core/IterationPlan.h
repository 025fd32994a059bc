//===- IterationPlan.h - The turns of one iteration --------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_ITERATIONPLAN_H
#define AGON_RUNTIME_CORE_ITERATIONPLAN_H

#include "runtime/core/Instance.h"

#include <span>
#include <vector>

namespace agon::rt {

/// By how many numbers of draws an iteration is apart from the one before.
inline int64_t turnsOfIteration(const agon_model &model) {
  return model.num_repeats ? AGON_TURNS_OF_ITERATION : int64_t(model.num_schedule);
}

/// Which turns of the schedule an iteration plays, in order: those whose period
/// it meets, as often as the repeats around them say.
class IterationPlan {
public:
  /// \param host the same game on the processor, which is asked for rounds so that `instance` need not be waited for.
  explicit IterationPlan(Instance &instance, Instance *host = nullptr);

  /// Fills the ITERATION cell, and the plan, for the iteration after `completed` others.
  /// \throws Failure (RunFailed) when a number of rounds is no whole number from 0 on, or the turns are too many.
  void begin(int64_t completed);
  /// Fills the ITERATION cell alone.
  void setIteration(int64_t number);

  /// Indices into the schedule.
  std::span<const uint32_t> turns() const { return list; }
  /// A number for this list of turns; another list has another, but for chance.
  uint64_t number() const;
  /// Whether what is played depends on more than the period.
  bool varies() const { return instance.model().num_repeats > 0; }

private:
  void add(int64_t completed, uint32_t first, uint32_t end, uint32_t repeat);
  uint32_t roundsOf(const agon_repeat &repeat, int64_t completed) const;

  Instance &instance, &counting; ///< the game that is played, and the one that tells rounds
  std::vector<uint32_t> list;
  int cell = -1;     ///< ITERATION
  int function = -1; ///< ROUNDS
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_ITERATIONPLAN_H
