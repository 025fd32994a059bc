//===- Train.cpp - train --------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/cli/Run.h"
#include "runtime/cli/RunDirectory.h"
#include "runtime/cli/RunObserver.h"
#include "runtime/cli/TracedIterations.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Signals.h"
#include "runtime/core/Suggest.h"
#include "runtime/core/Trainer.h"
#include "runtime/io/Events.h"
#include "runtime/io/File.h"
#include "runtime/io/Log.h"
#include "support/AtomicFile.h"
#include "support/Shown.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

using namespace agon::rt;

namespace {

/// The overrides in force from `step` on: those before, and new ones, which are remembered. \returns what is to be told
/// of these once they are known to be taken.
std::vector<std::string> override(const Instance &instance, const TrainOptions &options, int64_t step, RunFile &run) {
  std::vector<std::string> notes;
  for (const auto &[name, value] : parseOverrides(instance, options.set)) {
    auto entry = run.overrides.find(name);
    if (entry != run.overrides.end() && entry->second == value)
      continue;
    if (options.resume)
      notes.push_back(
          fmt::format("{} is {} from step {} on, was {}", name, value, step,
                      entry == run.overrides.end() ? "as the model has it" : fmt::format("{}", entry->second)));
    run.settings.push_back({step, name, value});
    run.overrides[name] = value;
  }
  return notes;
}

/// The rule by which a state is best, as run.json has it: empty where there is none.
std::string ruleOfBest(const TrainOptions &options) { return options.best == "none" ? std::string() : options.best; }

/// What a resumed run takes from the one that it goes on with, and what must not be contradicted.
void mergeWithRun(const TrainOptions &options, const CheckpointInfo &info, const RunFile &before, RunFile &run) {
  if (options.seed && *options.seed != info.seed)
    fail(ExitCode::Usage, "the run's seed is {}, got --seed {}; leave it out", info.seed, *options.seed);
  if (options.steps < info.iteration)
    fail(ExitCode::Usage, "the run is at step {}, past --steps {} (the total)", info.iteration, options.steps);
  run.seed = info.seed;
  // What was set since the checkpoint was written is in run.json only.
  run.overrides = before.overrides.empty() ? info.overrides : before.overrides;
  run.weights = before.weights;
  run.settings = before.settings;
  run.changes = before.changes;
  run.logEvery = options.logEvery.value_or(before.logEvery);
  run.sampleEvery = options.sampleEvery.value_or(before.sampleEvery);
  run.checkpointEvery = options.checkpointEvery.value_or(before.checkpointEvery);
  run.keep = options.keep.value_or(before.keep);
  run.best = options.best.empty() ? before.best : ruleOfBest(options);
  run.onNan = options.onNan.empty() ? before.onNan : options.onNan;
  run.rollbacks = info.rollbacks;
  for (const RunFile::Change &fault : before.faults)
    if (fault.step <= info.iteration)
      run.faults.push_back(fault);
}

/// Another model may lack what was set for the one before.
void dropUnknownOverrides(const Instance &instance, RunFile &run, std::vector<std::string> &changes) {
  std::erase_if(run.overrides, [&](const auto &entry) {
    if (instance.findCell(AGON_CELL_HYPER, entry.first) >= 0)
      return false;
    changes.push_back(
        fmt::format("--set {}={} is dropped, this model has no {}", entry.first, entry.second, entry.first));
    std::fprintf(stderr, "%s: note: %s\n", instance.model().name, changes.back().c_str());
    return true;
  });
}

/// \throws Failure (Usage) for a word that is none.
OnNan onNanOf(const std::string &word) {
  static const std::vector<std::string> words = {"stop", "skip", "rollback"};
  auto found = std::ranges::find(words, word);
  if (found == words.end())
    fail(ExitCode::Usage, "expected --on-nan to be stop, skip or rollback, got '{}'{}", word, suggestion(word, words));
  return OnNan(found - words.begin());
}

/// The last step up to `step` that a row is due at; 0 where there is none. \param every of --log-every, 0: as a rule.
int64_t lastRow(int64_t every, int64_t step) {
  if (every > 0)
    return step - step % every;
  while (step > 0 && !standardLogStep(step))
    --step; // a thousand times at most
  return step;
}

/// A run from its options to its last checkpoint.
class Run {
public:
  Run(const Machine &on, const TrainOptions &options)
      : model(on.model), options(options), instance(on.model, on.device), host(hostOf(on)), namesDevice(on.isChosen),
        paths(options.out.empty() ? fmt::format("{}-run", on.model.name) : options.out) {}

