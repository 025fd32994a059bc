//===- Eval.cpp - eval ----------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/IterationPlan.h"
#include "runtime/core/Random.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace agon::rt;

namespace {

/// Batches of a game that has no data of its own, only sources and noise.
constexpr int64_t sourceBatches = 100;

struct Quantity {
  const char *kind, *name;
  uint32_t cell;
};

/// Where the means and maxima over the data set come together.
class Evaluation {
public:
  Evaluation(Instance &instance, DataSet &data, int64_t seed);

  /// Writes the OBJECTIVE and METRIC cells.
  void run();

  int64_t records = 0; ///< of the longest data that is read, 0 when none is
  int64_t total = 0;   ///< samples that stand for the whole: `records`, or draws

private:
  /// The EXPECTED cell of one minibatch, gathered into the cell of its mean or maximum.
  struct Gathered {
    uint32_t expected, result;
    bool largest;
    long double value; ///< of the widest exponents: a sum of finite numbers is finite
  };

  std::vector<uint32_t> functionsOf(uint32_t kind) const;
  Gathered gathered(uint32_t expected) const;
  void gather(uint32_t function);

  Instance &instance;
  DataSet &data;
  int64_t seed;
};

Evaluation::Evaluation(Instance &instance, DataSet &data, int64_t seed) : instance(instance), data(data), seed(seed) {
  const agon_model &model = instance.model();
  for (uint32_t kind : {AGON_FN_EXPECTATIONS, AGON_FN_EVALUATE})
    for (uint32_t index : functionsOf(kind)) {
      requireData(instance, data, instance.function(index));
      for (uint32_t g = 0; g < model.num_groups; ++g)
        if (instance.readsGroup(instance.function(index), g))
          records = std::max(records, data.records(g));
    }
  total = records > 0 ? records : sourceBatches * model.batch;
}

/// The functions of a kind, for expectations in the order of their rounds.
std::vector<uint32_t> Evaluation::functionsOf(uint32_t kind) const {
  const agon_model &model = instance.model();
  std::vector<uint32_t> list;
  for (uint32_t i = 0; i < model.num_functions; ++i)
    if (model.functions[i].kind == kind)
      list.push_back(i);
  std::stable_sort(list.begin(), list.end(),
                   [&](uint32_t a, uint32_t b) { return model.functions[a].subject < model.functions[b].subject; });
  return list;
}

Evaluation::Gathered Evaluation::gathered(uint32_t expected) const {
  const char *name = instance.cell(expected).name;
  int mean = instance.findCell(AGON_CELL_EXPECTATION, name), largest = instance.findCell(AGON_CELL_LARGEST, name);
  if (mean < 0 && largest < 0)
    fail(ExitCode::Internal, "expectation {} has no cell for its value", name);
  if (mean >= 0)
    return {expected, uint32_t(mean), false, 0};
  return {expected, uint32_t(largest), true, -HUGE_VAL};
}

/// Calls one EXPECTATIONS function for every minibatch. Each record of what it reads counts once: what fills up
/// the last minibatch, and what a longer data set makes a shorter one repeat, does not change the means of the
/// shorter alone, which have a function of their own. Of sources and noise every draw counts.
void Evaluation::gather(uint32_t index) {
  const agon_function &function = instance.function(index);
  const agon_model &model = instance.model();
  std::vector<uint32_t> groups;
  int64_t count = 0;
  for (uint32_t g = 0; g < model.num_groups; ++g)
    if (instance.readsGroup(function, g)) {
      groups.push_back(g);
      count = std::max(count, data.records(g));
    }
  if (count == 0)
    count = (total + model.batch - 1) / model.batch * model.batch;
  std::vector<Gathered> values;
  for (uint32_t i = 0; i < function.num_writes; ++i)
    values.push_back(gathered(function.writes[i]));
  for (int64_t batch = 0, seen = 0; seen < count; ++batch, seen += model.batch) {
    instance.setKey(seed, keys::evaluation + batch);
    for (uint32_t group : groups)
      drawGroup(instance, data, group, Stream::InOrder, batch);
    instance.call(index);
    for (Gathered &each : values) {
      CellReading samples = instance.reading(instance.cell(each.expected));
      for (int64_t i = 0, n = std::min(model.batch, count - seen); i < n; ++i) {
        double sample = samples[i];
        if (!each.largest)
          each.value += sample;
        else if (!(each.value > sample)) // a NaN stays
          each.value = std::isnan(each.value) ? each.value : sample;
      }
    }
  }
  for (const Gathered &each : values)
    instance.write(instance.cell(each.result), 0, double(each.largest ? each.value : each.value / count));
}

void Evaluation::run() {
  for (uint32_t index : functionsOf(AGON_FN_EXPECTATIONS))
    gather(index);
  for (uint32_t index : functionsOf(AGON_FN_EVALUATE))
    instance.call(index);
}

} // namespace

int agon::rt::evalCommand(const Machine &on, const EvalOptions &options) {
  const agon_model &model = on.model;
  requireOutput();
  Instance instance(model, on.device);
  if (instance.findFunction(AGON_FN_EVALUATE) < 0)
    fail(ExitCode::Usage, "this game has nothing to evaluate");
  std::vector<uint32_t> functions;
  for (uint32_t i = 0; i < model.num_functions; ++i)
    if (model.functions[i].kind == AGON_FN_EXPECTATIONS || model.functions[i].kind == AGON_FN_EVALUATE)
      functions.push_back(i);
  CheckpointUse use = weightsFor(instance, functions, "", options.from, options.acceptChanges);
  chooseWeights(instance, functions, options.weights, use);
  LoadedRun run = loadRun(instance, options.from, use);
  DataSet data = openData(instance, options.data, run.file.data, options.seed, {.cache = options.dataCache});
  tellOfChangedFiles(model, data, run.file);
  // As in the log: the last that was played.
  IterationPlan(instance).setIteration(std::max<int64_t>(run.info.iteration, 1));

  Evaluation evaluation(instance, data, options.seed);
  evaluation.run();

  std::vector<Quantity> quantities;
  for (uint32_t index : instance.cellsOf(AGON_CELL_OBJECTIVE))
    quantities.push_back({"objective", instance.cell(index).name, index});
  for (uint32_t index : instance.cellsOf(AGON_CELL_METRIC))
    quantities.push_back({"metric", instance.cell(index).name, index});
  auto value = [&](const Quantity &quantity) { return instance.read(instance.cell(quantity.cell)); };

  if (options.json) {
    nlohmann::ordered_json json;
    json["iteration"] = run.info.hasHistory ? nlohmann::ordered_json(run.info.iteration) : nullptr;
    json["records"] = evaluation.total;
    json["objectives"] = nlohmann::ordered_json::object();
    json["metrics"] = nlohmann::ordered_json::object();
    for (const Quantity &q : quantities)
      json[std::string(q.kind) + "s"][q.name] = jsonNumber(value(q));
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::string step = run.info.hasHistory ? std::to_string(run.info.iteration) : "unknown";
    std::printf("step %s, %lld %s\n", step.c_str(), (long long)evaluation.total,
                evaluation.records > 0 ? "records" : "draws");
    for (const Quantity &q : quantities)
      std::printf("%s\n", fmt::format("{:<10} {:<20} {:.6g}", q.kind, q.name, shownNumber(value(q))).c_str());
  }
  finishOutput();
  return int(ExitCode::Done);
}
