//===- Trainer.h - Playing the game -----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_TRAINER_H
#define AGON_RUNTIME_CORE_TRAINER_H

#include "runtime/core/Feed.h"
#include "runtime/core/Instance.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/core/Objectives.h"
#include "runtime/core/Requirements.h"

#include <functional>
#include <string>
#include <vector>

namespace agon::rt {

/// At which steps something happens. It depends on the step alone, never on
/// the total, so that an interrupted and resumed run does the same.
struct Cadence {
  int64_t every = 0; ///< > 0: multiples of it; 0: the rule of `standard`
  /// Steps that count when `every` is 0.
  bool (*standard)(int64_t step) = nullptr;

  bool at(int64_t step) const { return every > 0 ? step % every == 0 : standard && standard(step); }
};

/// Log rows: every step to 10, every 10th to 1000, every 100th to 100,000, then
/// every 1000th.
bool standardLogStep(int64_t step);
/// Pictures: 1 to 9 times a power of ten, from 100 on.
bool standardSampleStep(int64_t step);

/// What becomes of a run in which a number is no longer finite.
enum class OnNan {
  Stop,
  Skip,    ///< the update of the turn that made it is taken back
  Rollback ///< it goes on from its last checkpoint, with other random draws
};

/// What a run does and when.
struct Plan {
  int64_t steps = 0; ///< the total, counted from the start of training
  Cadence log, sample, checkpoint;
  /// Without a checkpoint cadence: seconds between checkpoints.
  double checkpointSeconds = 60;
  OnNan onNan = OnNan::Stop;
  /// Whether the initial state is checkpointed though steps follow it: it is no function of the seed alone.
  bool keepInitial = false;
};

/// Receives a run's events. At one step they come in the order in which they
/// are declared.
class Observer {
public:
  virtual ~Observer() = default;
  /// After every iteration; must be cheap.
  virtual void progress(int64_t step, double secondsSpent) = 0;
  /// The values of all OBJECTIVE cells, in the order of the table, after an iteration: of each iteration, in their
  /// order, but perhaps after `progress` of a later one. At the events below those of all iterations have been told.
  virtual void objectives(std::span<const double>) {}
  /// A log row is due; metrics are computed. `stepsPerSecond` counts training alone.
  virtual void logged(int64_t step, double stepsPerSecond) = 0;
  virtual void sample(int64_t step) = 0;
  virtual void checkpoint(int64_t step) = 0;
  /// Puts the state of the last checkpoint, which was of this step, back into the cells. \returns false if it cannot
  /// be had.
  virtual bool restore(int64_t step) = 0;
  /// Steps `from` to `to` are about to be played again, to find where a number ceased to be finite.
  virtual void replaying(int64_t from, int64_t to, double seconds) = 0;
  /// A turn's update was taken back, which `what` tells in words.
  virtual void skipped(int64_t, const std::string &) {}
  /// The run goes on from step `to` with other draws, for the `count`-th time; what came after it is no longer so.
  virtual void rolledBack(int64_t, const std::string &, int64_t) {}
};

/// Plays iterations of a model's schedule.
class Trainer {
public:
  /// \param host the same game on the processor, where `instance` is elsewhere: it is asked for what must be known
  /// before an iteration (rounds, requirements), so that no iteration waits for the device. Null: `instance` is.
  Trainer(Instance &instance, Feed &feed, int64_t seed, Instance *host = nullptr);

  /// Fills data means, then lets the model initialise itself. Step 0.
  /// \param fillMean writes the DATA_MEAN cell of a bound field.
  void initialize(const std::function<void(uint32_t field)> &fillMean);

  /// Iterations completed.
  int64_t step() const { return completed; }
  /// After a checkpoint was loaded into the cells. \param file its name, for errors.
  void setStep(int64_t step, std::string file = {}, int64_t rollbacks = 0);
  /// How often the run has gone on with other random draws: a checkpoint holds it.
  int64_t rollbacks() const { return returns; }
  /// Turns of the schedule since the start of training, played or not.
  int64_t draws() const { return completed * turnsOfIteration(instance.model()); }

