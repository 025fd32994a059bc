#include "runtime/core/Trainer.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Random.h"
#include "runtime/core/Signals.h"
#include "runtime/core/TurnWatch.h"

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

} // namespace

bool agon::rt::standardLogStep(int64_t step) {
  int64_t every = step <= 10 ? 1 : step <= 1000 ? 10 : step <= 100000 ? 100 : 1000;
  return step % every == 0;
}

bool agon::rt::standardSampleStep(int64_t step) { return step >= 100 && step % powerOfTenBelow(step) == 0; }

Trainer::Trainer(Instance &instance, Feed &feed, int64_t seed, Instance *host)
    : instance(instance), feed(feed), host(host), seed(seed), objectives(instance), order(instance, host),
      requirements(host ? *host : instance) {
  const agon_model &model = instance.model();
  uses.assign(model.num_groups, 0);
  for (uint32_t i = 0; i < model.num_schedule; ++i) {
    const agon_function &turn = instance.function(model.schedule[i]);
    std::vector<uint32_t> &draws = turnDraws.emplace_back();
    for (uint32_t group = 0; group < model.num_groups; ++group)
      if (instance.readsGroup(turn, group))
        draws.push_back(group);
  }
  averages = instance.findFunction(AGON_FN_AVERAGE);
  auto find = [&](uint32_t kind, Computed &computed) {
    computed.function = instance.findFunction(kind);
    for (uint32_t group = 0; computed.function >= 0 && group < model.num_groups; ++group)
      if (instance.readsGroup(instance.function(uint32_t(computed.function)), group))
        computed.groups.push_back(group);
  };
  find(AGON_FN_METRICS, metrics);
  find(AGON_FN_SLOPES, slopes);
  for (uint32_t i = 0; i < model.num_cells; ++i)
    if (instance.cell(i).kind <= AGON_CELL_MOMENT)
      state.push_back(i);
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
    std::vector<long double> sums(elements, 0); // finite for finite numbers
    for (int batch = 0; batch < batches; ++batch) {
      instance.setKey(seed, keys::init + 1 + batch);
      instance.call(uint32_t(model.groups[field.group].source));
      CellReading drawn = instance.reading(data);
      for (int64_t i = 0; i < rows * elements; ++i)
        sums[i % elements] += drawn[i];
    }
    CellWriting means = instance.writing(mean);
    for (int64_t i = 0; i < elements; ++i)
      means.set(i, double(sums[i] / (rows * batches)));
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
  countUses();
}

void Trainer::setStep(int64_t step, std::string file, int64_t rollbacks) {
  completed = loadedStep = step;
  returns = rollbacks;
  loadedFile = std::move(file);
  countUses();
}

/// Counts the minibatches of the iterations that are completed: they are a function of their numbers alone.
void Trainer::countUses() {
  const agon_model &model = instance.model();
  std::fill(uses.begin(), uses.end(), 0);
  auto count = [&](uint32_t turn, int64_t times) {
    for (uint32_t group : turnDraws[turn])
      uses[group] += times;
  };
  if (!order.varies())
    for (uint32_t turn = 0; turn < model.num_schedule; ++turn)
      count(turn, (completed + model.every[turn] - 1) / model.every[turn]);
  for (int64_t before = 0; order.varies() && before < completed; ++before) {
    order.begin(before);
    for (uint32_t turn : order.turns())
      count(turn, 1);
  }
  order.setIteration(completed);
  // After a rollback other minibatches come: those of epochs that no run reaches.
  for (int64_t &each : uses)
    each += returns * (int64_t(1) << 32);
}

void Trainer::begin() { order.begin(completed); }

/// Sets the key of the turn at a position of the present iteration, and draws its minibatches.
void Trainer::drawFor(uint32_t position) {
  int64_t drawn = returns ? int64_t(mix(uint64_t(seed) ^ mix(uint64_t(returns)))) : seed;
  instance.setKey(drawn, draws() + (order.varies() ? position : order.turns()[position]));
  for (uint32_t group : turnDraws[order.turns()[position]])
    drawGroup(instance, feed, group, Stream::Training, uses[group]++);
}

void Trainer::iterate() {
  begin();
  playTurns();
  while (objectives.isDue(false))
    objectives.take();
}

namespace {

/// Calls that are one list to the device; where it is left before `close` none of them happens.
class CallList {
public:
  CallList(const Device &device, uint64_t list) : device(device) { device.begin(device.self, list); }
  ~CallList() {
    if (isOpen)
      device.end(device.self, false);
  }
  CallList(const CallList &) = delete;
  CallList &operator=(const CallList &) = delete;
  void close() {
    isOpen = false;
    device.end(device.self, true);
  }

private:
  const Device &device;
  bool isOpen = true;
};

} // namespace

