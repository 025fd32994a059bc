//===- RunObserver.h - A run's files and its progress -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_RUNOBSERVER_H
#define AGON_RUNTIME_CLI_RUNOBSERVER_H

#include "runtime/cli/KeptCheckpoints.h"
#include "runtime/cli/LiveLine.h"
#include "runtime/cli/Run.h"
#include "runtime/cli/RunDirectory.h"
#include "runtime/cli/TracedIterations.h"
#include "runtime/core/Diagnostics.h"
#include "runtime/core/Trainer.h"
#include "runtime/io/Events.h"
#include "runtime/io/Log.h"

#include <functional>
#include <string>
#include <vector>

namespace agon::rt {

/// Writes a run's files and tells its progress.
class RunObserver : public Observer {
public:
  RunObserver(Instance &instance, DataSet &data, const RunPaths &paths, const DirectoryLock &lock, RunFile &run,
              Log &log, KeptCheckpoints &kept, EventFile *events, TracedIterations &traced, bool quiet);

  void progress(int64_t step, double seconds) override;
  void objectives(std::span<const double> values) override;
  void logged(int64_t step, double stepsPerSecond) override;
  void sample(int64_t step) override;
  void checkpoint(int64_t step) override;
  bool restore(int64_t step) override;
  void replaying(int64_t from, int64_t to, double seconds) override;
  void skipped(int64_t step, const std::string &what) override;
  void rolledBack(int64_t to, const std::string &what, int64_t count) override;

  /// Makes an animation of each generator's pictures up to this step.
  void animate(int64_t step);

  /// Ends the live line.
  void endLine();

  /// Prints, unless the run is quiet. A run goes on when what it prints does not arrive.
  void tell(const std::string &text);

  /// \throws Failure (InputOutput) when what was printed did not arrive; but a reader may leave, and a
  /// terminal hang up.
  void checkOutput() const;

private:
  /// Tells of what became of a number that is no longer finite, and has run.json keep it from the next checkpoint on.
  void note(int64_t step, const std::string &fault);

  /// Writes the live line over the one before. Metrics are computed for rows of the log only: those of the last
  /// row are shown, with its step where that is another.
  void draw(int64_t step, double time);
  /// Whether a line that stays is due, where there is no live one: a second after the last one, later more rarely.
  bool isLineDue(double time) const;
  /// Tells of what is wrong on standard error, in place of the live line, which comes again.
  void warn(const std::string &text);

  /// A network whose pictures are drawn.
  struct Shown {
    uint32_t network;
    std::function<Image()> draw;
  };
  Instance &instance;
  DataSet &data;
  const RunPaths &paths;
  const DirectoryLock &lock; ///< checked before each file is written
  RunFile &run;
  Log &log;
  KeptCheckpoints &kept;
  EventFile *events; ///< null: none are written
  TracedIterations &traced;
  bool quiet, live, runFileIsTrue = false;
  int outputError = 0; ///< errno
  double begun, lastLine;
  LiveLine line;
  bool lineStands = false;
  std::vector<double> lastObjectives; ///< of the last iteration that told them
  int64_t rowStep = -1;
  std::string metrics; ///< of the log's last row, of step `rowStep`
  std::vector<Shown> shown;
  Diagnostics diagnostics;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_RUNOBSERVER_H
