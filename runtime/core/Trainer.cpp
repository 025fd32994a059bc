#include "runtime/core/Trainer.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"
#include "runtime/core/Signals.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using namespace agon::rt;

namespace {

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

int64_t powerOfTenBelow(int64_t step) {
  int64_t power = 1;
  while (power <= step / 10)
    power *= 10;
  return power;
}

template <typename T> bool allFinite(std::span<T> values) {
  return std::all_of(values.begin(), values.end(), [](T v) { return std::isfinite(v); });
}

} // namespace

bool agon::rt::standardLogStep(int64_t step) {
  int64_t every = step <= 10 ? 1 : step <= 1000 ? 10 : step <= 100000 ? 100 : 1000;
  return step % every == 0;
}

bool agon::rt::standardSampleStep(int64_t step) { return step >= 100 && step % powerOfTenBelow(step) == 0; }

Trainer::Trainer(Instance &instance, Feed &feed, int64_t seed)
    : instance(instance), feed(feed), seed(seed), requirements(instance) {
  const agon_model &model = instance.model();
  usesPerIteration.assign(model.num_groups, 0);
  for (uint32_t i = 0; i < model.num_schedule; ++i) {
    const agon_function &turn = instance.function(model.schedule[i]);
    std::vector<Draw> &draws = turnDraws.emplace_back();
    for (uint32_t group = 0; group < model.num_groups; ++group)
      if (instance.readsGroup(turn, group))
        draws.push_back({group, usesPerIteration[group]++});
  }
  metrics = instance.findFunction(AGON_FN_METRICS);
  if (metrics >= 0)
    for (uint32_t group = 0; group < model.num_groups; ++group)
      if (instance.readsGroup(instance.function(metrics), group))
        metricGroups.push_back(group);
}

void Trainer::fillSourceMeans() {
  constexpr int batches = 10;
  const agon_model &model = instance.model();
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    if (field.mean_cell < 0 || feed.isBound(field.group) || model.groups[field.group].source < 0)
      continue;
    const agon_cell &data = instance.cell(field.cell), &mean = instance.cell(field.mean_cell);
    int64_t elements = instance.count(mean), rows = model.batch;
    std::vector<double> sums(elements, 0.0);
    for (int batch = 0; batch < batches; ++batch) {
      instance.setKey(seed, keys::init + 1 + batch);
      instance.call(uint32_t(model.groups[field.group].source));
      for (int64_t i = 0; i < rows * elements; ++i)
        sums[i % elements] += instance.read(data, i);
    }
    for (int64_t i = 0; i < elements; ++i)
      instance.write(mean, i, sums[i] / double(rows * batches));
  }
}

void Trainer::initialize(const std::function<void(uint32_t field)> &fillMean) {
  const agon_model &model = instance.model();
  for (uint32_t f = 0; f < model.num_fields; ++f)
    if (model.fields[f].mean_cell >= 0 && feed.isBound(model.fields[f].group))
      fillMean(f);
  fillSourceMeans();
  callInit();
}

void Trainer::callInit() {
  if (int init = instance.findFunction(AGON_FN_INIT); init >= 0) {
    instance.setKey(seed, keys::init);
    instance.call(uint32_t(init));
  }
  completed = 0;
}

void Trainer::iterate() {
  const agon_model &model = instance.model();
  int64_t draw = draws();
  for (uint32_t i = 0; i < model.num_schedule; ++i, ++draw) {
    instance.setKey(seed, draw);
    for (const Draw &d : turnDraws[i])
      drawGroup(instance, feed, d.group, Stream::Training, completed * usesPerIteration[d.group] + d.usesBefore);
    instance.call(model.schedule[i]);
  }
  ++completed;
}

void Trainer::computeMetrics() {
  if (metrics < 0)
    return;
  instance.setKey(seed, keys::metric + completed);
  for (uint32_t group : metricGroups)
    drawGroup(instance, feed, group, Stream::Metric, completed);
  instance.call(uint32_t(metrics));
}

std::string Trainer::wrongObjective() const {
  const agon_model &model = instance.model();
  for (uint32_t p = 0; p < model.num_players; ++p) {
    double value = instance.read(instance.cell(model.players[p].objective));
    if (!std::isfinite(value))
      return fmt::format("the objective of player {} became {}", model.players[p].name, value);
  }
  return {};
}

std::string Trainer::wrongState() const {
  for (uint32_t i = 0; i < instance.model().num_cells; ++i) {
    const agon_cell &cell = instance.cell(i);
    if (cell.kind > AGON_CELL_MOMENT)
      continue;
    bool finite = cell.dtype == AGON_F32   ? allFinite(instance.view<float>(cell))
                  : cell.dtype == AGON_F64 ? allFinite(instance.view<double>(cell))
                                           : true;
    if (finite)
      continue;
    std::string player =
        cell.owner >= 0 ? fmt::format(" of player {}", instance.model().players[cell.owner].name) : std::string();
    return fmt::format("{}{} is no longer finite", cell.name, player);
  }
  return {};
}

void Trainer::giveUp(std::string what, Observer &observer) {
  int64_t step = completed;
  if (lastCheckpoint < 0) {
    for (uint32_t i = 0; i < instance.model().num_cells; ++i)
      if (const agon_cell &cell = instance.cell(i); Instance::isPersistent(cell))
        std::fill_n(instance.data(cell), instance.bytes(cell), std::byte(0));
    callInit();
    if (std::string wrong = wrongState(); !wrong.empty()) {
      what = wrong;
      step = 0;
    } else {
      observer.checkpoint(0);
      lastCheckpoint = 0;
    }
  }
  std::string kept = lastCheckpoint >= 0
                         ? fmt::format("; the last good checkpoint, of step {}, is kept", lastCheckpoint)
                         : std::string();
  fail(ExitCode::RunFailed, "{} at step {}{}", what, step, kept);
}

bool Trainer::run(const Plan &plan, Observer &observer) {
  StopSignals signals;
  auto save = [&] {
    if (std::string wrong = wrongState(); !wrong.empty())
      giveUp(wrong, observer);
    observer.checkpoint(completed);
    lastCheckpoint = completed;
  };
  lastCheckpoint = completed > 0 ? completed : -1;
  if (plan.steps == 0)
    save();

  double trained = 0, sinceLog = 0, lastSave = now(), saveCost = 0;
  int64_t lastLogged = completed;
  while (completed < plan.steps) {
    double start = now();
    if (std::string broken = requirements.brokenNext(); !broken.empty()) {
      if (lastCheckpoint != completed)
        save();
      fail(ExitCode::RunFailed, "{} at step {}; the state of step {} is kept", broken, completed + 1, completed);
    }
    iterate();
    double spent = now() - start;
    trained += spent;
    sinceLog += spent;
    if (std::string wrong = wrongObjective(); !wrong.empty())
      giveUp(wrong, observer);
    observer.progress(completed, trained);

    bool last = completed == plan.steps, stopped = StopSignals::requested() && !last;
    if (last || plan.log.at(completed)) {
      computeMetrics();
      observer.logged(completed, double(completed - lastLogged) / std::max(sinceLog, 1e-9));
      lastLogged = completed;
      sinceLog = 0;
    }
    if (last || plan.sample.at(completed))
      observer.sample(completed);

    bool due = plan.checkpoint.every > 0 ? plan.checkpoint.at(completed)
                                         : start - lastSave > std::max(plan.checkpointSeconds, 20 * saveCost);
    if (last || stopped || due) {
      double begin = now();
      save();
      lastSave = now();
      saveCost = lastSave - begin;
    }
    if (stopped)
      return false;
  }
  return true;
}
