#include "runtime/charts/Chart.h"
#include "runtime/core/Failure.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

std::vector<std::string> texts(const Scale &scale, int count) {
  std::vector<std::string> texts;
  for (const Scale::Tick &tick : scale.ticks(count))
    texts.push_back(tick.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Scale, TicksAreRoundNumbers) {
  EXPECT_EQ(texts(Scale(0, 3000, false, 0), 5), (Texts{"0", "500", "1000", "1500", "2000", "2500", "3000"}));
  EXPECT_EQ(texts(Scale(0.4, 1.45, false, 0), 5), (Texts{"0.4", "0.6", "0.8", "1.0", "1.2", "1.4"}));
  EXPECT_EQ(texts(Scale(0, 100000, false, 0), 5), (Texts{"0", "20k", "40k", "60k", "80k", "100k"}));
  EXPECT_EQ(texts(Scale(0, 2.5e6, false, 0), 5), (Texts{"0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"}));
  EXPECT_EQ(texts(Scale(-0.12, 0.31, false, 0), 5), (Texts{"-0.1", "0", "0.1", "0.2", "0.3"}));
  EXPECT_EQ(texts(Scale(1e-8, 5e-8, false, 0), 5), (Texts{"1e-08", "2e-08", "3e-08", "4e-08", "5e-08"}));
  EXPECT_EQ(texts(Scale(1, 2000, true, 0), 5), (Texts{"1", "10", "100", "1000"}));
  EXPECT_EQ(texts(Scale(0.5, 60, true, 0), 5), (Texts{"0.5", "1", "2", "5", "10", "20", "50"}));
  EXPECT_EQ(texts(Scale(1e-12, 1e12, true, 0), 5), (Texts{"1e-10", "1e-05", "1", "1e+05", "1e+10"}));
}

TEST(Scale, EveryRangeHasTicksThatReadAsWhatTheyMark) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> share(0, 1);
  for (int trial = 0; trial < 20000; ++trial) {
    bool logarithmic = trial % 3 == 0;
    double size = std::pow(10, 24 * share(random) - 12), low = (share(random) - (logarithmic ? 0 : 0.5)) * size;
    double high = low + size * std::pow(10, -6 * share(random));
    Scale scale(low, high, logarithmic, 0.05);
    EXPECT_GT(scale.share(low), 0);
    EXPECT_LT(scale.share(high), 1);
    std::vector<Scale::Tick> ticks = scale.ticks(5);
    ASSERT_GE(ticks.size(), 2u) << low << " " << high << " " << logarithmic;
    ASSERT_LE(ticks.size(), 11u) << low << " " << high << " " << logarithmic;
    for (size_t i = 0; i < ticks.size(); ++i) {
      EXPECT_GE(scale.share(ticks[i].value), -1e-9);
      EXPECT_LE(scale.share(ticks[i].value), 1 + 1e-9);
      ASSERT_TRUE(i == 0 || ticks[i].value > ticks[i - 1].value);
      ASSERT_TRUE(i == 0 || ticks[i].text != ticks[i - 1].text) << low << " " << high << " " << ticks[i].text;
      double factor = ticks[i].text.ends_with("k") ? 1e3 : ticks[i].text.ends_with("M") ? 1e6 : 1;
      double distance = i ? ticks[i].value - ticks[i - 1].value : ticks[1].value - ticks[0].value;
      EXPECT_NEAR(std::stod(ticks[i].text) * factor, ticks[i].value, 0.01 * distance) << ticks[i].text;
    }
  }
}

TEST(Scale, RangesWithoutExtentAndOfAllNumbers) {
  for (double value : {0.0, 1.0, -3e300, 5e-310, 1e308}) {
    Scale scale(value, value, false, 0.05);
    EXPECT_NEAR(scale.share(value), 0.5, 1e-9) << value;
  }
  EXPECT_NEAR(Scale(7, 7, true, 0.05).share(7), 0.5, 1e-9);
  Scale all(-1.7e308, 1.7e308, false, 0.05);
  EXPECT_NEAR(all.share(0), 0.5, 1e-9);
  EXPECT_NEAR(all.share(-1.7e308), 0, 0.05);
  EXPECT_GE(all.ticks(5).size(), 3u);
  EXPECT_EQ(texts(Scale(1, 0, false, 0), 5).front(), "0") << "no numbers";
}

TEST(Chart, TheAverageIsOfWhatIsFinite) {
  std::vector<double> result = smoothed(std::vector<double>{4, nan, 8, inf, 0}, 0.5);
  EXPECT_EQ(result[0], 4);
  EXPECT_TRUE(std::isnan(result[1]));
  EXPECT_DOUBLE_EQ(result[2], (0.25 * 4 + 0.5 * 8) / 0.75);
  EXPECT_EQ(result[3], inf);
  EXPECT_DOUBLE_EQ(result[4], (0.125 * 4 + 0.25 * 8) / 0.875);
}

