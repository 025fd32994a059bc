//===- Plot.cpp - plot ----------------------------------------------------===//
#include "runtime/io/Plot.h"
#include "runtime/charts/Chart.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/io/File.h"

#include <algorithm>

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

int agon::rt::plotCommand(const agon_model &, const PlotOptions &options) {
  bool png = options.output.ends_with(".png");
  if (!png && !options.output.ends_with(".svg"))
    fail(ExitCode::Usage, "expected an output file that ends in .svg or .png, got {}", options.output);
  if (!options.force && isOfAnotherKind(options.output, png ? "\x89PNG" : "<svg"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);
  std::vector<RunLog> runs;
  std::vector<std::string> names = namesOfRuns(options.runs);
  for (size_t i = 0; i < names.size(); ++i) {
    runs.push_back(readRunLog(options.runs[i]));
    runs.back().name = names[i];
  }

  ChartOptions chart;
  chart.columns = columnsOf(runs);
  std::vector<std::string> known = chart.columns;
  known.push_back("steps_per_s");
  if (!options.columns.empty())
    chart.columns = namesIn("--columns", options.columns, known);
  known.push_back("step");
  chart.logarithmic = namesIn("--log", options.logarithmic, known);
  chart.smooth = options.smooth;
  Drawing drawing = chartOf(runs, chart).drawing;
  constexpr double scale = 2; // for screens with many pixels
  if (png)
    writePng(imageOf(drawing, scale), options.output);
  else
    writeFile(options.output, svgOf(drawing));
  return int(ExitCode::Done);
}
