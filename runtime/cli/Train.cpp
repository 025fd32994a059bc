//===- Train.cpp - train --------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/cli/TracedIterations.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Trainer.h"
#include "runtime/io/File.h"
#include "runtime/io/Log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/file.h>
#include <unistd.h>

using namespace agon::rt;

namespace {

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// Two runs in one directory would tear each other's files.
class DirectoryLock {
public:
  explicit DirectoryLock(const std::string &path) : descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor < 0)
      fail(ExitCode::InputOutput, "cannot open {}: {}", path, std::strerror(errno));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      close(descriptor);
      fail(ExitCode::Usage, "another process is training into {}", path);
    }
  }
  ~DirectoryLock() { close(descriptor); }
  DirectoryLock(const DirectoryLock &) = delete;
  DirectoryLock &operator=(const DirectoryLock &) = delete;

private:
  int descriptor;
};

/// "1:02:03" or "42 s".
std::string durationText(double seconds) {
  auto s = int64_t(std::min(seconds, 1e12) + 0.5);
  return s < 60 ? fmt::format("{} s", s) : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

/// Writes a run's files and tells its progress.
class RunObserver : public Observer {
public:
  RunObserver(Instance &instance, DataSet &data, const RunPaths &paths, const RunFile &run, Log &log,
              TracedIterations &traced, bool quiet)
      : instance(instance), data(data), paths(paths), run(run), log(log), traced(traced), quiet(quiet),
        live(!quiet && isLiveTerminal()) {
    const agon_model &model = instance.model();
    for (uint32_t n = 0; n < model.num_networks; ++n) {
      if (model.networks[n].sample < 0)
        continue;
      const agon_function &function = instance.function(uint32_t(model.networks[n].sample));
      for (uint32_t w = 0; w < function.num_writes; ++w) {
        const agon_cell &cell = instance.cell(function.writes[w]);
        if (cell.kind != AGON_CELL_SAMPLE)
          continue;
        PictureKind kind = pictureKind(instance.recordShape(cell));
        if (kind != PictureKind::None && hasData(function))
          shown.push_back({n, kind, makeBackdrop(instance, data, n, run.seed)});
        break;
      }
    }
  }

  void progress(int64_t step, double seconds) override {
    traced.progress(step);
    double time = now();
    if (begun < 0) {
      begun = time;
      first = step - 1;
    }
    trained = seconds;
    if (live && (time - lastLine >= 0.2 || step == run.steps))
      draw(step, time);
  }

  void logged(int64_t step, double stepsPerSecond) override {
    log.row(step, stepsPerSecond);
    double time = now();
    row = log.summary();
    rowStep = step;
    if (live && step == run.steps)
      draw(step, time); // with the last row's numbers
    if (quiet || live || (step != run.steps && time - lastLine < 1))
      return;
    lastLine = time;
    std::printf("%s\n", fmt::format("step {}/{}  {}  {:.4g} it/s", step, run.steps, row, stepsPerSecond).c_str());
    std::fflush(stdout);
  }

  void sample(int64_t step) override {
    for (const Shown &s : shown) {
      Samples samples = drawSamples(instance, data, s.network, pictureSamples(s.kind), run.seed);
      writePng(picture(samples, s.backdrop),
               fmt::format("{}/{}-{:06}.png", paths.samples(), instance.model().networks[s.network].name, step));
    }
  }

  void checkpoint(int64_t step) override {
    if (!runFileSynced)
      writeRunFile(instance, run, paths.run());
    runFileSynced = true;
    writeCheckpoint(instance, {step, run.seed, run.overrides}, paths.checkpoint());
  }

  bool restore(int64_t step) override {
    try {
      return readCheckpoint(instance, paths.checkpoint()).iteration == step;
    } catch (const Failure &) {
      return false; // the run has failed for another reason, which is the one to tell
    }
  }

  void replaying(int64_t from, int64_t to, double seconds) override {
    endLine();
    if (seconds > 2)
      std::fprintf(stderr, "%s: a number is no longer finite; steps %lld to %lld are played again to find its origin "
                           "(about %s; interrupt to leave that out)\n",
                   instance.model().name, (long long)from, (long long)to, durationText(seconds).c_str());
  }

  void endLine() const {
    if (live && begun >= 0)
      std::printf("\n");
  }

private:
  /// Writes the live line over the one before. Metrics are computed for rows of the log only: those of the last
  /// row are shown, with its step where that is another.
  void draw(int64_t step, double time) {
    lastLine = time;
    double rate = double(step - first) / std::max(trained, 1e-9);
    std::string numbers = rowStep < 0       ? std::string()
                          : rowStep == step ? row + "  "
                                            : fmt::format("[step {}: {}]  ", rowStep, row);
    std::printf("\r%s\x1b[K", fmt::format("step {}/{}  {}{:.4g} it/s  ETA {}", step, run.steps, numbers, rate,
                                          durationText(double(run.steps - step) / rate))
                                  .c_str());
    std::fflush(stdout);
  }

  /// Whether everything but labels that the function reads can be had.
  bool hasData(const agon_function &function) const {
    try {
      requireData(instance, data, function, false);
      return true;
    } catch (const Failure &) {
      return false;
    }
  }

  struct Shown {
    uint32_t network;
    PictureKind kind;
    Backdrop backdrop;
  };
  Instance &instance;
  DataSet &data;
  const RunPaths &paths;
  const RunFile &run;
  Log &log;
  TracedIterations &traced;
  bool quiet, live, runFileSynced = false;
  double begun = -1, lastLine = -1, trained = 0;
  int64_t first = 0, rowStep = -1;
  std::string row; ///< the numbers of the log's last row, of step `rowStep`
  std::vector<Shown> shown;
};

/// The overrides in force from `step` on: those before, and new ones, which are told and remembered.
void override(const Instance &instance, const TrainOptions &options, int64_t step, RunFile &run) {
  for (const auto &[name, value] : parseOverrides(instance, options.set)) {
    auto entry = run.overrides.find(name);
    if (entry != run.overrides.end() && entry->second == value)
      continue;
    if (options.resume)
      std::fprintf(stderr, "%s: note: %s\n", instance.model().name,
                   fmt::format("{} is {} from step {} on, was {}", name, value, step,
                               entry == run.overrides.end() ? "as the model has it" : fmt::format("{}", entry->second))
                       .c_str());
    run.settings.push_back({step, name, value});
    run.overrides[name] = value;
  }
}

/// What a resumed run takes from the one that it goes on with, and what must not be contradicted.
void mergeWithRun(const TrainOptions &options, const CheckpointInfo &info, const RunFile &before, RunFile &run) {
  if (options.seed && *options.seed != info.seed)
    fail(ExitCode::Usage, "the run's seed is {}, got --seed {}; leave it out", info.seed, *options.seed);
  if (options.steps < info.iteration)
    fail(ExitCode::Usage, "the run is at step {}, past --steps {} (the total)", info.iteration, options.steps);
  run.seed = info.seed;
  // What was set since the checkpoint was written is in run.json only.
  run.overrides = before.overrides.empty() ? info.overrides : before.overrides;
  run.settings = before.settings;
  run.changes = before.changes;
  run.logEvery = options.logEvery.value_or(before.logEvery);
  run.sampleEvery = options.sampleEvery.value_or(before.sampleEvery);
  run.checkpointEvery = options.checkpointEvery.value_or(before.checkpointEvery);
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

/// A run that ended without warning and left no state yet is begun anew: the
/// initial state is a function of the seed.
bool killedBeforeItsFirstCheckpoint(const RunPaths &paths, const RunFile &run) {
  return !fileExists(paths.checkpoint()) && fileExists(paths.run()) && run.status == "running";
}

void removeOldRun(const RunPaths &paths) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::remove(paths.checkpoint(), error);
  for (const fs::directory_entry &entry : fs::directory_iterator(paths.samples(), error))
    if (entry.path().extension() == ".png")
      fs::remove(entry.path(), error);
}

} // namespace