  /// One iteration; allocates nothing. Its objectives are looked at by nobody.
  void iterate();
  /// Fills every METRIC cell at the present step. Training is not disturbed.
  void computeMetrics();

  /// Trains up to `plan.steps`. \returns false when a signal (StopSignals) ended it early.
  /// The initial state is checkpointed only where nothing follows it, or the plan says so: it is a
  /// function of the seed, and training need not wait for a disk.
  /// \throws Failure (RunFailed) when an optimiser's arguments are not what it
  /// requires; the state before is a checkpoint then. Also when an objective,
  /// after any iteration, or the state, at a log row, a checkpoint or the end, is
  /// not finite: it says which turn and which operation first made it so, for the
  /// run is played again from the last checkpoint, which is left as it is; if
  /// there is none yet the initial state is computed again and becomes one.
  /// (BadData) when the first iteration after a checkpoint that was loaded fails
  /// for negative numbers of its memory.
  bool run(const Plan &plan, Observer &observer);
  /// Whether the state may become a checkpoint.
  bool isFinite() { return notFinite(state).empty(); }

private:
  /// The cells among these that are not finite.
  std::vector<uint32_t> notFinite(std::span<const uint32_t> cells);
  /// What became of the iteration that was looked at.
  enum class Looked {
    Fine,   ///< it stands, or does without the turns that were skipped
    Undone, ///< the run goes on from an earlier one
  };
  /// Does what the plan says if a cell of the state is not finite.
  Looked check(Observer &observer);
  Looked recover(const std::vector<uint32_t> &wrong, Observer &observer);
  void skip(int64_t last, const std::string &what, Observer &observer);
  bool keepForSkips(Observer &observer);
  void returnToCheckpoint(Observer &observer);
  std::string diagnose(const std::vector<uint32_t> &wrong, int64_t last, Observer &observer);
  std::string replay(int64_t last, Observer *skips = nullptr);
  void judgeLoaded(uint32_t turn, std::span<const uint32_t> watched, const std::vector<std::byte> &before);
  std::string explain(uint32_t turn, const std::vector<uint32_t> &wrong, const std::vector<std::byte> &before);
  std::string sentence(const agon_cell &cell, std::string_view verb) const;
  std::string playersOf(const agon_function &turn) const;
  /// Finds the turns of the iteration to come, and tells the game its number.
  void begin();
  /// Plays the turns that `begin` has found; where the device records them, as one list of calls.
  void playTurns();
  void callTurns();
  void drawFor(uint32_t position);
  void countUses();
  Looked takeObjectives(bool all, Observer &observer);
  void tellHost();
  void follow();
  struct Computed;
  void compute(const Computed &computed);
  void fillSourceMeans();
  void callInit();

  Instance &instance;
  Feed &feed;
  Instance *host;
  int64_t seed;
  int64_t completed = 0;
  int64_t lastCheckpoint = -1;
  int64_t loadedStep = -1; ///< of `loadedFile`; -1: none was loaded
  std::string loadedFile;
  int64_t lastFinite = 0; ///< the last step whose state was seen to be finite
  double secondsPerStep = 0;
  OnNan onNan = OnNan::Stop;
  int64_t returns = 0; ///< rollbacks
  /// All cells as they were after an iteration; where turns may be skipped.
  struct Kept {
    std::vector<std::byte> cells;
    int64_t step = -1;
    double when = 0, cost = 0; ///< seconds
  } kept;
  int64_t lastSkipped = -1, skippedInARow = 0; ///< iterations
  Objectives objectives;
  std::vector<uint32_t> state;                  ///< cells that must be finite wherever the run is looked at
  std::vector<std::vector<uint32_t>> turnDraws; ///< for each schedule entry: the groups that it draws
  std::vector<int64_t> uses;                    ///< for each group: minibatches drawn so far
  IterationPlan order;                          ///< the turns of the iteration to come
  /// A function for the eyes of people, and the groups that it draws.
  struct Computed {
    int function = -1;
    std::vector<uint32_t> groups;
  };
  Computed metrics, slopes;
  int averages = -1; ///< function
  Requirements requirements;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_TRAINER_H
