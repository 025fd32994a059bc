//===- Chart.h - Logs as charts ---------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CHARTS_CHART_H
#define AGON_RUNTIME_CHARTS_CHART_H

#include "runtime/charts/RunLog.h"
#include "runtime/charts/Scale.h"
#include "runtime/core/Drawing.h"

#include <span>
#include <string>
#include <vector>

namespace agon::rt {

struct ChartOptions {
  std::vector<std::string> columns;     ///< one panel each
  std::vector<std::string> logarithmic; ///< those of them whose axis is, and `step` for the other axis
  double smooth = 0;                    ///< the weight of what was before, see `smoothed`
  bool legend = true;                   ///< names the runs, above the panels
  bool caption = true;                  ///< says below them what `smooth` has done
  double width = 0, height = 0;         ///< of a panel, in pixels; 0: by the number of panels
  size_t firstPanel = 0;                ///< the number of the first panel in the ids of lines, "trace-PANEL-RUN"
};

/// A run's line in a panel: numbers as they are drawn; NaN where the line is broken.
struct Trace {
  size_t run;
  std::vector<double> steps, values;
};

/// One column of all runs.
struct Panel {
  std::string column;
  Place low, high; ///< corners of the plot, in pixels, from the left and from the top
  Scale x, y;
  std::vector<Trace> traces; ///< of the runs that have the column
};

struct Chart {
  Drawing drawing;
  std::vector<Panel> panels;
};

/// Draws the columns as small panels that share the axis of steps. Numbers that are not finite break a line, and so do,
/// on a logarithmic axis, those that are not above 0; a panel tells how many there are.
Chart chartOf(std::span<const RunLog> runs, const ChartOptions &options);

/// All columns of the runs, each once, but not the pace, `steps_per_s`.
std::vector<std::string> columnsOf(std::span<const RunLog> runs);

/// The exponential moving average over rows, s = weight * s + (1 - weight) * value, divided by what the weights sum up
/// to, so that it is not drawn to 0 at the beginning. What is not finite stays, and is left out of the average.
std::vector<double> smoothed(std::span<const double> values, double weight);

/// The colour of the i-th run.
Colour colourOfRun(size_t i);

} // namespace agon::rt

#endif // AGON_RUNTIME_CHARTS_CHART_H
