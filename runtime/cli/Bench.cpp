//===- Bench.cpp - bench --------------------------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"
#include "runtime/core/Trainer.h"
#include "runtime/cpu/Roofline.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

/// Unmeasured iterations before the measured: pages, caches, branch predictors.
constexpr int64_t warmUp = 3;

/// What was measured of one turn's function.
struct TurnTimes {
  const agon_function *function;
  int64_t perIteration = 0;                 ///< calls in one iteration
  std::vector<double> plain, marked;        ///< seconds of each call, without and with marks
  std::vector<std::vector<double>> regions; ///< by region, of each marked call
};

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Fields without data get random numbers of their range: time does not depend
/// on them. \returns their names.
std::vector<std::string> makeUpData(Instance &instance, const DataSet &data, int64_t seed) {
  const agon_model &model = instance.model();
  std::vector<std::string> names;
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    if (data.isBound(field.group) || model.groups[field.group].source >= 0)
      continue;
    names.push_back(field.name);
    const agon_cell &cell = instance.cell(field.cell);
    SplitMix random(uint64_t(seed), f);
    double low = field.has_range ? field.low : -1, high = field.has_range ? field.high : 1;
    CellWriting drawn = instance.writing(cell);
    for (int64_t i = 0, n = instance.count(cell); i < n; ++i)
      drawn.set(i, field.classes > 0 ? double(random.below(uint64_t(field.classes)))
                                     : low + (high - low) * random.uniform());
    if (field.mean_cell >= 0) {
      const agon_cell &mean = instance.cell(uint32_t(field.mean_cell));
      CellWriting means = instance.writing(mean);
      for (int64_t i = 0, n = instance.count(mean); i < n; ++i)
        means.set(i, (low + high) / 2);
    }
  }
  return names;
}

class Bench {
public:
  Bench(Instance &instance, const DataSet &data, Trainer &trainer) : instance(instance), data(data), trainer(trainer) {
    const agon_model &model = instance.model();
    for (uint32_t i = 0; i < model.num_schedule; ++i) {
      const agon_function &function = instance.function(model.schedule[i]);
      TurnTimes &turn = find(&function);
      turn.regions.resize(function.num_regions);
      ++turn.perIteration;
      marksPerIteration += function.num_regions + 1;
    }
  }

  /// \param steps 0: as many as two seconds hold, at least 10.
  void run(int64_t steps) {
    for (int64_t i = 0; i < warmUp; ++i)
      trainer.iterate();
    int64_t start = nanoseconds();
    trainer.iterate();
    double one = std::max(double(nanoseconds() - start) * 1e-9, 1e-6);
    measured = steps > 0 ? steps : std::clamp(int64_t(1 / one), int64_t(10), int64_t(2000));

    // Turns as training plays them, then with marks, alternately: the
    // difference is what the marks cost, and the machine's mood is the same.
    Profiler profiler;
    profiler.reserve(instance.model().num_schedule * 8 + 64, marksPerIteration + 64);
    for (int64_t i = 0; i < measured; ++i) {
      playPlain(profiler);
      profiler.clear();
      instance.profile(&profiler);
      trainer.iterate();
      instance.profile(nullptr);
      for (const Profiler::Call &call : profiler.calls())
        collect(profiler, call);
    }
    drawn = median(draws);
    drawnShare = drawn / std::max(median(wholes), 1e-12);
    if (instance.repeats())
      playReplayed();
  }

  Json describe(const Roofline &roof) const {
    Json json = Json::array();
    for (const TurnTimes &turn : turns) {
      double seconds = median(turn.plain);
      Json entry = {{"name", turn.function->name},
                    {"calls_per_iteration", turn.perIteration},
                    {"seconds", seconds},
                    {"seconds_marked", median(turn.marked)},
                    {"flops", turn.function->flops},
                    {"regions", Json::array()}};
      for (uint32_t r = 0; r < turn.function->num_regions; ++r) {
        const agon_region &region = turn.function->regions[r];
        double time = median(turn.regions[r]);
        entry["regions"].push_back({{"name", region.name},
                                    {"source", region.source},
                                    {"algorithm", region.algorithm},
                                    {"seconds", time},
                                    {"flops", region.flops},
                                    {"bytes", region.bytes},
                                    {"tasks", tasksOf(region)},
                                    {"roof", jsonNumber(share(roof, region, time))}});
      }
      json.push_back(entry);
    }
    return json;
  }

