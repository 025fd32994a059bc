//===- Sweep.cpp - sweep --------------------------------------------------===//
#include "runtime/cli/Sweep.h"

#include "runtime/charts/Chart.h"
#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Plot.h"
#include "support/Shown.h"
#include "support/Usage.h"

#include <algorithm>
#include <cstdio>
#include <map>

using namespace agon::rt;

namespace {

/// "A,B,C" of `--set NAME=A,B,C`.
struct Setting {
  std::string name;
  std::vector<std::string> values;
};

Setting settingOf(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    fail(ExitCode::Usage, "expected --set NAME=NUMBER,NUMBER,..., got '{}'", text);
  Setting setting{text.substr(0, equals), {}};
  std::vector<double> numbers;
  for (size_t at = equals + 1, end = 0; at <= text.size(); at = end + 1) {
    end = std::min(text.find(',', at), text.size());
    std::string value = text.substr(at, end - at);
    numbers.push_back(parseReal("--set " + setting.name, value));
    if (std::count(numbers.begin(), numbers.end(), numbers.back()) > 1)
      fail(ExitCode::Usage, "--set {} lists {} twice", setting.name, value);
    setting.values.push_back(std::move(value));
  }
  return setting;
}

} // namespace

std::vector<SweepRun> agon::rt::runsOf(const SweepOptions &options) {
  constexpr size_t most = 10'000;
  std::vector<SweepRun> runs = {{"", {}, options.train.seed.value_or(0)}};
  auto multiply = [&](size_t times, auto &&choose) {
    if (times > most / runs.size())
      fail(ExitCode::Usage, "a sweep has at most {} runs", most);
    std::vector<SweepRun> more;
    for (const SweepRun &run : runs)
      for (size_t i = 0; i < times; ++i)
        choose(more.emplace_back(run), i);
    runs = std::move(more);
  };
  std::map<std::string, std::string> given;
  for (const std::string &text : options.train.set) {
    Setting setting = settingOf(text);
    if (auto [first, isNew] = given.emplace(setting.name, text); !isNew)
      fail(ExitCode::Usage, "{}", agon::support::bothGiven("--set " + first->second, "--set " + text));
    multiply(setting.values.size(), [&](SweepRun &run, size_t i) {
      run.set.push_back(setting.name + "=" + setting.values[i]);
      run.name += (run.name.empty() ? "" : ",") + run.set.back();
    });
  }
  multiply(size_t(options.seeds), [&](SweepRun &run, size_t i) {
    run.seed += int64_t(i);
    run.name += fmt::format("{}seed={}", run.name.empty() ? "" : ",", run.seed);
  });
  return runs;
}

namespace {

/// The runs of a sweep, one after another, and what is told of all of them.
class Sweep {
public:
  Sweep(const Machine &on, const SweepOptions &options)
      : on(on), options(options), runs(runsOf(options)),
        directory(options.train.out.empty() ? fmt::format("{}-sweep", on.model.name) : options.train.out) {}

  /// Refuses values that no run could take, before the first one begins.
  void judge() const;
  /// \returns whether all of them were played; false after a signal.
  bool play();
  /// Prints the last numbers of each run, and writes their chart.
  void tell() const;
  ExitCode code() const { return worst; }

private:
  std::string pathOf(const SweepRun &run) const { return directory + "/" + run.name; }
  bool playOne(const SweepRun &run);

  const Machine &on;
  const SweepOptions &options;
  std::vector<SweepRun> runs;
  std::string directory;
  std::map<std::string, std::string> failures; ///< by the run's name
  ExitCode worst = ExitCode::Done;             ///< of the first run that failed
};

void Sweep::judge() const {
  Instance instance(on.model, on.device);
  for (const SweepRun &run : runs) {
    std::map<std::string, double> overrides = parseOverrides(instance, run.set);
    applyOverrides(instance, overrides);
    judgeOverrides(instance, overrides);
  }
  if (options.train.resume)
    return;
  for (const SweepRun &run : runs)
    if (RunPaths paths(pathOf(run)); !options.train.force && paths.occupied())
      fail(ExitCode::Usage,
           "{} already holds a run; continue the sweep with --resume, replace its runs with --force, or choose another "
           "--out",
           paths.directory);
}

/// Plays a run, or goes on with it. A run that fails does not end the sweep. \returns false after a signal.
bool Sweep::playOne(const SweepRun &run) {
  TrainOptions train = options.train;
  train.out = pathOf(run);
  train.set = run.set;
  train.seed = run.seed;
  RunPaths paths(train.out);
  try {
    std::optional<RunFile> before = train.resume ? readRunFile(paths.run()) : std::nullopt;
    // What has all its steps is done; what has not begun, begins.
    if (before && before->status == "done" && before->steps >= train.steps)
      return true;
    train.resume = before.has_value();
    trainCommand(on, train);
    std::optional<RunFile> after = readRunFile(paths.run());
    return !after || after->status != "interrupted";
  } catch (const Failure &failure) {
    // What keeps a run from beginning keeps all others from it.
    if (!fileExists(paths.run()))
      throw;
    std::fprintf(stderr, "%s: error: %s: %s\n", on.model.name, run.name.c_str(),
                 agon::support::shown(failure.what()).c_str());
    failures[run.name] = failure.what();
    if (worst == ExitCode::Done)
      worst = failure.exitCode();
    return true;
  }
}

bool Sweep::play() {
  bool output = hasOutput(on.model, "progress is not shown");
  for (size_t i = 0; i < runs.size(); ++i) {
    if (output && !options.train.quiet)
      std::printf("run %zu of %zu: %s\n", i + 1, runs.size(), runs[i].name.c_str());
    if (!playOne(runs[i]))
      return false;
  }
  return true;
}

void Sweep::tell() const {
  std::vector<RunLog> logs;
  for (const SweepRun &run : runs)
    if (RunPaths paths(pathOf(run)); fileExists(paths.log())) {
      logs.push_back(readRunLog(paths.directory));
      logs.back().name = run.name;
    }
  std::erase_if(logs, [](const RunLog &log) { return log.steps.empty(); });
  if (logs.empty())
    return;
  ChartOptions chart;
  chart.columns = columnsOf(logs);
  writeFile(directory + "/sweep.svg", svgOf(chartOf(logs, chart).drawing));
  if (!hasOutput(on.model, "the table is not shown"))
    return;
  std::vector<std::vector<std::string>> table = {{"run", "step"}};
  table.front().insert(table.front().end(), chart.columns.begin(), chart.columns.end());
  for (const RunLog &log : logs) {
    std::vector<std::string> &row = table.emplace_back();
    row = {log.name, fmt::format("{}", log.steps.back())};
    for (const std::string &name : chart.columns) {
      const RunLog::Column *column = log.find(name);
      row.push_back(column ? fmt::format("{:.4g}", column->values.back()) : "");
    }
    if (failures.contains(log.name))
      row.push_back("failed");
  }
  std::vector<size_t> widths(table.front().size() + 1);
  for (const auto &row : table)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto &row : table) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += fmt::format("{:{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  std::fputs(text.c_str(), stdout);
  std::printf("chart: %s/sweep.svg\n", agon::support::shown(directory).c_str());
  finishOutput();
}

} // namespace

int agon::rt::sweepCommand(const Machine &on, const SweepOptions &options) {
  Sweep sweep(on, options);
  sweep.judge();
  bool finished = sweep.play();
  sweep.tell();
  if (!finished)
    std::fprintf(stderr, "%s: the sweep was interrupted; go on with --resume\n", on.model.name);
  return int(sweep.code());
}