TEST(Chart, LogsAreReadBack) {
  TemporaryDirectory directory;
  directory.write("log.csv", "step,D,G.move,steps_per_s\n1,0.5,,10\n2,nan,-1e-3,20\n5,inf,1e400,30\n7,1");
  RunLog log = readRunLog(directory.path());
  EXPECT_EQ(log.steps, (std::vector<double>{1, 2, 5}));
  ASSERT_EQ(log.columns.size(), 3u);
  EXPECT_EQ(log.columns[0].name, "D");
  EXPECT_EQ(log.columns[0].notFinite, 2);
  EXPECT_EQ(log.columns[0].values[0], 0.5);
  EXPECT_EQ(log.columns[0].values[2], inf);
  EXPECT_TRUE(std::isnan(log.columns[1].values[0]));
  EXPECT_EQ(log.columns[1].values[1], -1e-3);
  EXPECT_EQ(log.columns[1].notFinite, 1) << "an empty cell is none, a number out of range is infinite";
  EXPECT_EQ(columnsOf(std::vector{log}), (Texts{"D", "G.move"}));

  for (const char *bad : {"step,D\n1,2,3\n", "step,D\n1\n", "step,D\n1,x\n", "step,D\n2,1\n2,1\n", "step,D\nx,1\n",
                          "a\n", "step,D\n1,2 \n"}) {
    directory.write("log.csv", bad);
    try {
      readRunLog(directory.path());
      ADD_FAILURE() << bad;
    } catch (const Failure &failure) {
      EXPECT_EQ(failure.exitCode(), ExitCode::BadData) << bad;
    }
  }
}

TEST(Chart, RunsAreCalledByTheirLastParts) {
  EXPECT_EQ(namesOfRuns(Texts{"a/b/", "c/d", "./e"}), (Texts{"b", "d", "e"}));
  EXPECT_EQ(namesOfRuns(Texts{"a/b", "c/b"}), (Texts{"a/b", "c/b"}));
  EXPECT_EQ(namesOfRuns(Texts{"."}), (Texts{"."}));
}

/// A line of `count` points, of a run.
RunLog lineOf(const std::string &name, int count, double factor) {
  RunLog log;
  log.name = name;
  log.columns.push_back({"v", {}, 0});
  for (int i = 1; i <= count; ++i) {
    log.steps.push_back(i);
    log.columns[0].values.push_back(factor * i);
  }
  return log;
}

const Strokes *find(const Chart &chart, const std::string &id) {
  for (const Shape &shape : chart.drawing.shapes)
    if (auto *strokes = std::get_if<Strokes>(&shape); strokes && strokes->id == id)
      return strokes;
  return nullptr;
}

TEST(Chart, LinesStandWhereTheirNumbersAre) {
  std::vector<RunLog> runs = {lineOf("a", 100, 1), lineOf("b", 50, -2)};
  runs[0].columns[0].values[60] = nan;
  Chart chart = chartOf(runs, {.columns = {"v"}});
  const Panel &panel = chart.panels.at(0);
  const Strokes *first = find(chart, "trace-0-0"), *second = find(chart, "trace-0-1");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->lines.size(), 2u) << "broken where a number is missing";
  EXPECT_EQ(second->lines.size(), 1u);
  auto pixel = [&](double step, double value) {
    return Place{panel.low.x + panel.x.share(step) * (panel.high.x - panel.low.x),
                 panel.high.y - panel.y.share(value) * (panel.high.y - panel.low.y)};
  };
  EXPECT_NEAR(first->lines[0].back().x, pixel(60, 60).x, 1e-9);
  EXPECT_NEAR(first->lines[0].back().y, pixel(60, 60).y, 1e-9);
  EXPECT_NEAR(first->lines[1].back().x, panel.high.x, 1e-9) << "the axis ends with the longest run";
  EXPECT_NEAR(second->lines[0].back().x, pixel(50, -100).x, 1e-9);
  EXPECT_NEAR(second->lines[0].back().y, pixel(50, -100).y, 1e-9);
  EXPECT_NE(first->colour, second->colour);
}

TEST(Chart, ManyPointsAreThinnedToWhatCanBeSeen) {
  std::vector<RunLog> runs = {lineOf("a", 200000, 0)};
  runs[0].columns[0].values[123456] = 1;
  Chart chart = chartOf(runs, {.columns = {"v"}});
  const std::vector<Place> &line = find(chart, "trace-0-0")->lines.at(0);
  EXPECT_LT(line.size(), 6000u);
  const Panel &panel = chart.panels[0];
  double top = panel.high.y - panel.y.share(1) * (panel.high.y - panel.low.y);
  EXPECT_TRUE(std::ranges::any_of(line, [&](const Place &place) { return std::abs(place.y - top) < 1e-9; }))
      << "a single peak is kept";
  EXPECT_TRUE(std::ranges::is_sorted(line, {}, &Place::x));
}

} // namespace
