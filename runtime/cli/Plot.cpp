//===- Plot.cpp - plot, report --------------------------------------------===//
#include "runtime/io/Plot.h"
#include "runtime/charts/Report.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/io/File.h"
#include "support/Shown.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace agon::rt;

/// The names of a list "A,B", which must be among `known`.
static std::vector<std::string> namesIn(const char *option, const std::string &list,
                                        const std::vector<std::string> &known) {
  std::vector<std::string> names;
  for (size_t begin = 0, end = 0; end < list.size(); begin = end + 1) {
    end = std::min(list.find(',', begin), list.size());
    std::string name = list.substr(begin, end - begin);
    if (!std::ranges::count(known, name))
      fail(ExitCode::Usage, "{}: no log has a column '{}'{} (columns: {})", option, name, suggestion(name, known),
           fmt::join(known, ", "));
    names.push_back(name);
  }
  return names;
}

/// Refuses a file that is none of these kinds, or would replace one of another.
static void judgeOutput(const PlotOptions &options, std::string_view magic) {
  if (!options.force && isOfAnotherKind(options.output, magic))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);
}

/// What is asked for, of the columns that the logs have.
static ChartOptions chartOptions(const PlotOptions &options, const std::vector<RunLog> &logs) {
  ChartOptions chart;
  chart.columns = columnsOf(logs);
  std::vector<std::string> known = chart.columns;
  known.push_back("steps_per_s");
  if (!options.columns.empty())
    chart.columns = namesIn("--columns", options.columns, known);
  known.push_back("step");
  chart.logarithmic = namesIn("--log", options.logarithmic, known);
  chart.smooth = options.smooth;
  return chart;
}

/// Tells of runs that have written no row: their lines are missing.
static void tellOfEmpty(const agon_model &model, const std::vector<RunLog> &logs,
                        const std::vector<std::string> &directories) {
  for (size_t i = 0; i < logs.size(); ++i)
    if (logs[i].steps.empty())
      std::fprintf(stderr, "%s: note: %s/log.csv has no rows\n", model.name,
                   agon::support::shown(directories[i]).c_str());
}

/// The directories of runs that are meant: one that holds runs, such as a sweep's, stands for all of them, by name.
static std::vector<std::string> runsOf(const std::vector<std::string> &directories) {
  namespace fs = std::filesystem;
  std::error_code error;
  auto isRun = [&](const fs::path &path) { return fs::exists(path / "log.csv", error); };
  std::vector<std::string> runs;
  for (const std::string &directory : directories) {
    std::vector<std::string> within;
    if (!isRun(directory))
      for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
        if (isRun(each->path()))
          within.push_back(each->path().string());
    std::ranges::sort(within);
    if (within.empty())
      within.push_back(directory);
    runs.insert(runs.end(), within.begin(), within.end());
  }
  return runs;
}

int agon::rt::plotCommand(const agon_model &model, const PlotOptions &options) {
  bool png = options.output.ends_with(".png");
  if (!png && !options.output.ends_with(".svg"))
    fail(ExitCode::Usage, "expected an output file that ends in .svg or .png, got {}", options.output);
  judgeOutput(options, png ? "\x89PNG" : "<svg");
  std::vector<RunLog> logs;
  const std::vector<std::string> directories = runsOf(options.runs);
  for (const std::string &run : directories)
    logs.push_back(readRunLog(run));
  std::vector<std::string> names = namesOfRuns(directories);
  for (size_t i = 0; i < names.size(); ++i)
    logs[i].name = names[i];
  ChartOptions chart = chartOptions(options, logs);
  if (chart.columns.empty())
    fail(ExitCode::BadData,
         "there is nothing to draw: no log has a column but steps_per_s, which --columns steps_per_s "
         "draws");
  tellOfEmpty(model, logs, directories);
  Drawing drawing = chartOf(logs, chart).drawing;
  constexpr double scale = 2; // for screens with many pixels
  if (png)
    writePng(imageOf(drawing, scale), options.output);
  else
    writeFile(options.output, svgOf(drawing));
  return int(ExitCode::Done);
}

int agon::rt::reportCommand(const agon_model &model, const PlotOptions &options) {
  if (!options.output.ends_with(".html"))
    fail(ExitCode::Usage, "expected an output file that ends in .html, got {}", options.output);
  judgeOutput(options, "<!DOCTYP");
  std::vector<ReportedRun> runs;
  std::vector<RunLog> logs;
  const std::vector<std::string> directories = runsOf(options.runs);
  std::vector<std::string> names = namesOfRuns(directories);
  for (size_t i = 0; i < names.size(); ++i) {
    runs.push_back(readReportedRun(directories[i]));
    runs.back().log.name = names[i];
    logs.push_back(runs.back().log);
  }
  tellOfEmpty(model, logs, directories);
  writeFile(options.output, reportOf(runs, chartOptions(options, logs)));
  return int(ExitCode::Done);
}