  void print(const Roofline &roof, int64_t top) const {
    double iteration = 0, flops = 0;
    for (const TurnTimes &turn : turns) {
      printTurn(turn, roof, top);
      iteration += median(turn.plain) * double(turn.perIteration);
      flops += double(turn.function->flops) * double(turn.perIteration);
    }
    std::printf("%s\n", fmt::format("iteration: {:.4g} ms in turns, {:.4g} MFLOP, {:.1f} GFLOP/s, {:.1f} % of the "
                                    "arithmetic roof",
                                    iteration * 1e3, flops * 1e-6, rate(flops, iteration),
                                    100 * flops / std::max(iteration, 1e-12) / roof.flops)
                            .c_str());
    if (drawn > 0)
      std::printf("%s\n", fmt::format("data: {:.4g} ms of an iteration to draw its minibatches, {:.1f} % of its time{}",
                                      drawn * 1e3, 100 * drawnShare,
                                      replayed > 0 ? "; training does it while the device plays" : "")
                              .c_str());
    if (replayed > 0)
      std::printf("%s\n",
                  fmt::format("iteration as training plays it, replayed from a record: {:.4g} ms, {:.1f} GFLOP/s",
                              replayed * 1e3, rate(flops, replayed))
                      .c_str());
  }

  int64_t measured = 0;
  double drawn = 0;      ///< seconds of an iteration that are spent on drawing from data; 0: there is none
  double drawnShare = 0; ///< of an iteration's time
  double replayed = 0;   ///< seconds of an iteration that the device plays from a record; 0: it has none

private:
  TurnTimes &find(const agon_function *function) {
    for (TurnTimes &turn : turns)
      if (turn.function == function)
        return turn;
    return turns.emplace_back(TurnTimes{function, 0, {}, {}, {}});
  }

  /// One iteration in which each function is timed as a whole.
  void playPlain(Profiler &profiler) {
    profiler.clear();
    profiler.useMarks(false);
    instance.profile(&profiler);
    double drawnBefore = data.drawSeconds();
    int64_t start = nanoseconds();
    trainer.iterate();
    wholes.push_back(double(nanoseconds() - start) * 1e-9);
    draws.push_back(data.drawSeconds() - drawnBefore);
    instance.profile(nullptr);
    profiler.useMarks(true);
    for (const Profiler::Call &call : profiler.calls())
      if (call.function->kind == AGON_FN_TURN)
        find(call.function).plain.push_back(double(call.end - call.begin) * 1e-9);
  }

  /// Iterations as training plays them on a device that records them: no call waits for another.
  void playReplayed() {
    trainer.iterate();
    instance.device().wait(instance.device().self);
    int64_t start = nanoseconds();
    for (int64_t i = 0; i < measured; ++i)
      trainer.iterate();
    instance.device().wait(instance.device().self);
    replayed = double(nanoseconds() - start) * 1e-9 / double(measured);
  }

  void collect(const Profiler &profiler, const Profiler::Call &call) {
    if (call.function->kind != AGON_FN_TURN)
      return;
    TurnTimes &turn = find(call.function);
    turn.marked.push_back(double(call.end - call.begin) * 1e-9);
    std::span<const int64_t> marks = profiler.marks(call);
    for (size_t i = 0; i + 1 < marks.size(); ++i)
      turn.regions[i].push_back(double(marks[i + 1] - marks[i]) * 1e-9);
  }

  static double rate(double work, double seconds) { return work * 1e-9 / std::max(seconds, 1e-12); }
  static double share(const Roofline &roof, const agon_region &region, double seconds) {
    return roof.bound(double(region.flops), double(region.bytes)) / std::max(seconds, 1e-12);
  }