  /// Binds the data and fills all cells, of a new run or of the one that is resumed. Writes nothing.
  void prepare();
  /// Trains. \returns whether all steps were taken; false after a signal.
  bool train();
  /// Says and writes how it ended.
  void close(bool finished);

private:
  void lockDirectory();
  void bindData();
  void begin();
  void resume();
  void judge(const CheckpointInfo &found);
  void loadWithoutMissing(CheckpointUse use);
  bool isLoaded(uint32_t cell) const;
  void noteChange(const std::string &text);
  std::unique_ptr<Log> resumeLog(const Plan &plan);
  EventFile::Numbers hyperparameters() const;
  bool trainOn(const Plan &plan);
  void saveAfter(const Failure &failure);

  StopSignals signals; // from the start on: what comes while data is read counts too
  const agon_model &model;
  const TrainOptions &options;
  Instance instance;
  std::unique_ptr<Instance> host;
  bool namesDevice; ///< tells where it plays
  RunPaths paths;
  std::optional<DirectoryLock> lock;
  RunFile run, before; ///< run.json as it is to be, and of the run that is resumed
  CheckpointInfo info; ///< of the checkpoint that is resumed
  bool loaded = false; ///< from a checkpoint
  std::optional<DataSet> data;
  std::optional<Trainer> trainer;
  std::vector<std::string> notes; ///< of what was set, for when it is known to be taken
  std::unique_ptr<Log> log;
  std::optional<KeptCheckpoints> kept;
  std::unique_ptr<EventFile> events; ///< null: none are written
  std::optional<TracedIterations> traced;
  std::optional<RunObserver> observer;
  std::chrono::steady_clock::time_point start;
};

/// Keeps others out of the run's directory, and refuses one that holds a run already.
void Run::lockDirectory() {
  lock.emplace(paths.directory);
  if (!options.resume && !options.force && paths.occupied())
    fail(ExitCode::Usage,
         "{} already holds a run; continue it with --resume, replace it with --force, "
         "or choose another --out",
         paths.directory);
}

/// Opens the data that the turns and metrics read, for `prepare`.
void Run::bindData() {
  data.emplace(openData(instance, options.data, before.data, run.seed, {.cache = options.dataCache}, options.flip,
                        options.skipDamaged));
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    requireData(instance, *data, instance.function(model.schedule[i]));
  if (int metrics = instance.findFunction(AGON_FN_METRICS); metrics >= 0)
    requireData(instance, *data, instance.function(uint32_t(metrics)));
  run.data = rememberedData(*data);
}

/// What a new run is told by its options.
void Run::begin() {
  run.seed = options.seed.value_or(0);
  run.logEvery = options.logEvery.value_or(0);
  run.sampleEvery = options.sampleEvery.value_or(0);
  run.checkpointEvery = options.checkpointEvery.value_or(0);
  run.keep = options.keep.value_or(0);
  run.best = ruleOfBest(options);
  run.onNan = options.onNan.empty() ? "stop" : options.onNan;
  bindData();
}

/// Decides whether a run may go on from the checkpoint `found`, and remembers what has changed since.
void Run::judge(const CheckpointInfo &found) {
  if (!found.hasHistory)
    fail(ExitCode::BadData,
         "{} was written by another tool, without iteration and seed; it can be sampled and evaluated, not resumed",
         paths.checkpoint());
  mergeWithRun(options, found, before, run);
  std::vector<Difference> ofModel = modelDifferences(model, found.model), ofData;
  try {
    bindData();
    ofData = dataDifferences(*data, before);
  } catch (const Failure &) {
    // What another model makes of the data is not the first thing to tell.
    if (options.acceptChanges || !blocksResume(ofModel))
      throw;
  }
  std::vector<std::string> changes =
      judgeResume(model, paths.directory, found.model, ofModel, ofData, options.acceptChanges);
  if (options.acceptChanges)
    dropUnknownOverrides(instance, run, changes);
  for (const std::string &text : changes)
    if (RunFile::Change change{found.iteration, text}; !std::count(run.changes.begin(), run.changes.end(), change))
      run.changes.push_back(change);
}

/// Fills the cells from the run's checkpoint, or as in a new run where it ended before its first one.
void Run::resume() {
  before = readRunFile(paths.run()).value_or(RunFile());
  CheckpointUse use;
  use.judge = [&](const CheckpointInfo &found) { judge(found); };
  if (options.acceptChanges)
    use.need = [&](uint32_t cell) { return isLoaded(cell) ? Need::Required : Need::Wanted; };
  if (endedBeforeItsFirstCheckpoint(paths, before)) {
    info.seed = before.seed;
    info.model = before.model;
    judge(info);
    return;
  }
  info = loadRun(instance, paths.directory, use).info;
  loaded = true;
  if (!info.missing.empty())
    loadWithoutMissing(std::move(use));
  if (!info.unknown.empty())
    noteChange(fmt::format("dropped, since this model has none: {}", fmt::join(info.unknown, ", ")));
}

/// Tells, and keeps in run.json, what a run that goes on loses.
void Run::noteChange(const std::string &text) {
  run.changes.push_back({info.iteration, text});
  std::fprintf(stderr, "%s: note: %s\n", model.name, agon::support::shown(text).c_str());
}

/// Whether a cell belongs to a network whose weights are read from a file: nothing else can begin them anew.
bool Run::isLoaded(uint32_t cell) const {
  return std::any_of(model.loads, model.loads + model.num_loads, [&](const agon_load &load) {
    return std::ranges::count(instance.weightsOf(load.network), cell) > 0;
  });
}

/// What the checkpoint lacks begins as in a new run; the rest is loaded once more.
void Run::loadWithoutMissing(CheckpointUse use) {
  Trainer(instance, *data, run.seed).initialize([&](uint32_t field) { data->fillMean(field); });
  use.judge = nullptr;
  info = loadRun(instance, paths.directory, use).info;
  bool anyTaken = std::ranges::any_of(instance.cellsOf(AGON_CELL_PARAMETER), [&](uint32_t cell) {
    return !std::ranges::count(info.missing, instance.cell(cell).name);
  });
  if (!anyTaken)
    fail(ExitCode::BadData, "{} holds no parameter of this model in its shape; begin anew with --force",
         paths.checkpoint());
  for (const agon_average &average : instance.averages())
    if (std::ranges::any_of(instance.shadowsOf(average), [&](auto cells) {
          return std::ranges::count(info.missing, instance.cell(cells.second).name) > 0;
        }))
      instance.startAverage(average);
  noteChange(fmt::format("begin anew: {}", fmt::join(info.missing, ", ")));
}

/// Refuses a name for the trace that cannot be written, rather now than after the iterations.
void judgeProfile(const std::string &profile) {
  if (profile.empty())
    return;
  if (isOfAnotherKind(profile, "["))
    fail(ExitCode::Usage, "{} exists and is no trace; choose another name for --profile", profile);
  if (isRegularFile(profile) || !fileExists(profile))
    AtomicFile probe(profile);
}

void Run::prepare() {
  if (options.resume && options.force)
    fail(ExitCode::Usage, "--resume continues a run and --force discards it; give one of them");
  if (options.resume && !(options.init.empty() && options.rename.empty()))
    fail(ExitCode::Usage, "--init begins a new run; the run that --resume continues has all weights in its checkpoint");
  if (fileExists(paths.directory))
    lockDirectory();
  options.resume ? resume() : begin();
  (void)onNanOf(run.onNan);
  kept.emplace(instance, paths, run, options.resume);
  run.steps = options.steps;
  run.threads = instance.threads();
  notes = override(instance, options, info.iteration, run);
  applyOverrides(instance, run.overrides);

  trainer.emplace(instance, *data, run.seed, host.get());
  if (loaded) {
    trainer->setStep(info.iteration, paths.checkpoint(), info.rollbacks);
  } else {
    InitialWeights weights(instance, options.init, options.rename, before.weights);
    weights.initialize(*trainer, *data);
    run.weights = weights.sources();
  }
  judgeOverrides(instance, run.overrides);
  judgeProfile(options.profile);
}

/// The log of the run before, without the rows that this run writes again. Tells of rows that somebody has removed.
std::unique_ptr<Log> Run::resumeLog(const Plan &plan) {
  bool isThere = fileExists(paths.log());
  auto resumed = std::make_unique<Log>(instance, paths.log(), [&](int64_t step) {
    // An earlier total's last row is none of this run's.
    return step < info.iteration || run.steps == info.iteration ? step <= info.iteration
                                                                : step == info.iteration && plan.log.at(step);
  });
  bool isTotal = run.steps == info.iteration && before.steps == info.iteration; // whose row is due anyway
  int64_t last = isTotal ? info.iteration : lastRow(before.logEvery, info.iteration);
  if (!isThere || !before.isKnown)
    last = 0;
  if (last > resumed->lastStep())
    std::fprintf(stderr, "%s: warning: %s: rows after step %lld, up to step %lld, are missing\n", model.name,
                 agon::support::shown(paths.log()).c_str(), (long long)resumed->lastStep(), (long long)last);
  return resumed;
}

bool Run::train() {
  for (const std::string &note : notes)
    std::fprintf(stderr, "%s: note: %s\n", model.name, note.c_str());
  // From here on files are written.
  makeDirectories(paths.samples());
  if (!lock)
    lockDirectory();
  removeUnfinishedFiles(paths);
  if (options.force)
    removeOldRun(paths);
  Plan plan;
  plan.steps = run.steps;
  plan.log = {run.logEvery, standardLogStep};
  plan.sample = {run.sampleEvery, standardSampleStep};
  plan.checkpoint = {run.checkpointEvery, nullptr};
  plan.keepInitial = !run.weights.empty();
  plan.onNan = onNanOf(run.onNan);
  // What is there when a write fails can be resumed, or is nothing yet: run.json comes first, unless
  // the log of the run before is still to be judged.
  if (options.resume)
    log = resumeLog(plan);
  writeRunFile(instance, run, paths.run(), Durability::Lazy);
  if (!log)
    log = std::make_unique<Log>(instance, paths.log());
  if (options.jsonl || (options.resume && fileExists(paths.jsonLog())))
    log->alsoWrite(paths.jsonLog());
  if (options.tensorboard || (options.resume && !eventFilesOf(paths.directory).empty()))
    events = std::make_unique<EventFile>(paths.directory, info.iteration, hyperparameters());
  return trainOn(plan);
}

/// What TensorBoard shows a run to be begun with: its seed and all that --set could set.
EventFile::Numbers Run::hyperparameters() const {
  EventFile::Numbers numbers = {{"seed", double(run.seed)}};
  for (uint32_t index : instance.cellsOf(AGON_CELL_HYPER))
    numbers.emplace_back(instance.cell(index).name, instance.read(instance.cell(index)));
  return numbers;
}

/// Takes the steps, for `train`, and saves what can be saved where one fails.
bool Run::trainOn(const Plan &plan) {
  traced.emplace(instance, options.profile, trainer->step(), run.steps);
  bool quiet = options.quiet || !hasOutput(model, "progress is not shown");
  observer.emplace(instance, *data, paths, *lock, run, *log, *kept, events.get(), *traced, quiet);
  if (namesDevice)
    observer->tell(fmt::format("on {}\n", instance.device().name));
  start = std::chrono::steady_clock::now();
  signals.letCallsGoOn();
  bool finished = false;
  try {
    // A run that failed in writing its best state has kept the last one, which is of the same step.
    if (loaded && !run.best.empty() && plan.log.at(trainer->step())) {
      trainer->computeMetrics();
      kept->judge(trainer->step());
    }
    finished = trainer->run(plan, *observer);
  } catch (const Failure &failure) {
    saveAfter(failure);
    throw;
  }
  observer->endLine();
  traced->write();
  return finished;
}

/// Writes what a run that failed leaves; of several errors the first one is the one to tell.
void Run::saveAfter(const Failure &failure) {
  observer->endLine();
  run.status = "failed";
  auto attempt = [](auto &&write) {
    try {
      write();
    } catch (const Failure &) {
    }
  };
  // What cannot be logged or drawn does not cost the state. A run whose directory was moved says there how it ended.
  if (failure.exitCode() == ExitCode::InputOutput && trainer->isFinite())
    attempt([&] { observer->checkpoint(trainer->step()); });
  attempt([&] { writeRunFile(instance, run, RunPaths(lock->held()).run()); });
}

void Run::close(bool finished) {
  run.status = finished ? "done" : "interrupted";
  if (finished)
    for (uint32_t n = 0; n < model.num_networks; ++n) {
      const char *network = model.networks[n].name;
      if (!hasModes(instance, n) || data->isBound(model.fields[model.networks[n].pair_field].group) || run.steps == 0)
        continue;
      run.coverage[network] = countModes(instance, n, drawSamples(instance, n, coverageSamples, run.seed));
      observer->tell(fmt::format("{}: {}\n", network, coverageText(run.coverage[network])));
    }
  lock->check();
  writeRunFile(instance, run, paths.run());
  observer->animate(trainer->step());
  std::string checkpoint = agon::support::shown(paths.checkpoint());
  if (!finished)
    std::fprintf(stderr, "%s: interrupted at step %lld; the state is in %s, continue with --resume\n", model.name,
                 (long long)trainer->step(), checkpoint.c_str());
  else
    observer->tell(fmt::format(
        "done: step {} after {}; the state is in {}\n", trainer->step(),
        durationText(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()), checkpoint));
  observer->checkOutput();
}

} // namespace

int agon::rt::trainCommand(const Machine &on, const TrainOptions &options) {
  Run run(on, options);
  run.prepare();
  run.close(run.train());
  return int(ExitCode::Done);
}
