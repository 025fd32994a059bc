#include "runtime/core/Trainer.h"
#include "runtime/core/Failure.h"
#include "runtime/core/GradCheck.h"
#include "runtime/core/Sampler.h"
#include "runtime/core/Signals.h"
#include "runtime/cpu/CpuDevice.h"
#include "test/unit/runtime/FakeGames.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

std::vector<char> state(const Instance &instance) {
  std::vector<char> bytes;
  for (uint32_t i = 0; i < instance.model().num_cells; ++i)
    if (Instance::isPersistent(instance.cell(i))) {
      CellReading stored = instance.reading(instance.cell(i));
      auto *at = reinterpret_cast<const char *>(stored.data());
      bytes.insert(bytes.end(), at, at + stored.size());
    }
  return bytes;
}

std::vector<char> stateAfter(int threads, int64_t seed, int steps, bool withMetrics) {
  Instance instance(ringGame(), openCpu(threads));
  NoFeed feed;
  Trainer trainer(instance, feed, seed);
  trainer.initialize([](uint32_t) {});
  for (int i = 0; i < steps; ++i) {
    trainer.iterate();
    if (withMetrics) {
      trainer.computeMetrics();
      drawSamples(instance, 0, 5, seed);
    }
  }
  return state(instance);
}

TEST(Trainer, StateDependsOnTheSeedOnly) {
  std::vector<char> once = stateAfter(1, 3, 20, false);
  EXPECT_EQ(once, stateAfter(1, 3, 20, false));
  EXPECT_EQ(once, stateAfter(4, 3, 20, false));
  EXPECT_EQ(once, stateAfter(2, 3, 20, true)) << "metrics and samples must not disturb training";
  EXPECT_NE(once, stateAfter(1, 4, 20, false));
  EXPECT_NE(once, stateAfter(1, 3, 21, false));
}

TEST(Trainer, PlaysTheScheduleWithRepeats) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  trainer.iterate();
  trainer.iterate();
  EXPECT_EQ(trainer.step(), 2);
  EXPECT_EQ(trainer.draws(), 6);
  EXPECT_EQ(instance.read(instance.cell(instance.findCell(AGON_CELL_STEP, "step.D"))), 4);
  EXPECT_EQ(instance.read(instance.cell(instance.findCell(AGON_CELL_STEP, "step.G"))), 2);
  auto key = instance.load<int64_t>(instance.cell(instance.model().key_cell));
  EXPECT_EQ(key[1], 5) << "draws count turns from zero";
}

class Counter : public Observer {
public:
  void progress(int64_t, double) override { ++iterations; }
  void logged(int64_t step, double) override { logs.push_back(step); }
  void sample(int64_t step) override { samples.push_back(step); }
  void checkpoint(int64_t step) override {
    checkpoints.push_back(step);
    saved = instance ? state(*instance) : std::vector<char>();
  }
  bool restore(int64_t step) override {
    restored.push_back(step);
    if (!instance)
      return false;
    const char *from = saved.data();
    for (uint32_t i = 0; i < instance->model().num_cells; ++i)
      if (const agon_cell &cell = instance->cell(i); Instance::isPersistent(cell)) {
        std::memcpy(instance->writing(cell).data(), from, instance->bytes(cell));
        from += instance->bytes(cell);
      }
    return true;
  }
  void replaying(int64_t from, int64_t to, double) override { replayed = {from, to}; }
  Instance *instance = nullptr; ///< whose state is kept at checkpoints and can be restored
  std::vector<char> saved;
  std::vector<int64_t> restored;
  std::pair<int64_t, int64_t> replayed;
  int iterations = 0;
  std::vector<int64_t> logs, samples, checkpoints;
};

TEST(Trainer, EventsComeAtTheirStepsAndAtTheLast) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  Counter counter;
  Plan plan;
  plan.steps = 10;
  plan.log.every = 4;
  plan.sample.every = 5;
  plan.checkpoint.every = 3;
  EXPECT_TRUE(trainer.run(plan, counter));
  EXPECT_EQ(counter.iterations, 10);
  EXPECT_EQ(counter.logs, (std::vector<int64_t>{4, 8, 10}));
  EXPECT_EQ(counter.samples, (std::vector<int64_t>{5, 10}));
  EXPECT_EQ(counter.checkpoints, (std::vector<int64_t>{3, 6, 9, 10}));
}

TEST(Trainer, WritesTheInitialStateWhereNothingFollows) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  Counter counter;
  EXPECT_TRUE(trainer.run(Plan(), counter));
  EXPECT_EQ(counter.checkpoints, std::vector<int64_t>{0});
}

