//===- Training.cpp - Training as a library -------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/InitialWeights.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Requirements.h"
#include "runtime/core/Sampler.h"
#include "runtime/core/Suggest.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/embed/Guarded.h"
#include "runtime/embed/MemoryFeed.h"
#include "runtime/embed/Worker.h"
#include "runtime/embed/agon.h"
#include "runtime/io/Checkpoint.h"

#include <cmath>
#include <optional>

using namespace agon::rt;

/// A game that a program plays.
struct agon_game {
  agon_game(int64_t seed, int threads) : seed(seed) {
    worker.call([&] {
      instance.emplace(chooseVariant(agon_model_v1), openCpu(threadsOf(threads)));
      feed.emplace(*instance, seed);
    });
  }

  /// Calls `body` on the game's thread. \returns a code, see guarded.
  int call(const std::function<void()> &body) {
    return guarded(error, [&] { worker.call(body); });
  }

  void begin();
  void step(int64_t iterations);
  void load(const std::string &path);
  double number(const std::string &name);
  const agon_cell &weight(const std::string &name) const;
  void set(const std::string &name, double value);
  void apply(const std::string &network, const double *records, int64_t count, double *values, int64_t numbers);
  void copy(const Samples &samples, double *values, int64_t numbers) const;
  std::string listNames() const;

  Worker worker;
  std::string error, names;
  std::optional<Instance> instance;
  std::optional<MemoryFeed> feed;
  std::optional<Trainer> trainer; ///< once the game is begun
  bool isResumed = false;         ///< from a checkpoint
  std::vector<Binding> bindings;
  std::map<std::string, double> overrides;
  int64_t seed;
};

/// Initialises the game, unless it is begun.
void agon_game::begin() {
  if (trainer)
    return;
  const agon_model &model = instance->model();
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    feed->require(instance->function(model.schedule[i]));
  trainer.emplace(*instance, *feed, seed);
  try {
    InitialWeights(*instance, {}, {}).initialize(*trainer, [&](uint32_t field) { feed->fillMean(field); });
  } catch (...) {
    trainer.reset();
    throw;
  }
}

void agon_game::step(int64_t iterations) {
  if (iterations < 0)
    fail(ExitCode::Usage, "expected a number of iterations, got {}", iterations);
  const agon_model &model = instance->model();
  begin();
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    feed->require(instance->function(model.schedule[i]));
  if (std::string broken = Requirements(*instance).brokenBy(overrides); !broken.empty())
    fail(ExitCode::Usage, "{}", broken);
  for (int64_t i = 0; i < iterations; ++i)
    trainer->iterate();
  if (!trainer->isFinite())
    fail(ExitCode::RunFailed, "a parameter, state or moment is not finite after iteration {}", trainer->step());
}

void agon_game::load(const std::string &path) {
  if (!bindings.empty())
    fail(ExitCode::Usage, "agon_resume comes before agon_bind: the seed of the order of records is the checkpoint's");
  CheckpointUse use;
  use.judge = [&](const CheckpointInfo &info) {
    if (!info.hasHistory)
      fail(ExitCode::BadData, "{} was written by another tool, without iteration and seed", path);
    for (const Difference &difference : modelDifferences(instance->model(), info.model))
      if (difference.training || difference.meaning)
        fail(ExitCode::BadData, "{} was written by another model: {}", path, difference.text);
  };
  CheckpointInfo info = readCheckpoint(*instance, path, use);
  seed = info.seed;
  feed->setSeed(seed);
  for (const auto &[name, value] : overrides)
    instance->write(instance->cell(uint32_t(instance->findCell(AGON_CELL_HYPER, name))), 0, std::nan(""));
  overrides.clear();
  for (const auto &[name, value] : info.overrides)
    set(name, value);
  trainer.emplace(*instance, *feed, seed);
  trainer->setStep(info.iteration, path);
  isResumed = true;
}

