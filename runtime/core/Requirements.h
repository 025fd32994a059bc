//===- Requirements.h - What optimisers demand ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_REQUIREMENTS_H
#define AGON_RUNTIME_CORE_REQUIREMENTS_H

#include "runtime/core/Instance.h"

#include <map>

namespace agon::rt {

/// Judges the arguments of a game's optimisers, such as a rate that a schedule
/// or `--set` has made negative.
class Requirements {
public:
  explicit Requirements(Instance &instance);

  /// What one of the overrides breaks at its player's next step, told in words; empty where all is well.
  std::string brokenBy(const std::map<std::string, double> &overrides) const;
  /// The same for the turns of the iteration to come, indices into the schedule, whatever is to blame. What depends
  /// neither on the step nor on the iteration is judged once. Cells that a run keeps are as before.
  std::string brokenNext(std::span<const uint32_t> turns);
  /// Counts the steps of these turns, where another instance has played them.
  void countSteps(std::span<const uint32_t> turns);

private:
  struct Check {
    uint32_t function;
    std::vector<uint32_t> cells; ///< REQUIREMENT cells that it fills.
  };
  /// Runs the check; the first cell that is broken, or -1.
  int firstBroken(const Check &check) const;
  /// A cell's name with its values.
  std::string told(uint32_t cell) const;

  struct Move {
    size_t check;
    uint32_t step; ///< The player's STEP cell.
  };
  Instance &instance;
  std::vector<Check> checks;
  std::vector<std::vector<Move>> moves; ///< Of each turn of the schedule, where the step or the iteration decides.
  std::vector<Move> after;              ///< Of what follows the turns of an iteration, likewise.
  bool judgedConstants = false;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_REQUIREMENTS_H
