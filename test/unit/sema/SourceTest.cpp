//===- SourceTest.cpp - Built-in sources ------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include <cmath>
#include <set>

namespace agon::sema::test {

static Program withSource(const std::string &data) {
  return good("network C(x: [1]) -> [1] = x |> dense(1)\nnetwork P(x: [2]) -> [1] = x |> dense(1)\n"
              "game g {\n  data " +
              data + "\n  player C minimizes E[C([1])^2] with sgd(0.1)\n}\n");
}

static std::vector<Array> draw(const Program &program, int64_t n) {
  const Group &group = program.model->game->groups[0];
  Interpreter interpreter(n);
  return interpreter.run(group.source, group.sourceResults, {}, {});
}

TEST(Source, RingHasEightDistinctModes) {
  Program program = withSource("(x: [2], y: class(8)) ~ ring(modes = 8, radius = 2, std = 0.02)");
  const Group &group = program.model->game->groups[0];
  EXPECT_EQ(group.sourceText, "ring(modes = 8, radius = 2, std = 0.02)");
  ASSERT_EQ(group.modes.size(), 8u);
  EXPECT_NEAR(group.modeRadius, 0.06, 1e-12);
  for (size_t i = 0; i < 8; ++i)
    for (size_t j = 0; j < i; ++j)
      EXPECT_GT(std::hypot(group.modes[i][0] - group.modes[j][0], group.modes[i][1] - group.modes[j][1]), 1);
  auto drawn = draw(program, 2000);
  std::set<int> seen;
  for (int n = 0; n < 2000; ++n) {
    int label = int(drawn[1].values[n]);
    seen.insert(label);
    EXPECT_LT(
        std::hypot(drawn[0].values[2 * n] - group.modes[label][0], drawn[0].values[2 * n + 1] - group.modes[label][1]),
        6 * 0.02);
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST(Source, GridLabelsAreItsModes) {
  Program program = withSource("(x: [2], y: class(25)) ~ grid()");
  const Group &group = program.model->game->groups[0];
  ASSERT_EQ(group.modes.size(), 25u);
  EXPECT_EQ(group.modes[0], (std::vector<double>{-4, -4}));
  EXPECT_EQ(group.modes[24], (std::vector<double>{4, 4}));
  auto drawn = draw(program, 3000);
  std::set<int> seen;
  for (int n = 0; n < 3000; ++n) {
    int label = int(drawn[1].values[n]);
    seen.insert(label);
    EXPECT_LT(
        std::hypot(drawn[0].values[2 * n] - group.modes[label][0], drawn[0].values[2 * n + 1] - group.modes[label][1]),
        6 * 0.05);
  }
  EXPECT_EQ(seen.size(), 25u);
}

TEST(Source, Normals) {
  auto drawn = draw(withSource("x: [1] ~ gaussian(mean = 4, std = 0.5)"), 4000);
  double mean = 0;
  for (double value : drawn[0].values)
    mean += value / 4000;
  EXPECT_NEAR(mean, 4, 0.05);
  drawn = draw(withSource("x: [2] ~ gaussian([1, -1], 0.01)"), 10);
  EXPECT_NEAR(drawn[0].values[1], -1, 0.1);
  drawn = draw(withSource("x: [3, 2] ~ normal(5, 0.01)"), 2);
  EXPECT_NEAR(drawn[0].values[7], 5, 0.1);
  EXPECT_TRUE(withSource("x: [2] ~ uniform(0, 1)").model->game->groups[0].hasSource);
}

TEST(Source, OthersStayInTheirRange) {
  for (const char *source : {"swiss_roll()", "two_moons()", "circles()", "checkerboard()", "ring"}) {
    auto drawn = draw(withSource(std::string("x: [2] ~ ") + source), 500);
    for (double value : drawn[0].values)
      EXPECT_LT(std::fabs(value), 6) << source;
  }
  Program program = withSource("(x: [1], y: class(2)) ~ mixture([[-2], [2]], std = 0.1)");
  auto drawn = draw(program, 200);
  for (int n = 0; n < 200; ++n)
    EXPECT_EQ(drawn[0].values[n] > 0, drawn[1].values[n] == 1);
  EXPECT_EQ(program.model->game->groups[0].modes.size(), 2u);
}

TEST(Source, UsersWriteTheirOwn) {
  Program program = good("source line(n = 3) -> [2] {\n  noise k: class(n) ~ categorical([0.5, 0.25, 0.25])\n"
                         "  mode i in 0..n at [i, 0] within 0.1\n  return [float(k), 0]\n}\n"
                         "network P(x: [2]) -> [1] = x |> dense(1)\n"
                         "game g {\n  data x: [2] ~ line()\n  player P minimizes E[P(x)^2] with sgd(0.1)\n}\n");
  auto drawn = draw(program, 4000);
  int counts[3] = {};
  for (int n = 0; n < 4000; ++n)
    ++counts[int(drawn[0].values[2 * n])];
  EXPECT_NEAR(counts[0], 2000, 150);
  EXPECT_NEAR(counts[1], 1000, 150);
  EXPECT_NEAR(counts[2], 1000, 150);
}

} // namespace agon::sema::test