TEST(Trainer, StopsBeforeTheFirstIterationToo) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  Counter counter;
  Plan plan;
  plan.steps = 10;
  {
    StopSignals signals;
    raise(SIGTERM);
    raise(SIGINT);
    EXPECT_FALSE(trainer.run(plan, counter));
  }
  EXPECT_EQ(counter.iterations, 0);
  EXPECT_EQ(counter.checkpoints, std::vector<int64_t>{0});
  StopSignals fresh;
  EXPECT_TRUE(trainer.run(plan, counter)) << "what came before construction is forgotten";
}

/// What `run` of a trainer that must fail says.
std::string failureOf(Trainer &trainer, const Plan &plan, Observer &observer) {
  try {
    trainer.run(plan, observer);
  } catch (const Failure &failure) {
    EXPECT_EQ(failure.exitCode(), ExitCode::RunFailed);
    return failure.what();
  }
  ADD_FAILURE() << "expected a failure";
  return {};
}

void setRate(Instance &instance, double rate) {
  instance.write(instance.cell(instance.findCell(AGON_CELL_HYPER, "G.lr")), 0, rate);
}

TEST(Trainer, NamesWhatFirstMadeANumberThatIsNotFinite) {
  for (int threads : {1, 2}) {
    Instance instance(ringGame(), openCpu(threads));
    setRate(instance, 1e30);
    NoFeed feed;
    Trainer trainer(instance, feed, 0);
    trainer.initialize([](uint32_t) {});
    Counter counter;
    counter.instance = &instance;
    Plan plan;
    plan.steps = 100;
    EXPECT_EQ(failureOf(trainer, plan, counter),
              "G's weights are no longer finite: G.dense_0.b has inf since step 2 (turn of G); first made by an "
              "overflow of * at fake.agon:5:9; the last good checkpoint, of step 0, is kept");
    EXPECT_EQ(counter.checkpoints, std::vector<int64_t>{0});
    EXPECT_EQ(counter.saved, stateAfter(1, 0, 0, false)) << "the initial state is what is kept";
    EXPECT_TRUE(counter.restored.empty());
    EXPECT_EQ(counter.replayed, (std::pair<int64_t, int64_t>{0, 2}));
  }
}

TEST(Trainer, KeepsTheLastFiniteCheckpointAndReplaysFromIt) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  Counter counter;
  counter.instance = &instance;
  Plan plan;
  plan.steps = 20;
  plan.checkpoint.every = 8;
  EXPECT_TRUE(trainer.run(plan, counter));
  // It goes on with a rate that ruins it: the state is noticed before anything is written.
  setRate(instance, 1e30);
  plan.steps = 100;
  std::string first = failureOf(trainer, plan, counter);
  EXPECT_NE(first.find("G.dense_0.b has inf since step 22 (turn of G)"), std::string::npos) << first;
  EXPECT_NE(first.find("checkpoint, of step 20, is kept"), std::string::npos) << first;
  EXPECT_EQ(counter.checkpoints, (std::vector<int64_t>{8, 16, 20}));
  EXPECT_EQ(counter.restored, std::vector<int64_t>{20});

  // A run that goes on from there fails in the same way.
  counter.restore(20);
  trainer.setStep(20);
  EXPECT_EQ(failureOf(trainer, plan, counter), first);
}

TEST(Trainer, NoticesTheStateAtTheNextLoggedRow) {
  Instance instance(ringGame(), openCpu(1));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  // The fake D has a state that no objective reads; nothing of the run makes it so, so nothing is blamed for it.
  struct Ruin : Counter {
    void progress(int64_t step, double) override {
      if (step == 13)
        instance->write(instance->cell(instance->findCell(AGON_CELL_STATE, "D.seen")), 0, NAN);
      last = step;
    }
    int64_t last = 0;
  } counter;
  counter.instance = &instance;
  Plan plan;
  plan.steps = 100;
  plan.log.every = 10;
  EXPECT_EQ(failureOf(trainer, plan, counter), "D's states are no longer finite: D.seen has NaN at step 20; the last "
                                               "good checkpoint, of step 0, is kept");
  EXPECT_EQ(counter.last, 19);
  EXPECT_EQ(counter.logs, std::vector<int64_t>{10}) << "no row of a state that is not finite";
  EXPECT_EQ(counter.checkpoints, std::vector<int64_t>{0});
}