int agon::rt::trainCommand(const agon_model &model, const TrainOptions &options) {
  Instance instance(model, threadCount(options.threads));
  RunPaths paths(options.out.empty() ? fmt::format("{}-run", model.name) : options.out);
  if (options.resume && options.force)
    fail(ExitCode::Usage, "--resume continues a run and --force discards it; give one of them");
  if (options.acceptChanges && !options.resume)
    fail(ExitCode::Usage, "--accept-changes goes with --resume");
  if (!options.resume && !options.force && paths.occupied())
    fail(ExitCode::Usage,
         "{} already holds a run; continue it with --resume, replace it with --force, "
         "or choose another --out",
         paths.directory);

  RunFile run, before;
  CheckpointInfo info;
  std::optional<DataSet> bound;
  auto bindData = [&] {
    bound.emplace(openData(instance, options.data, before.data, run.seed));
    for (uint32_t i = 0; i < model.num_schedule; ++i)
      requireData(instance, *bound, instance.function(model.schedule[i]));
    if (int metrics = instance.findFunction(AGON_FN_METRICS); metrics >= 0)
      requireData(instance, *bound, instance.function(uint32_t(metrics)));
    run.data = rememberedData(*bound);
  };
  bool loaded = false;
  if (options.resume) {
    before = readRunFile(paths.run()).value_or(RunFile());
    CheckpointUse use;
    use.judge = [&](const CheckpointInfo &found) {
      mergeWithRun(options, found, before, run);
      std::vector<Difference> ofModel = modelDifferences(model, found.model), ofData;
      try {
        bindData();
        ofData = dataDifferences(*bound, before);
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
    };
    // Another optimiser has other memory.
    if (options.acceptChanges)
      use.need = [&](uint32_t cell) {
        return instance.cell(cell).kind <= AGON_CELL_STATE ? Need::Required : Need::Wanted;
      };
    if (killedBeforeItsFirstCheckpoint(paths, before)) {
      info.seed = before.seed;
      info.model = before.model;
      use.judge(info);
    } else {
      info = loadRun(instance, paths.directory, use).info;
      loaded = true;
    }
    if (!info.missing.empty()) {
      // They begin as in a new run; the rest is loaded once more.
      Trainer(instance, *bound, run.seed).initialize([&](uint32_t field) { bound->fillMean(field); });
      use.judge = nullptr;
      info = loadRun(instance, paths.directory, use).info;
      run.changes.push_back({info.iteration, fmt::format("begin anew: {}", fmt::join(info.missing, ", "))});
      std::fprintf(stderr, "%s: note: %s\n", model.name, run.changes.back().text.c_str());
    }
  } else {
    run.seed = options.seed.value_or(0);
    run.logEvery = options.logEvery.value_or(0);
    run.sampleEvery = options.sampleEvery.value_or(0);
    run.checkpointEvery = options.checkpointEvery.value_or(0);
    bindData();
  }
  run.steps = options.steps;
  run.threads = instance.threads();
  override(instance, options, info.iteration, run);
  applyOverrides(instance, run.overrides);

  DataSet &data = *bound;
  Trainer trainer(instance, data, run.seed);
  if (loaded)
    trainer.setStep(info.iteration);
  else
    trainer.initialize([&](uint32_t field) { data.fillMean(field); });
  judgeOverrides(instance, run.overrides);

  if (!options.profile.empty()) {
    if (isOfAnotherKind(options.profile, "["))
      fail(ExitCode::Usage, "{} exists and is no trace; choose another name for --profile", options.profile);
    AtomicFile probe(options.profile); // rather now than after the iterations
  }

  // From here on files are written.
  makeDirectories(paths.samples());
  DirectoryLock lock(paths.directory);
  if (options.force)
    removeOldRun(paths);
  Plan plan;
  plan.steps = run.steps;
  plan.log = {run.logEvery, standardLogStep};
  plan.sample = {run.sampleEvery, standardSampleStep};
  plan.checkpoint = {run.checkpointEvery, nullptr};
  auto log = options.resume ? std::make_unique<Log>(instance, paths.log(),
                                                    [&](int64_t step) {
                                                      // An earlier total's last row is none of this run's.
                                                      return step < info.iteration || run.steps == info.iteration
                                                                 ? step <= info.iteration
                                                                 : step == info.iteration && plan.log.at(step);
                                                    })
                            : std::make_unique<Log>(instance, paths.log());
  writeRunFile(instance, run, paths.run(), Durability::Lazy);

  TracedIterations traced(instance, options.profile, trainer.step(), run.steps);
  RunObserver observer(instance, data, paths, run, *log, traced, options.quiet);
  double start = now();
  bool finished = false;
  try {
    finished = trainer.run(plan, observer);
  } catch (const Failure &) {
    observer.endLine();
    run.status = "failed";
    try {
      writeRunFile(instance, run, paths.run());
    } catch (const Failure &) {
      // The first error is the one to tell.
    }
    throw;
  }
  observer.endLine();
  traced.write();

  run.status = finished ? "done" : "interrupted";
  if (finished)
    for (uint32_t n = 0; n < model.num_networks; ++n) {
      if (!hasModes(instance, n) || data.isBound(model.fields[model.networks[n].pair_field].group) || run.steps == 0)
        continue;
      run.coverage[model.networks[n].name] =
          countModes(instance, n, drawSamples(instance, data, n, coverageSamples, run.seed));
      if (!options.quiet)
        std::printf("%s: %s\n", model.networks[n].name, coverageText(run.coverage[model.networks[n].name]).c_str());
    }
  writeRunFile(instance, run, paths.run());
  if (!finished)
    std::fprintf(stderr, "%s: interrupted at step %lld; the state is in %s, continue with --resume\n", model.name,
                 (long long)trainer.step(), paths.checkpoint().c_str());
  else if (!options.quiet)
    std::printf("%s\n", fmt::format("done: step {} after {}; the state is in {}", trainer.step(),
                                    durationText(now() - start), paths.checkpoint())
                            .c_str());
  finishOutput();
  return int(ExitCode::Done);
}
