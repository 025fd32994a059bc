#include "runtime/cli/RunObserver.h"

#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/io/Animation.h"
#include "runtime/io/File.h"
#include "support/Shown.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace agon::rt;

static double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::string agon::rt::durationText(double seconds) {
  int64_t s = std::llround(std::min(seconds, 1e12));
  return s < 60 ? fmt::format("{} s", s) : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

/// What the first network says that gives one number for a record of the data that the generator imitates; nothing if
/// there is none.
static std::function<std::vector<double>(const Samples &)> criticBeside(Instance &instance, uint32_t generator,
                                                                        int64_t seed) {
  const agon_model &model = instance.model();
  int32_t field = model.networks[generator].pair_field;
  for (uint32_t n = 0; field >= 0 && n < model.num_networks; ++n) {
    if (fieldRead(instance, n) == field && elementCount(instance.recordShape(sampleCell(instance, n))) == 1)
      return [&instance, n, seed](const Samples &points) {
        return applyNetwork(instance, n, points.count, seed, [&](int64_t i) { return points.row(i); }).values;
      };
  }
  return nullptr;
}

RunObserver::RunObserver(Instance &instance, DataSet &data, const RunPaths &paths, const DirectoryLock &lock,
                         RunFile &run, Log &log, KeptCheckpoints &kept, TracedIterations &traced, bool quiet)
    : instance(instance), data(data), paths(paths), lock(lock), run(run), log(log), kept(kept), traced(traced),
      quiet(quiet), live(!quiet && isLiveTerminal()), diagnostics(instance, data, run.seed) {
  const agon_model &model = instance.model();
  for (uint32_t n = 0; n < model.num_networks; ++n) {
    if (!isGenerator(instance, n))
      continue;
    PictureKind kind = pictureKind(instance.recordShape(sampleCell(instance, n)));
    if (kind == PictureKind::None)
      continue;
    shown.push_back({n, kind, makeBackdrop(instance, data, n, run.seed)});
    if (kind != PictureKind::Images)
      shown.back().backdrop.critic = criticBeside(instance, n, run.seed);
  }
}

void RunObserver::progress(int64_t step, double seconds) {
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

void RunObserver::objectives(std::span<const double> values) { diagnostics.note(values); }

void RunObserver::logged(int64_t step, double stepsPerSecond) {
  lock.check();
  if (std::string news = log.row(step, stepsPerSecond); !news.empty())
    std::fprintf(stderr, "%s: warning: %s\n", instance.model().name, news.c_str());
  kept.judge(step);
  double time = now();
  row = log.summary();
  rowStep = step;
  if (live && step == run.steps)
    draw(step, time); // with the last row's numbers
  if (quiet || live || (step != run.steps && time - lastLine < 1))
    return;
  lastLine = time;
  tell(fmt::format("step {}/{}  {}  {:.4g} it/s\n", step, run.steps, row, stepsPerSecond));
}

void RunObserver::sample(int64_t step) {
  lock.check();
  for (const Shown &s : shown) {
    Samples samples = drawSamples(instance, s.network, pictureSamples(s.kind), run.seed);
    writePng(picture(samples, s.backdrop), paths.picture(instance.model().networks[s.network].name, step));
  }
  for (const std::string &text : diagnostics.news())
    std::fprintf(stderr, "%s%s: warning: step %lld: %s\n", live ? "\n" : "", instance.model().name, (long long)step,
                 text.c_str());
}

void RunObserver::animate(int64_t step) {
  lock.check();
  for (const Shown &s : shown) {
    const char *network = instance.model().networks[s.network].name;
    if (int64_t leftOut = writeAnimation(picturesOf(paths, network, step), paths.animation(network)))
      std::fprintf(stderr, "%s: note: %lld of the pictures left out of %s: damaged, or of another size than the last\n",
                   instance.model().name, (long long)leftOut, support::shown(paths.animation(network)).c_str());
  }
}

void RunObserver::checkpoint(int64_t step) {
  lock.check();
  if (!runFileIsTrue)
    writeRunFile(instance, run, paths.run());
  runFileIsTrue = true;
  kept.keep(step);
  writeCheckpoint(instance, {step, run.seed, run.overrides, run.rollbacks}, paths.checkpoint());
  kept.removeOlder(step);
}

bool RunObserver::restore(int64_t step) {
  try {
    lock.check();
    return readCheckpoint(instance, paths.checkpoint()).iteration == step;
  } catch (const Failure &) {
    return false; // the run has failed for another reason, which is the one to tell
  }
}

void RunObserver::replaying(int64_t from, int64_t to, double seconds) {
  endLine();
  if (seconds > 2)
    std::fprintf(stderr,
                 "%s: a number is no longer finite; steps %lld to %lld are played again to find its origin "
                 "(about %s; interrupt to leave that out)\n",
                 instance.model().name, (long long)from, (long long)to, durationText(seconds).c_str());
}

void RunObserver::note(int64_t step, const std::string &fault) {
  endLine();
  std::fprintf(stderr, "%s: warning: %s\n", instance.model().name, support::shown(fault).c_str());
  run.faults.push_back({step, fault});
  runFileIsTrue = false;
}

void RunObserver::skipped(int64_t step, const std::string &what) {
  note(step, fmt::format("skipped: {}; its update is taken back", what));
}

void RunObserver::rolledBack(int64_t to, const std::string &what, int64_t count) {
  run.rollbacks = count;
  note(to, fmt::format("rolled back to step {}, rollback {}: {}; other random numbers are drawn from there on", to,
                       count, what));
  lock.check();
  log.cut(to);
}

void RunObserver::endLine() {
  if (live && begun >= 0)
    tell("\n");
}

void RunObserver::tell(const std::string &text) {
  if (quiet || outputError)
    return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    outputError = errno;
}

void RunObserver::checkOutput() const {
  if (outputError && outputError != (live ? EIO : EPIPE))
    fail(ExitCode::InputOutput, "cannot write the output: {}", std::strerror(outputError));
}

void RunObserver::draw(int64_t step, double time) {
  lastLine = time;
  double rate = double(step - first) / std::max(trained, 1e-9);
  std::string numbers = rowStep < 0       ? std::string()
                        : rowStep == step ? row + "  "
                                          : fmt::format("[step {}: {}]  ", rowStep, row);
  tell(fmt::format("\rstep {}/{}  {}{:.4g} it/s  ETA {}\x1b[K", step, run.steps, numbers, rate,
                   durationText(double(run.steps - step) / rate)));
}
