#include "runtime/charts/Chart.h"

#include "runtime/io/Letters.h"
#include "support/Shown.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>

using namespace agon::rt;

namespace {

constexpr Colour black = {32, 32, 32}, grey = {110, 110, 110}, gridColour = {228, 228, 228},
                 axisColour = {150, 150, 150};
constexpr double small = 11, noNumber = std::numeric_limits<double>::quiet_NaN();

/// Distances in pixels: around all, between panels, above a panel for its title, below it for ticks.
constexpr double margin = 18, between = 26, above = 24, below = 22, wordBelow = 18, legendRow = 20;

Colour pale(const Colour &colour) {
  Colour result;
  for (size_t i : {0, 1, 2})
    result[i] = uint8_t(255 - (255 - colour[i]) * 3 / 10);
  return result;
}

/// Room for a text in whatever font a viewer of the SVG file has, too.
double roomFor(const std::string &text, double size) {
  return std::max(widthOf({{0, 0}, text, Label::Anchor::Start, false, black, size}), 0.6 * size * double(text.size()));
}

/// How a run or a column is called in a picture.
std::string nameIn(const std::string &name) {
  constexpr size_t longest = 48;
  std::string text = agon::support::shown(name);
  return text.size() <= longest ? text : "..." + text.substr(text.size() - longest + 3);
}

/// The least and the greatest of numbers.
struct Range {
  double low = HUGE_VAL, high = -HUGE_VAL;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// A column of all runs before it has a place: lines, and what is told beside the title.
struct Content {
  std::string column;
  bool logarithmic;
  std::vector<Trace> raw, shown; ///< `raw` is empty where nothing is smoothed
  Range values;
  int64_t notFinite = 0, notPositive = 0;
};

Content contentOf(std::span<const RunLog> runs, const std::string &column, const ChartOptions &options) {
  Content content{column, std::ranges::count(options.logarithmic, column) > 0, {}, {}, {}, 0, 0};
  for (size_t run = 0; run < runs.size(); ++run) {
    const RunLog::Column *source = runs[run].find(column);
    if (!source)
      continue;
    content.notFinite += source->notFinite;
    Trace trace{run, runs[run].steps, source->values};
    for (double &value : trace.values) {
      bool fits = std::isfinite(value) && (value > 0 || !content.logarithmic);
      content.notPositive += std::isfinite(value) && !fits;
      value = fits ? value : noNumber;
      if (fits)
        content.values.add(value);
    }
    if (options.smooth > 0) {
      content.raw.push_back(trace);
      trace.values = smoothed(trace.values, options.smooth);
    }
    content.shown.push_back(std::move(trace));
  }
  return content;
}

/// Of many points in one column of pixels the first and the last, the lowest and the highest, in their order.
std::vector<Place> thinned(const std::vector<Place> &line) {
  constexpr double column = 0.5; // pixels
  std::vector<Place> thin;
  for (size_t first = 0, end = 0; first < line.size(); first = end) {
    size_t low = first, high = first;
    for (end = first; end < line.size() && std::floor(line[end].x / column) == std::floor(line[first].x / column);
         ++end) {
      low = line[end].y < line[low].y ? end : low;
      high = line[end].y > line[high].y ? end : high;
    }
    std::array<size_t, 4> kept = {first, std::min(low, high), std::max(low, high), end - 1};
    for (auto i = kept.begin(), stop = std::unique(kept.begin(), kept.end()); i != stop; ++i)
      thin.push_back(line[*i]);
  }
  return thin;
}

/// Draws panels in rows, below the names of the runs.
class Canvas {
public:
  Canvas(std::span<const RunLog> runs, const ChartOptions &options) : runs(runs), options(options) {
    for (const std::string &column : options.columns)
      contents.push_back(contentOf(runs, column, options));
  }

  Chart draw() {
    place();
    drawHead();
    for (size_t i = 0; i < contents.size(); ++i)
      drawPanel(i);
    if (hasCaption())
      label({margin, chart.drawing.height - 8},
            fmt::format("Lines: exponential moving average over rows, weight {:g}; pale: the rows themselves.",
                        options.smooth),
            Label::Anchor::Start, grey, small);
    return std::move(chart);
  }

private:
  bool hasCaption() const { return options.smooth > 0 && options.caption; }

