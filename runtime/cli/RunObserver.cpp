#include "runtime/cli/RunObserver.h"

#include "runtime/cli/Translator.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
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
                         RunFile &run, Log &log, KeptCheckpoints &kept, EventFile *events, TracedIterations &traced,
                         bool quiet)
    : instance(instance), data(data), paths(paths), lock(lock), run(run), log(log), kept(kept), events(events),
      traced(traced), quiet(quiet), live(!quiet && isLiveTerminal()), begun(now()), lastLine(begun),
      line(run.steps, begun), diagnostics(instance, data, run.seed) {
  const agon_model &model = instance.model();
  for (uint32_t n = 0; n < model.num_networks; ++n) {
    if (auto translator = Translator::of(instance, data, n, run.seed))
      shown.push_back(
          {n, [this, translator = std::move(*translator)] { return translator.draw(this->instance, this->run.seed); }});
    if (!isGenerator(instance, n))
      continue;
    PictureKind kind = pictureKind(instance.recordShape(sampleCell(instance, n)));
    if (kind == PictureKind::None)
      continue;
    Backdrop backdrop = makeBackdrop(instance, data, n, run.seed);
    if (kind != PictureKind::Images)
      backdrop.critic = criticBeside(instance, n, run.seed);
    shown.push_back({n, [this, n, kind, backdrop = std::move(backdrop)] {
                       return picture(drawSamples(this->instance, n, pictureSamples(kind), this->run.seed), backdrop);
                     }});
  }
}

void RunObserver::progress(int64_t step, double) {
  traced.progress(step);
  if (double time = live ? now() : 0; live && line.isDue(time) && step != run.steps)
    draw(step, time); // the last step's is drawn with its row
}

void RunObserver::objectives(std::span<const double> values) {
  diagnostics.note(values);
  lastObjectives.assign(values.begin(), values.end());
}

bool RunObserver::isLineDue(double time) const {
  constexpr double least = 1, most = 60, share = 0.05; // seconds; of the time since the beginning
  return time - lastLine >= std::clamp(share * (time - begun), least, most);
}

void RunObserver::warn(const std::string &text) {
  if (lineStands)
    tell(std::string(LiveLine::removal));
  lineStands = false;
  std::fprintf(stderr, "%s: warning: %s\n", instance.model().name, text.c_str());
}

void RunObserver::logged(int64_t step, double stepsPerSecond) {
  lock.check();
  if (std::string news = log.row(step, stepsPerSecond); !news.empty())
    warn(news);
  kept.judge(step);
  if (events) {
    EventFile::Numbers numbers = log.numbers();
    numbers.emplace_back("steps_per_s", stepsPerSecond);
    events->scalars(step, numbers);
  }
  double time = now();
  metrics = log.summary(AGON_CELL_METRIC);
  rowStep = step;
  if (live && step == run.steps)
    draw(step, time); // with the last row's numbers
  if (quiet || live || (step != run.steps && !isLineDue(time)))
    return;
  lastLine = time;
  std::vector<std::string> parts = {fmt::format("step {}/{}", step, run.steps), log.summary(AGON_CELL_OBJECTIVE),
                                    metrics, fmt::format("{:.4g} it/s\n", stepsPerSecond)};
  std::erase(parts, "");
  tell(fmt::format("{}", fmt::join(parts, "  ")));
}

void RunObserver::sample(int64_t step) {
  lock.check();
  for (const Shown &s : shown) {
    std::string name = instance.model().networks[s.network].name, path = paths.picture(name, step);
    writePng(s.draw(), path);
    if (events)
      events->image(step, "samples/" + name, path); // to TensorBoard a tag is of one kind, and players' names are taken
  }
  for (const std::string &text : diagnostics.news())
    warn(fmt::format("step {}: {}", step, text));
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
  warn(support::shown(fault));
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
  if (events)
    events->goOnFrom(to);
}

void RunObserver::endLine() {
  if (lineStands)
    tell("\n");
  lineStands = false;
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
  std::vector<std::string> parts;
  std::vector<uint32_t> cells = instance.cellsOf(AGON_CELL_OBJECTIVE);
  for (size_t i = 0; i < lastObjectives.size(); ++i)
    if (!std::isnan(lastObjectives[i])) // played already
      parts.push_back(fmt::format("{} {:.5g}", instance.cell(cells[i]).name, shownNumber(lastObjectives[i])));
  if (!metrics.empty())
    parts.push_back(rowStep == step ? metrics : fmt::format("[step {}: {}]", rowStep, metrics));
  tell(line.text(step, time, fmt::format("{}", fmt::join(parts, "  "))));
  lineStands = true;
}