  static void printTurn(const TurnTimes &turn, const Roofline &roof, int64_t top) {
    const agon_function &function = *turn.function;
    double seconds = median(turn.plain), marked = median(turn.marked);
    std::printf("%s\n",
                fmt::format("\n{}{}: {:.4g} ms ({:.4g} ms with marks), {:.4g} MFLOP, {:.1f} GFLOP/s, {} regions",
                            function.name, turn.perIteration > 1 ? fmt::format(", {} times", turn.perIteration) : "",
                            seconds * 1e3, marked * 1e3, double(function.flops) * 1e-6,
                            rate(double(function.flops), seconds), function.num_regions)
                    .c_str());
    std::vector<double> times;
    for (const std::vector<double> &each : turn.regions)
      times.push_back(median(each));
    std::vector<uint32_t> order(times.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return times[a] > times[b]; });
    double total = std::max(std::accumulate(times.begin(), times.end(), 0.0), 1e-12);
    std::printf("%s\n", fmt::format("  {:>9} {:>6} {:>8} {:>7} {:>7}  {}", "time us", "share", "GFLOP/s", "GB/s",
                                    "roof", "region, where, how")
                            .c_str());
    size_t shown = top > 0 ? std::min(size_t(top), order.size()) : order.size();
    for (size_t i = 0; i < shown; ++i) {
      const agon_region &region = function.regions[order[i]];
      double time = times[order[i]], flops = double(region.flops), bytes = double(region.bytes);
      std::printf("%s\n", fmt::format("  {:>9.1f} {:>5.1f}% {:>8.1f} {:>7.1f} {:>5.0f}%{}  {}{}{}; {}", time * 1e6,
                                      100 * time / total, rate(flops, time), rate(bytes, time),
                                      100 * share(roof, region, time), roof.boundByMemory(flops, bytes) ? 'm' : 'a',
                                      region.name, *region.source ? " at " : "", region.source, region.algorithm)
                              .c_str());
    }
    if (shown < order.size()) {
      double rest = 0;
      for (size_t i = shown; i < order.size(); ++i)
        rest += times[order[i]];
      std::printf("%s\n", fmt::format("  {:>9.1f} {:>5.1f}% {:>26}{} more; --top 0 shows all", rest * 1e6,
                                      100 * rest / total, "", order.size() - shown)
                              .c_str());
    }
  }

  Instance &instance;
  const DataSet &data;
  Trainer &trainer;
  std::vector<double> wholes, draws; ///< seconds of iterations, and of what they drew
  std::vector<TurnTimes> turns;
  size_t marksPerIteration = 0;
};

} // namespace

int agon::rt::benchCommand(const Machine &on, const BenchOptions &options) {
  const agon_model &model = on.model;
  requireOutput();
  Instance instance(model, on.device);
  std::map<std::string, double> overrides = parseOverrides(instance, options.set);
  applyOverrides(instance, overrides);
  judgeOverrides(instance, overrides);
  DataSet data = openData(instance, options.data, {}, options.seed, {.cache = options.dataCache});
  std::vector<std::string> madeUp = makeUpData(instance, data, options.seed);
  bool isDouble = model.real == AGON_F64;
  Roofline roof = on.gpu ? Roofline{isDouble ? on.gpu->doubleFlops : on.gpu->flops, on.gpu->bytesPerSecond, 0}
                         : measureRoofline(instance.device(), isDouble);
  std::unique_ptr<Instance> host = hostOf(on);
  Trainer trainer(instance, data, options.seed, host.get());
  InitialWeights(instance, options.init, options.rename).initialize(trainer, data);
  Bench bench(instance, data, trainer);
  bench.run(options.steps);

  if (options.json) {
    Json json = {{"game", model.name},
                 {"target", model.target},
                 {"threads", instance.threads()},
                 {"device", instance.device().name},
                 {"iterations", bench.measured},
                 {"roof_flops", roof.flops},
                 {"roof_bytes", roof.bytes},
                 {"made_up_data", madeUp},
                 {"seconds_drawing", bench.drawn},
                 {"share_drawing", bench.drawnShare},
                 {"turns", bench.describe(roof)}};
    if (bench.replayed > 0)
      json["seconds_replayed"] = bench.replayed;
    std::printf("%s\n", json.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    std::string where = on.gpu ? fmt::format("on {}", instance.device().name)
                               : fmt::format("for {}, {} {}", model.target, instance.threads(),
                                             instance.threads() == 1 ? "thread" : "threads");
    std::string of = on.gpu ? fmt::format("{} multiply-adds outside of tensor cores at the clock that the device tells",
                                          isDouble ? "f64" : "f32")
                            : fmt::format("{}-bit multiply-adds in registers", roof.vectorBits);
    std::printf(
        "%s\n",
        fmt::format("{} {}: medians of {} iterations after {}", model.name, where, bench.measured, warmUp + 1).c_str());
    std::printf("%s\n", fmt::format("roof: {:.1f} GFLOP/s ({}), {:.1f} GB/s (memory{}); a percentage is of the nearer "
                                    "one, a(rithmetic) or m(emory)",
                                    roof.flops * 1e-9, of, roof.bytes * 1e-9, on.gpu ? ", likewise" : "")
                            .c_str());
    if (!madeUp.empty())
      std::printf("%s\n", fmt::format("random numbers for {}, which has no --data", fmt::join(madeUp, ", ")).c_str());
    bench.print(roof, options.top);
  }
  finishOutput();
  return int(ExitCode::Done);
}