void agon_game::set(const std::string &name, double value) {
  int cell = instance->findCell(AGON_CELL_HYPER, name);
  if (cell < 0) {
    std::vector<std::string> known;
    for (uint32_t index : instance->cellsOf(AGON_CELL_HYPER))
      known.push_back(instance->cell(index).name);
    fail(ExitCode::Usage, "cannot set '{}'{} (settable: {})", name, suggestion(name, known),
         known.empty() ? "nothing" : fmt::format("{}", fmt::join(known, ", ")));
  }
  if (!std::isfinite(value))
    fail(ExitCode::Usage, "{} expects a finite number, got {}", name, value);
  instance->write(instance->cell(uint32_t(cell)), 0, value);
  overrides[name] = value;
}

double agon_game::number(const std::string &name) {
  begin();
  if (int cell = instance->findCell(AGON_CELL_OBJECTIVE, name); cell >= 0)
    return instance->read(instance->cell(uint32_t(cell)));
  int cell = instance->findCell(AGON_CELL_METRIC, name);
  if (cell < 0) {
    std::vector<std::string> known;
    for (uint32_t kind : {AGON_CELL_OBJECTIVE, AGON_CELL_METRIC})
      for (uint32_t index : instance->cellsOf(kind))
        known.push_back(instance->cell(index).name);
    fail(ExitCode::Usage, "there is no objective and no metric '{}'{} (known: {})", name, suggestion(name, known),
         fmt::join(known, ", "));
  }
  feed->require(instance->function(uint32_t(instance->findFunction(AGON_FN_METRICS))));
  trainer->computeMetrics();
  return instance->read(instance->cell(uint32_t(cell)));
}

const agon_cell &agon_game::weight(const std::string &name) const {
  std::vector<std::string> known;
  for (uint32_t kind : {AGON_CELL_PARAMETER, AGON_CELL_STATE})
    for (uint32_t index : instance->cellsOf(kind)) {
      known.push_back(instance->cell(index).name);
      if (name == known.back())
        return instance->cell(index);
    }
  fail(ExitCode::Usage, "there is no parameter and no state '{}'{}", name, suggestion(name, known));
}

void agon_game::copy(const Samples &samples, double *values, int64_t numbers) const {
  if (int64_t(samples.values.size()) != numbers)
    fail(ExitCode::Usage, "expected room for {} numbers, {} of {}, got {}", samples.values.size(), samples.count,
         shapeText(samples.shape), numbers);
  std::ranges::copy(samples.values, values);
}

void agon_game::apply(const std::string &network, const double *records, int64_t count, double *values,
                      int64_t numbers) {
  begin();
  uint32_t index = findApplied(*instance, network);
  const agon_field &field = instance->model().fields[fieldRead(*instance, index)];
  int64_t each = elementCount(instance->recordShape(instance->cell(field.cell)));
  copy(applyNetwork(*instance, index, count, seed, [&](int64_t i) { return records + i * each; }), values, numbers);
}

std::string agon_game::listNames() const {
  const agon_model &model = instance->model();
  std::string text;
  auto line = [&](const std::string &each) { text += each + "\n"; };
  for (uint32_t f = 0; f < model.num_fields; ++f)
    line(fmt::format("field {} {}", model.fields[f].name,
                     shapeText(instance->recordShape(instance->cell(model.fields[f].cell)))));
  for (uint32_t n = 0; n < model.num_networks; ++n)
    line(fmt::format("network {} {}", model.networks[n].name, model.networks[n].signature));
  constexpr std::pair<uint32_t, const char *> kinds[] = {
      {AGON_CELL_OBJECTIVE, "objective"}, {AGON_CELL_METRIC, "metric"}, {AGON_CELL_HYPER, "setting"}};
  for (auto [kind, word] : kinds)
    for (uint32_t index : instance->cellsOf(kind))
      line(fmt::format("{} {}", word, instance->cell(index).name));
  for (auto [kind, word] : {std::pair(AGON_CELL_PARAMETER, "parameter"), std::pair(AGON_CELL_STATE, "state")})
    for (uint32_t index : instance->cellsOf(kind))
      line(
          fmt::format("{} {} {}", word, instance->cell(index).name, shapeText(instance->shape(instance->cell(index)))));
  return text;
}