  /// The axis of steps, which all panels share.
  Scale steps() const {
    bool logarithmic = std::ranges::count(options.logarithmic, "step") > 0;
    Range range;
    for (const RunLog &run : runs)
      for (double step : run.steps)
        if (step > 0)
          range.add(step);
    return {logarithmic ? range.low : std::min(range.low, 0.0), range.high, logarithmic, 0};
  }

  /// Finds the places of all panels, and the size of the picture.
  void place() {
    size_t count = contents.size();
    columns = count <= 3 ? std::max<size_t>(count, 1) : count == 4 ? 2 : 3;
    double width = count <= 1 ? 640 : count == 2 ? 420 : 340, height = count <= 1 ? 320 : count == 2 ? 250 : 200;
    width = options.width > 0 ? options.width : width;
    height = options.height > 0 ? options.height : height;
    Scale x = steps();
    std::vector<Scale> scales;
    double ticks = 0; // the room at the left
    for (const Content &content : contents) {
      scales.emplace_back(content.values.low, content.values.high, content.logarithmic, 0.05);
      for (const Scale::Tick &tick : scales.back().ticks(5))
        ticks = std::max(ticks, roomFor(tick.text, small));
    }
    double left = ticks + 8, total = margin + double(columns) * (left + width + between) - between + margin;
    double top = margin + headHeight(total);
    for (size_t i = 0; i < count; ++i) {
      double panelLeft = margin + double(i % columns) * (left + width + between) + left;
      size_t row = i / columns;
      double panelTop = top + double(row) * (above + height + below + between / 2) + above;
      chart.panels.push_back({contents[i].column,
                              {panelLeft, panelTop},
                              {panelLeft + width, panelTop + height},
                              x,
                              scales[i],
                              contents[i].shown});
    }
    double bottom = chart.panels.empty() ? top : chart.panels.back().high.y + below + wordBelow;
    Drawing &drawing = chart.drawing;
    drawing.width = std::ceil(total);
    drawing.height = std::ceil(bottom + (hasCaption() ? 24 : 6));
    drawing.low = {0, 0};
    drawing.high = {drawing.width, drawing.height};
  }

  /// Finds the places of the runs' names in rows. \returns how high they are together.
  double headHeight(double width) {
    constexpr double line = 24, gap = 20;
    if (!options.legend)
      return 0;
    Place at = {margin, margin + 4};
    for (const RunLog &run : runs) {
      double room = line + 6 + roomFor(nameIn(run.name), small + 1) + gap;
      if (at.x > margin && at.x + room - gap > width - margin)
        at = {margin, at.y + legendRow};
      names.push_back(at);
      at.x += room;
    }
    return at.y - margin + legendRow - 4;
  }

  void drawHead() {
    for (size_t run = 0; run < names.size(); ++run) {
      Place at = names[run];
      add(Strokes{"", {{{at.x, at.y}, {at.x + 24, at.y}}}, colourOfRun(run), 2.5});
      label({at.x + 30, at.y + 4}, nameIn(runs[run].name), Label::Anchor::Start, black, small + 1);
    }
  }

  void drawPanel(size_t i) {
    const Panel &panel = chart.panels[i];
    const Content &content = contents[i];
    drawAxes(panel, i + columns >= contents.size());
    for (const Trace &trace : content.raw)
      drawTrace(panel, trace, "", pale(colourOfRun(trace.run)), 1);
    for (const Trace &trace : content.shown)
      drawTrace(panel, trace, fmt::format("trace-{}-{}", options.firstPanel + i, trace.run), colourOfRun(trace.run),
                1.7);
    label({panel.low.x, panel.low.y - 9}, nameIn(panel.column), Label::Anchor::Start, black, 14);
    std::vector<std::string> notes;
    if (content.notFinite)
      notes.push_back(fmt::format("{} not finite", content.notFinite));
    if (content.notPositive)
      notes.push_back(fmt::format("{} not above 0", content.notPositive));
    if (content.logarithmic)
      notes.push_back("log scale");
    label({panel.high.x, panel.low.y - 9}, fmt::format("{}", fmt::join(notes, ", ")), Label::Anchor::End, grey, small);
    if (content.values.low > content.values.high)
      label({(panel.low.x + panel.high.x) / 2, (panel.low.y + panel.high.y) / 2}, "no numbers", Label::Anchor::Middle,
            grey, 14);
  }

