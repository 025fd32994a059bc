//===- Eval.cpp - eval ----------------------------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace agon::rt;

namespace {

/// Batches of a game that has no data of its own, only sources and noise.
constexpr int64_t sourceBatches = 100;

struct Quantity {
  const char *kind, *name;
  uint32_t cell;
  double sum = 0;
};

} // namespace

/// Objectives are means over a minibatch, so their weighted mean over one pass
/// is the mean over the data. The last minibatch is filled up from the first
/// records and counts by the share of it that is new: exact when the batch size
/// divides the number of records.
int agon::rt::evalCommand(const agon_model &model, const EvalOptions &options) {
  Instance instance(model, threadCount(options.threads));
  int metrics = instance.findFunction(AGON_FN_METRICS), evaluate = instance.findFunction(AGON_FN_EVALUATE);
  if (metrics < 0 && evaluate < 0)
    fail(ExitCode::Usage, "this game has nothing to evaluate");
  LoadedRun run = loadRun(instance, options.from);
  DataSet data = openData(instance, options.data, run.file.data, options.seed);

  std::vector<Quantity> quantities;
  std::vector<bool> drawn(model.num_groups, false);
  int64_t records = 0;
  for (int function : {evaluate, metrics}) {
    if (function < 0)
      continue;
    requireData(instance, data, instance.function(uint32_t(function)));
    for (uint32_t g = 0; g < model.num_groups; ++g)
      if (instance.readsGroup(instance.function(uint32_t(function)), g)) {
        drawn[g] = true;
        records = std::max(records, data.records(g));
      }
  }
  if (evaluate >= 0)
    for (uint32_t p = 0; p < model.num_players; ++p)
      quantities.push_back({"objective", model.players[p].name, model.players[p].objective});
  if (metrics >= 0)
    for (uint32_t index : instance.cellsOf(AGON_CELL_METRIC))
      quantities.push_back({"metric", instance.cell(index).name, index});

  int64_t total = records > 0 ? records : sourceBatches * model.batch, seen = 0;
  for (int64_t batch = 0; seen < total; ++batch) {
    instance.setKey(options.seed, keys::evaluation + batch);
    for (uint32_t g = 0; g < model.num_groups; ++g)
      if (drawn[g])
        drawGroup(instance, data, g, Stream::InOrder, batch);
    if (evaluate >= 0)
      instance.call(uint32_t(evaluate));
    if (metrics >= 0)
      instance.call(uint32_t(metrics));
    int64_t fresh = std::min(model.batch, total - seen);
    for (Quantity &quantity : quantities)
      quantity.sum += double(fresh) * instance.read(instance.cell(quantity.cell));
    seen += fresh;
  }

  if (options.json) {
    nlohmann::ordered_json json;
    json["iteration"] = run.info.iteration;
    json["records"] = total;
    json["objectives"] = nlohmann::ordered_json::object();
    json["metrics"] = nlohmann::ordered_json::object();
    for (const Quantity &q : quantities)
      json[std::string(q.kind) + "s"][q.name] = q.sum / double(total);
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::printf("step %lld, %lld %s\n", (long long)run.info.iteration, (long long)total,
                records > 0 ? "records" : "draws");
    for (const Quantity &q : quantities)
      std::printf("%s\n", fmt::format("{:<10} {:<20} {:.6g}", q.kind, q.name, q.sum / double(total)).c_str());
  }
  finishOutput();
  return int(ExitCode::Done);
}