extern "C" {

agon_game *agon_open(int64_t seed, int threads, char *error, size_t error_size) {
  agon_game *game = nullptr;
  std::string text;
  guarded(text, [&] { game = new agon_game(seed, threads); });
  copyText(text, error, error_size);
  return game;
}

void agon_close(agon_game *game) { delete game; }

const char *agon_error(const agon_game *game) { return game->error.c_str(); }

int agon_bind(agon_game *game, const char *binding) {
  return game->call([&] {
    if (game->trainer && !game->isResumed)
      fail(ExitCode::Usage, "agon_bind comes before the game is begun");
    std::vector<Binding> bindings = game->bindings;
    bindings.push_back(parseBinding(binding));
    game->feed->bind(bindings);
    game->bindings = std::move(bindings);
  });
}

int agon_give(agon_game *game, const char *field, const void *data, agon_type type, int rank, const int64_t *shape) {
  return game->call([&] {
    constexpr Element elements[] = {Element::F32, Element::F64, Element::U8, Element::I32, Element::I64};
    if (type < AGON_FLOAT32 || type > AGON_INT64 || rank < 0)
      fail(ExitCode::Usage, "expected one of the types of agon.h, and a rank");
    game->feed->give(field, elements[type], {shape, size_t(rank)}, data);
  });
}

int agon_set(agon_game *game, const char *name, double value) {
  return game->call([&] { game->set(name, value); });
}

int agon_step(agon_game *game, int64_t iterations) {
  return game->call([&] { game->step(iterations); });
}

int64_t agon_iteration(const agon_game *game) { return game->trainer ? game->trainer->step() : 0; }

int64_t agon_batch(const agon_game *game) { return game->instance->model().batch; }

int agon_number(agon_game *game, const char *name, double *value) {
  return game->call([&] { *value = game->number(name); });
}

int agon_shape(agon_game *game, const char *name, int64_t *shape, int most, int *rank) {
  return game->call([&] {
    std::span<const int64_t> whole = game->instance->shape(game->weight(name));
    *rank = int(whole.size());
    std::copy_n(whole.begin(), std::min(whole.size(), size_t(std::max(0, most))), shape);
  });
}

int agon_read(agon_game *game, const char *name, double *values, int64_t count) {
  return game->call([&] {
    game->begin();
    const agon_cell &cell = game->weight(name);
    if (count != game->instance->count(cell))
      fail(ExitCode::Usage, "{} has {} elements, got room for {}", name, game->instance->count(cell), count);
    if (cell.dtype == AGON_F64)
      return std::ranges::copy(game->instance->load<double>(cell), values), void();
    std::ranges::copy(game->instance->load<float>(cell), values);
  });
}

int agon_write(agon_game *game, const char *name, const double *values, int64_t count) {
  return game->call([&] {
    game->begin();
    const agon_cell &cell = game->weight(name);
    if (count != game->instance->count(cell))
      fail(ExitCode::Usage, "{} has {} elements, got {}", name, game->instance->count(cell), count);
    if (cell.dtype == AGON_F64)
      return game->instance->store<double>(cell, {values, size_t(count)});
    game->instance->store<float>(cell, std::vector<float>(values, values + count));
  });
}

int agon_sample(agon_game *game, const char *network, int64_t seed, int64_t count, double *values, int64_t numbers) {
  return game->call([&] {
    game->begin();
    uint32_t index = findGenerator(*game->instance, network ? network : "");
    game->copy(drawSamples(*game->instance, index, count, seed), values, numbers);
  });
}

int agon_apply(agon_game *game, const char *network, const double *records, int64_t count, double *values,
               int64_t numbers) {
  return game->call([&] { game->apply(network, records, count, values, numbers); });
}

int agon_save(agon_game *game, const char *path) {
  return game->call([&] {
    game->begin();
    if (!game->trainer->isFinite())
      fail(ExitCode::RunFailed, "a parameter, state or moment is not finite; {} is not written", path);
    writeCheckpoint(*game->instance, {game->trainer->step(), game->seed, game->overrides}, path);
  });
}

int agon_resume(agon_game *game, const char *path) {
  return game->call([&] { game->load(weightsFileOf(path)); });
}

const char *agon_names(agon_game *game) {
  game->call([&] { game->names = game->listNames(); });
  return game->names.c_str();
}

} // extern "C"
