#include "runtime/core/TurnWatch.h"
#include "runtime/cpu/CpuDevice.h"
#include "test/unit/runtime/FakeGames.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();

template <typename Real> void expectFinite(size_t count, uint32_t dtype, const Device &device) {
  using Limits = std::numeric_limits<Real>;
  std::vector<Real> numbers(count);
  for (size_t i = 0; i < count; ++i) {
    const Real extremes[] = {0, -Limits::max(), Limits::max(), Limits::denorm_min(), Real(-0.0), Limits::min()};
    numbers[i] = extremes[i % 6];
  }
  auto *data = reinterpret_cast<std::byte *>(numbers.data());
  size_t bytes = count * sizeof(Real);
  EXPECT_TRUE(allFinite(data, bytes, dtype, device)) << count;
  EXPECT_FALSE(findNotFinite(data, bytes, dtype));
  for (size_t place : {size_t(0), count / 2, count - 1})
    for (Real bad : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
      Real good = std::exchange(numbers[place], bad);
      EXPECT_FALSE(allFinite(data, bytes, dtype, device)) << count << " " << place << " " << bad;
      NotFinite found = findNotFinite(data, bytes, dtype);
      EXPECT_EQ(found.nan, std::isnan(bad));
      EXPECT_EQ(found.infinite, std::isinf(bad));
      numbers[place] = good;
    }
}

TEST(Finite, FindsWhatIsNotAnywhere) {
  std::shared_ptr<const Device> cpu = openCpu(2);
  for (size_t count : {1, 3, 7, 511, 512, 513, 1023, 1024, 1025, 5000, 200'000, 1'000'003}) {
    expectFinite<float>(count, AGON_F32, *cpu);
    expectFinite<double>(count, AGON_F64, *cpu);
  }
  int64_t integers[] = {-1, INT64_MAX};
  EXPECT_TRUE(allFinite(reinterpret_cast<std::byte *>(integers), sizeof integers, AGON_I64, *cpu));
  EXPECT_TRUE(allFinite(nullptr, 0, AGON_F32, *cpu));
}

/// One turn of four regions over cells of one number: mask, value, sum (where the mask lay) and the weight.
struct Line : TableBuilder {
  uint32_t x, mask, value, weight, turn;
  std::vector<agon_extent> touches[4];
  static inline Line *self;
  /// What the regions write: mask <- masked; value <- logarithm; mask <- sum; weight <- updated.
  float masked = 0, logarithm = 0, sum = 0, updated = 0;

  Line() : TableBuilder("line", AGON_F32, 1) {
    self = this;
    x = cell("x", AGON_CELL_DATA, AGON_F32, {1});
    mask = cell("mask", AGON_CELL_METRIC, AGON_F32, {1});
    value = cell("value", AGON_CELL_METRIC, AGON_F32, {1});
    weight = cell("P.w", AGON_CELL_PARAMETER, AGON_F32, {1}, 0);
    turn = function("turn_P", AGON_FN_TURN, -1, play, {x, weight}, {weight});
    touches[0] = {extent(mask, true)};
    touches[1] = {extent(x, false), extent(value, true)};
    touches[2] = {extent(mask, false), extent(value, false), extent(mask, true)};
    touches[3] = {extent(mask, false), extent(weight, false), extent(weight, true)};
    static const agon_maker makers[] = {{"exp", "P#1", "line.agon:1:2", AGON_MAKES_INF},
                                        {"log", "P#1", "line.agon:2:3", AGON_MAKES_NAN | AGON_MAKES_INF},
                                        {"/", "P#1", "line.agon:2:3", AGON_MAKES_NAN | AGON_MAKES_OVERFLOW},
                                        {"*", "the gradient of P#1", "line.agon:4:5", AGON_MAKES_OVERFLOW}};
    auto region = [&](const char *name, int i, uint32_t count, const agon_maker *first) {
      return agon_region{
          name,  "line.agon:9:9",   "",   AGON_REGION_ELEMENTWISE, 1, 1, nullptr, uint32_t(touches[i].size()),
          count, touches[i].data(), first};
    };
    mark(turn, markedPlay,
         {region("mask [1]", 0, 1, makers), region("value [1]", 1, 2, makers + 1), region("sum [1]", 2, 0, nullptr),
          region("update [1]", 3, 1, makers + 3)});
    finish();
  }
  static void play(const agon_frame *) {}
  static void markedPlay(const agon_frame *f) {
    f->mark(f->profiler, 0);
    *self->at<float>(f, self->mask) = self->masked;
    f->mark(f->profiler, 1);
    *self->at<float>(f, self->value) = self->logarithm;
    f->mark(f->profiler, 2);
    *self->at<float>(f, self->mask) = self->sum;
    f->mark(f->profiler, 3);
    *self->at<float>(f, self->weight) = self->updated;
    f->mark(f->profiler, 4);
  }

  /// Which region is blamed for the weight, and in what words.
  std::string blame() {
    Instance instance(model, openCpu(1));
    TurnWatch watch(instance.function(turn));
    watch.play(instance);
    std::optional<uint32_t> maker = watch.makerOf(instance.cell(weight));
    return maker ? watch.operationsOf(*maker) : "";
  }
};

TEST(TurnWatch, FollowsNaNBackToWhereItWasMade) {
  Line line;
  line.logarithm = line.sum = line.updated = nan;
  EXPECT_EQ(line.blame(), "log or / in P#1 at line.agon:2:3");
}

TEST(TurnWatch, DoesNotBlameInfinitiesThatANaNDidNotComeOf) {
  Line line;
  line.masked = -inf; // a mask, as it should be
  line.logarithm = line.sum = line.updated = nan;
  EXPECT_EQ(line.blame(), "log or / in P#1 at line.agon:2:3");
}

TEST(TurnWatch, BlamesTheInfinityThatANaNCameOf) {
  Line line;
  line.masked = inf;
  line.sum = line.updated = nan; // the sum has no operation that makes a NaN of finite numbers
  EXPECT_EQ(line.blame(), "exp in P#1 at line.agon:1:2");
}

TEST(TurnWatch, PassesByWhatNothingCameOf) {
  Line line;
  line.masked = inf;
  line.logarithm = nan; // of a branch that is not taken
  line.sum = 1;
  line.updated = -inf;
  EXPECT_EQ(line.blame(), "an overflow of * in the gradient of P#1 at line.agon:4:5");
}

TEST(TurnWatch, NamesTheRegionWhereNoOperationStandsOut) {
  Line line;
  line.sum = line.updated = inf;
  EXPECT_EQ(line.blame(), "sum [1] at line.agon:9:9");
}

} // namespace
