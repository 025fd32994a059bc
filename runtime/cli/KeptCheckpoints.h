//===- KeptCheckpoints.h - Checkpoints beside the last one ------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_KEPTCHECKPOINTS_H
#define AGON_RUNTIME_CLI_KEPTCHECKPOINTS_H

#include "runtime/cli/Run.h"

#include <optional>
#include <string>

namespace agon::rt {

/// The checkpoints that a run keeps beside `checkpoint.safetensors`: the last ones by their steps (`--keep`), and the
/// one at whose row of the log a column was best (`--best`). A file is complete before another one that it replaces
/// goes. They are copies, which no program that writes into one of them spoils for the others.
class KeptCheckpoints {
public:
  /// \param run has `keep`, `best` and `checkpointEvery`. \param resumed whether the best one so far counts.
  /// \throws Failure: Usage for a column that the log has not; BadData when the best one so far is damaged.
  KeptCheckpoints(const Instance &instance, const RunPaths &paths, const RunFile &run, bool resumed);

  /// After a row of the log: keeps the state if it is the best so far.
  void judge(int64_t step);
  /// Before a checkpoint of this step is written: keeps it by its number.
  void keep(int64_t step) const;
  /// After it was written: removes those that are no longer among the last ones up to this step.
  void removeOlder(int64_t step) const;

private:
  /// For `keep` and `removeOlder`: whether there is a numbered checkpoint of this step.
  bool isNumbered(int64_t step) const;
  /// For the constructor: finds the column. \param resumed whether the run may have it from before.
  void chooseColumn(bool resumed);
  /// For the constructor: the value of the best checkpoint that is there, if it is of the same column.
  void readBest();

  const Instance &instance;
  const RunPaths &paths;
  const RunFile &run;
  int column = -1; ///< a cell; -1: none is asked for
  bool greatest = false;
  std::optional<double> best;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_KEPTCHECKPOINTS_H