TEST(Trainer, StandardStepsDoNotDependOnTheTotal) {
  EXPECT_TRUE(standardLogStep(7));
  EXPECT_FALSE(standardLogStep(17));
  EXPECT_TRUE(standardLogStep(20));
  EXPECT_FALSE(standardLogStep(1010));
  EXPECT_TRUE(standardLogStep(1100));
  EXPECT_FALSE(standardSampleStep(50));
  EXPECT_TRUE(standardSampleStep(300));
  EXPECT_FALSE(standardSampleStep(1100));
}

TEST(Sampler, FirstSamplesDoNotDependOnTheCount) {
  Instance instance(ringGame(), openCpu(2));
  NoFeed feed;
  Trainer trainer(instance, feed, 0);
  trainer.initialize([](uint32_t) {});
  Samples few = drawSamples(instance, 0, 3, 9), many = drawSamples(instance, 0, 11, 9);
  ASSERT_EQ(few.count, 3);
  ASSERT_EQ(many.count, 11);
  EXPECT_EQ(many.values.size(), 22u);
  for (size_t i = 0; i < few.values.size(); ++i)
    EXPECT_EQ(few.values[i], many.values[i]);
  EXPECT_NE(drawSamples(instance, 0, 3, 10).values, few.values);
}

TEST(Sampler, CountsModes) {
  Instance instance(ringGame(), openCpu(1));
  ASSERT_TRUE(hasModes(instance, 0));
  EXPECT_FALSE(hasModes(instance, 1));
  Samples samples;
  samples.shape = {2};
  samples.values = {2, 0, 2.05, 0, 2.1, 0, 0, 2, 5, 5, NAN, 0};
  samples.count = 6;
  Coverage coverage = countModes(instance, 0, samples);
  EXPECT_EQ(coverage.modes, 2);
  EXPECT_EQ(coverage.ofModes, 8);
  EXPECT_DOUBLE_EQ(coverage.highQuality, 0.5);
  EXPECT_EQ(coverageText(coverage), "modes 2 of 8, high-quality samples 50.0 %");
}

TEST(Sampler, NamesTheGenerators) {
  Instance ring(ringGame(), openCpu(1)), product(productGame(), openCpu(1));
  EXPECT_EQ(findGenerator(ring, ""), 0u);
  EXPECT_THROW(findGenerator(ring, "D"), Failure);
  EXPECT_THROW(findGenerator(ring, "H"), Failure);
  EXPECT_THROW(findGenerator(product, ""), Failure);
}

TEST(GradCheck, AcceptsRightAndFindsWrongDerivatives) {
  NoFeed feed;
  for (bool wrong : {false, true}) {
    Instance instance(productGame(wrong), openCpu(1));
    Trainer(instance, feed, 1).initialize([](uint32_t) {});
    std::vector<GradCheckRow> rows = checkGradients(instance, feed, {});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].parameter, "phi.w");
    EXPECT_TRUE(rows[0].passed) << worst(rows[0].first).error << " " << worst(rows[0].second).error;
    EXPECT_GT(worst(rows[0].first).error, 0) << "figures are shown as they are";
    EXPECT_EQ(rows[0].entries, 3);
    EXPECT_EQ(rows[0].second.size(), 1u);
    EXPECT_EQ(rows[1].passed, !wrong) << worst(rows[1].first).error << " " << worst(rows[1].second).error;
    EXPECT_EQ(rows[2].objective, "theta.quartic");
    EXPECT_EQ(rows[2].parameter, "theta.w");
    EXPECT_EQ(rows[2].passed, !wrong) << worst(rows[2].first).error;
    EXPECT_TRUE(rows[2].second.empty());
  }
}

/// f64: one player's objective is w^2 / 2 + |w - c|, with the corner c so far beyond the point where its gradient is
/// first asked for; what it tells as its gradient there is off by `error`.
struct Corner {
  static inline double distance, error, point;
  static inline bool asked;
  static Corner &get() {
    static Corner corner;
    return corner;
  }
  static double *at(const agon_frame *frame, uint32_t cell) { return get().table.at<double>(frame, cell); }
  static void gradient(const agon_frame *frame) {
    double w = *at(frame, get().w);
    point = asked ? point : w;
    asked = true;
    *at(frame, get().slope) = w + (w > point + distance ? 1 : -1) + error;
  }
  static void objective(const agon_frame *frame) {
    double w = *at(frame, get().w);
    *at(frame, get().value) = w * w / 2 + std::abs(w - point - distance);
  }
  static void curvature(const agon_frame *frame) { *at(frame, get().curve) = *at(frame, get().direction); }

  static GradCheckRow check(double distance, double error, double step = 0) {
    Corner::distance = distance;
    Corner::error = error;
    asked = false;
    NoFeed feed;
    Instance instance(get().table.model, openCpu(1));
    GradCheckOptions options;
    options.step = step;
    return checkGradients(instance, feed, options).at(0);
  }