void Trainer::callTurns() {
  const agon_model &model = instance.model();
  for (uint32_t i = 0; i < order.turns().size(); ++i) {
    drawFor(i);
    instance.call(model.schedule[order.turns()[i]]);
  }
  follow();
}

void Trainer::playTurns() {
  bool listed = instance.repeats();
  if (listed) {
    CallList list(instance.device(), order.number());
    callTurns();
    objectives.fetch();
    list.close();
  } else {
    callTurns();
  }
  objectives.watch(order.turns());
  objectives.played(++completed, listed);
}

/// Looks at the objectives of iterations: of all, or of those that are known without waiting.
Trainer::Looked Trainer::takeObjectives(bool all, Observer &observer) {
  while (objectives.isDue(all)) {
    Objectives::Seen seen = objectives.take();
    if (!seen.wrong.empty()) {
      bool isLast = completed == seen.step;
      completed = seen.step; // a later one may have been played; it is as if it had not
      objectives.drop();
      return recover(seen.wrong, observer) == Looked::Fine && isLast ? Looked::Fine : Looked::Undone;
    }
    observer.objectives(seen.values);
  }
  return Looked::Fine;
}

/// Gives the host the numbers that it judges by, as the device has them.
void Trainer::tellHost() {
  for (uint32_t kind : {AGON_CELL_HYPER, AGON_CELL_STEP})
    for (uint32_t index : instance.cellsOf(kind))
      host->write(host->cell(index), 0, instance.read(instance.cell(index)));
}

/// Averages follow their networks, once the iteration's turns are played.
void Trainer::follow() {
  if (averages >= 0)
    instance.call(uint32_t(averages));
}

/// Calls a function on a minibatch of its own.
void Trainer::compute(const Computed &computed) {
  if (computed.function < 0)
    return;
  instance.setKey(seed, keys::metric + completed);
  for (uint32_t group : computed.groups)
    drawGroup(instance, feed, group, Stream::Metric, completed);
  instance.call(uint32_t(computed.function));
}

void Trainer::computeMetrics() { compute(metrics); }

bool Trainer::run(const Plan &plan, Observer &observer) {
  auto save = [&] {
    observer.checkpoint(completed);
    lastCheckpoint = completed;
  };
  onNan = plan.onNan;
  kept = {};
  objectives.drop();
  if (host)
    tellHost();
  lastCheckpoint = completed > 0 ? completed : -1;
  lastFinite = completed;
  bool stoppedBefore = StopSignals::requested() && completed < plan.steps;
  if (plan.steps == 0 || ((stoppedBefore || plan.keepInitial) && lastCheckpoint < 0)) {
    check(observer);
    save();
  }
  if (stoppedBefore)
    return false;

  double trained = 0, sinceLog = 0, lastSave = now(), saveCost = 0;
  int64_t lastLogged = completed, played = 0;
  while (completed < plan.steps) {
    double start = now();
    auto keep = [&] {
      if (lastCheckpoint != completed && check(observer) == Looked::Fine)
        save();
    };
    if (onNan == OnNan::Skip && !keepForSkips(observer))
      continue;
    try {
      begin();
    } catch (const Failure &) {
      keep();
      throw;
    }
    if (std::string broken = requirements.brokenNext(order.turns()); !broken.empty()) {
      keep();
      fail(ExitCode::RunFailed, "{} at step {}; the state of step {} is kept", broken, completed + 1, completed);
    }
    playTurns();
    bool last = completed == plan.steps, stopped = StopSignals::requested() && !last;
    bool logs = last || plan.log.at(completed), shows = last || plan.sample.at(completed);
    bool due = plan.checkpoint.every > 0 ? plan.checkpoint.at(completed)
                                         : start - lastSave > std::max(plan.checkpointSeconds, 20 * saveCost);
    bool looked = logs || stopped || due || shows;
    if (played == 0)
      compute(slopes); // by which later ones are judged
    auto undone = [&] { lastLogged = std::min(lastLogged, completed); };
    if (takeObjectives(looked, observer) == Looked::Undone) {
      undone();
      continue;
    }
    bool mended = onNan == OnNan::Skip && kept.step < 0;
    if (host)
      looked || mended ? tellHost() : requirements.countSteps(order.turns());
    double spent = now() - start;
    trained += spent;
    sinceLog += spent;
    ++played;
    secondsPerStep = trained / double(played);

    if ((logs || stopped || due || (shows && onNan == OnNan::Skip)) && check(observer) == Looked::Undone) {
      undone();
      continue;
    }
    observer.progress(completed, trained);
    if (logs) {
      computeMetrics();
      observer.logged(completed, double(completed - lastLogged) / std::max(sinceLog, 1e-9));
      lastLogged = completed;
      sinceLog = 0;
    }
    if (shows) {
      compute(slopes);
      observer.sample(completed);
    }

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
