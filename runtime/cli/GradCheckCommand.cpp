//===- GradCheckCommand.cpp - gradcheck -----------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/GradCheck.h"
#include "runtime/core/Trainer.h"

#include <algorithm>
#include <cstdio>

using namespace agon::rt;

namespace {

/// Single entries that a row compares besides the direction.
constexpr int singleEntries = 3;
/// Share of comparisons that may be at kinks, where a derivative is only known to lie between two others.
constexpr double mostAtKinks = 0.25;

template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
  std::printf("%s\n", fmt::format(format, std::forward<Args>(args)...).c_str());
}

/// Error, step and scale of the worst of some comparisons.
std::string columns(const std::vector<Comparison> &comparisons) {
  if (comparisons.empty())
    return fmt::format("{:>8} {:>6} {:>8}", "-", "-", "-");
  const Comparison &shown = worst(comparisons);
  return fmt::format("{:>8.1e} {:>6.0e} {:>8.1e}", shown.error, shown.step, shown.scale);
}

/// What is to be told of a row besides that it passed: why an error above the tolerance does, and whether the step
/// that was asked for was unfit.
std::string remarks(const GradCheckRow &row, const GradCheckOptions &check) {
  bool rounding = false, tooWide = false, tooNarrow = false;
  for (const std::vector<Comparison> *comparisons : {&row.first, &row.second})
    for (const Comparison &comparison : *comparisons) {
      rounding |= comparison.error > check.tolerance;
      tooWide |= comparison.otherStep && comparison.step < check.step;
      tooNarrow |= comparison.otherStep && comparison.step > check.step;
    }
  std::string text;
  if (rounding)
    text += ", within rounding";
  if (tooWide)
    text += fmt::format(", a step of {:g} is too wide", check.step);
  if (tooNarrow)
    text += fmt::format(", a step of {:g} is too narrow", check.step);
  return text;
}

} // namespace

int agon::rt::gradCheckCommand(const Machine &on, const GradCheckCommandOptions &options) {
  const agon_model &model = on.model;
  requireOutput();
  if (model.real != AGON_F64)
    fail(ExitCode::Usage, "gradcheck needs 64-bit numbers; compile the game with --float=f64");
  Instance instance(model, on.device);
  DataSet data = openData(instance, options.data, {}, options.seed, {.cache = options.dataCache});
  Trainer trainer(instance, data, options.seed);
  InitialWeights(instance, options.init, options.rename).initialize(trainer, data);

  GradCheckOptions check;
  check.seed = options.seed;
  check.step = options.epsilon;
  check.player = options.player;
  std::vector<GradCheckRow> rows = checkGradients(instance, data, check);
  line("at the initial weights, each moved at random by about 0.02 (|w| + 0.5): many begin at kinks;");
  line("each gradient along a random direction through all entries and at {} single ones, each Hessian times a random "
       "direction;",
       singleEntries);
  line("an error is relative to its scale, the larger of the two derivatives (at least 1e-6 of the function); it "
       "passes up to {:g};",
       check.tolerance);
  line("near a kink, where only short steps stay on one side, one that rounding explains passes too");
  size_t names = 10, width = 9;
  for (const GradCheckRow &row : rows) {
    names = std::max(names, row.objective.size());
    width = std::max(width, row.parameter.size());
  }
  line("{:<{}} {:<{}} {:>9}  {:>8} {:>6} {:>8}  {:>8} {:>6} {:>8}  {:>5}", "objective", names, "parameter", width,
       "entries", "gradient", "step", "scale", "hessian", "step", "scale", "kinks");
  size_t failed = 0, compared = 0, nearKinks = 0, atKinks = 0, otherSteps = 0;
  for (const GradCheckRow &row : rows) {
    failed += !row.passed;
    size_t before = nearKinks + atKinks;
    for (const std::vector<Comparison> *comparisons : {&row.first, &row.second})
      for (const Comparison &comparison : *comparisons) {
        ++compared;
        otherSteps += comparison.otherStep;
        nearKinks += comparison.kink == Comparison::Near;
        atKinks += comparison.kink == Comparison::At;
      }
    line("{:<{}} {:<{}} {:>9}  {}  {}  {:>5}  {}", row.objective, names, row.parameter, width, row.entries,
         columns(row.first), columns(row.second), nearKinks + atKinks - before,
         row.passed ? "ok" + remarks(row, check) : "FAIL");
  }
  line("{} comparisons; near a kink, on this side of it: {}; at a kink, between the slopes of its two sides: {}",
       compared, nearKinks, atKinks);
  if (otherSteps)
    line("{} of them do not pass at a step of {:g} and were judged at steps from 1e-3 to 3e-9", otherSteps, check.step);
  finishOutput();
  if (failed)
    fail(ExitCode::RunFailed, "{} of {} gradients differ from finite differences by more than {:g}", failed,
         rows.size(), check.tolerance);
  if (double(atKinks) > mostAtKinks * double(compared))
    fail(ExitCode::RunFailed,
         "{} of {} comparisons are at kinks, which is too many to tell anything; try another --seed", atKinks,
         compared);
  return int(ExitCode::Done);
}