  void drawAxes(const Panel &panel, bool isLowest) {
    Strokes grid{"", {}, gridColour, 1}, axes{"", {}, axisColour, 1};
    for (const Scale::Tick &tick : panel.y.ticks(5)) {
      double y = panel.high.y - panel.y.share(tick.value) * (panel.high.y - panel.low.y);
      grid.lines.push_back({{panel.low.x, y}, {panel.high.x, y}});
      label({panel.low.x - 6, y + 4}, tick.text, Label::Anchor::End, grey, small);
    }
    for (const Scale::Tick &tick : panel.x.ticks(panel.high.x - panel.low.x > 500 ? 8 : 5)) {
      double x = panel.low.x + panel.x.share(tick.value) * (panel.high.x - panel.low.x);
      axes.lines.push_back({{x, panel.high.y}, {x, panel.high.y + 4}});
      label({x, panel.high.y + 17}, tick.text, Label::Anchor::Middle, grey, small);
    }
    axes.lines.push_back({{panel.low.x, panel.low.y}, {panel.low.x, panel.high.y}, panel.high});
    add(std::move(grid));
    add(std::move(axes));
    if (isLowest)
      label({(panel.low.x + panel.high.x) / 2, panel.high.y + below + 12},
            panel.x.isLogarithmic() ? "step (log scale)" : "step", Label::Anchor::Middle, grey, small);
  }

  void drawTrace(const Panel &panel, const Trace &trace, const std::string &id, const Colour &colour, double width) {
    Strokes strokes{id, {}, colour, width};
    Discs single{id.empty() ? id : id + "-single", {}, 0.8 + width, colour, std::nullopt};
    std::vector<Place> line;
    auto end = [&] {
      if (line.size() == 1)
        single.centres.push_back(line.front());
      else if (!line.empty())
        strokes.lines.push_back(thinned(line));
      line.clear();
    };
    for (size_t i = 0; i < trace.values.size(); ++i) {
      if (std::isnan(trace.values[i]) || (panel.x.isLogarithmic() && trace.steps[i] <= 0))
        end();
      else
        line.push_back({panel.low.x + panel.x.share(trace.steps[i]) * (panel.high.x - panel.low.x),
                        panel.high.y - panel.y.share(trace.values[i]) * (panel.high.y - panel.low.y)});
    }
    end();
    if (!strokes.lines.empty())
      add(std::move(strokes));
    if (!single.centres.empty())
      add(std::move(single));
  }

  void add(Shape shape) { chart.drawing.shapes.push_back(std::move(shape)); }
  void label(Place at, std::string text, Label::Anchor anchor, const Colour &colour, double size) {
    if (!text.empty())
      add(Label{at, std::move(text), anchor, false, colour, size});
  }

  std::span<const RunLog> runs;
  const ChartOptions &options;
  std::vector<Content> contents; ///< of each panel
  std::vector<Place> names;      ///< of the runs, where there is a legend
  size_t columns = 1;            ///< panels in a row
  Chart chart;
};

} // namespace

Chart agon::rt::chartOf(std::span<const RunLog> runs, const ChartOptions &options) {
  return Canvas(runs, options).draw();
}

std::vector<std::string> agon::rt::columnsOf(std::span<const RunLog> runs) {
  std::vector<std::string> columns;
  for (const RunLog &run : runs)
    for (const RunLog::Column &column : run.columns)
      if (column.name != "steps_per_s" && !std::ranges::count(columns, column.name))
        columns.push_back(column.name);
  return columns;
}

std::vector<double> agon::rt::smoothed(std::span<const double> values, double weight) {
  double sum = 0, weights = 0;
  std::vector<double> result;
  for (double value : values) {
    if (std::isfinite(value)) {
      sum = weight * sum + (1 - weight) * value;
      weights = weight * weights + (1 - weight);
    }
    result.push_back(std::isfinite(value) ? sum / weights : value);
  }
  return result;
}

Colour agon::rt::colourOfRun(size_t i) {
  // Okabe and Ito's, which colour-blind people tell apart, without the yellow, and with two more.
  constexpr Colour colours[] = {{0, 114, 178}, {213, 94, 0},   {0, 158, 115},  {204, 121, 167},
                                {230, 159, 0}, {86, 180, 233}, {112, 62, 150}, {90, 90, 90}};
  Colour colour = colours[i % std::size(colours)];
  for (size_t round = 0; round < i / std::size(colours) % 3; ++round)
    for (uint8_t &part : colour)
      part = uint8_t(part * 3 / 5); // darker where they come again
  return colour;
}