  Corner() {
    w = table.cell("D.w", AGON_CELL_PARAMETER, AGON_F64, {1}, 0);
    value = table.cell("D", AGON_CELL_OBJECTIVE, AGON_F64, {}, 0);
    slope = table.cell("gradient.D.D.w", AGON_CELL_GRADIENT, AGON_F64, {1}, 0);
    direction = table.cell("direction.D.D.w", AGON_CELL_DIRECTION, AGON_F64, {1}, 0);
    curve = table.cell("curvature.D.D.w", AGON_CELL_CURVATURE, AGON_F64, {1}, 0);
    uint32_t step = table.cell("step.D", AGON_CELL_STEP, AGON_I64, {}, 0);
    table.function("objective", AGON_FN_OBJECTIVE, 0, objective, {w}, {value});
    table.function("gradient", AGON_FN_GRADIENT, 0, gradient, {w}, {value, slope});
    table.function("curvature", AGON_FN_CURVATURE, -1, curvature, {w, direction}, {curve});
    table.players.push_back({"D", 0, "sgd(lr = 0.01)", value, step});
    table.finish();
  }
  TableBuilder table{"corner", AGON_F64, 1};
  uint32_t w, value, slope, direction, curve;
};

TEST(GradCheck, RecognisesKinksAndNoErrorHidesBehindThem) {
  // Far away there is no kink to meet.
  GradCheckRow row = Corner::check(1, 0);
  EXPECT_TRUE(row.passed);
  EXPECT_EQ(worst(row.first).kink, Comparison::None);
  for (double distance : {1e-4, -1e-4, 3e-6, -2e-7}) {
    EXPECT_TRUE(Corner::check(distance, 0).passed) << distance;
    EXPECT_FALSE(Corner::check(distance, 1e-3).passed) << distance;
    EXPECT_FALSE(Corner::check(distance, -1e-3).passed) << distance;
  }
  // At the kink the derivative lies between those of the two sides.
  for (double error : {0.0, 0.5, 1.9}) {
    row = Corner::check(0, error);
    EXPECT_TRUE(row.passed) << error;
    EXPECT_EQ(worst(row.first).kink, Comparison::At) << error;
  }
  for (double error : {-0.1, 2.1, 100.0})
    EXPECT_FALSE(Corner::check(0, error).passed) << error;
}

TEST(GradCheck, AStepAskedForFailsNoRightDerivativeAndPassesNoWrongOne) {
  for (double step : {1e-1, 1e-3, 1e-5})
    for (double distance : {1e-4, -3e-6}) {
      GradCheckRow row = Corner::check(distance, 0, step);
      EXPECT_TRUE(row.passed) << step << " " << distance;
      bool unfit = std::any_of(row.first.begin(), row.first.end(), [](const Comparison &c) { return c.otherStep; });
      EXPECT_EQ(unfit, step != 1e-5 || distance == -3e-6) << step << " " << distance;
      // Between the slopes of the two sides, but the corner is not here.
      for (double error : {1e-3, 1.0, -1e-3, -1.0})
        EXPECT_FALSE(Corner::check(distance, error, step).passed) << step << " " << distance << " " << error;
    }
  EXPECT_FALSE(worst(Corner::check(1, 0, 1e-3).first).otherStep);
}

TEST(GradCheck, NeedsDoubles) {
  NoFeed feed;
  Instance instance(ringGame(), openCpu(1));
  EXPECT_THROW(checkGradients(instance, feed, {}), Failure);
}

TEST(Instance, RefusesTablesThatItCannotRun) {
  agon_model model = ringGame();
  model.abi_version = 99;
  EXPECT_THROW(Instance(model, openCpu(1)), Failure);
  model = ringGame();
  const char *features[] = {"x86-64", "no-such-feature", nullptr};
  model.cpu_features = features;
  try {
    Instance instance(model, openCpu(1));
    FAIL() << "expected a failure";
  } catch (const Failure &failure) {
    EXPECT_EQ(failure.exitCode(), ExitCode::Internal);
    EXPECT_NE(std::string(failure.what()).find("no-such-feature"), std::string::npos);
  }
  model = ringGame();
  model.cell_bytes = 64;
  EXPECT_THROW(Instance(model, openCpu(1)), Failure);
}

TEST(Instance, HyperparametersStartUnset) {
  Instance instance(ringGame(), openCpu(1));
  EXPECT_TRUE(std::isnan(instance.read(instance.cell(instance.findCell(AGON_CELL_HYPER, "G.lr")))));
}

} // namespace
