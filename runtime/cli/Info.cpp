//===- Info.cpp - info ----------------------------------------------------===//
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

uint64_t flopsPerIteration(const Instance &instance) {
  uint64_t flops = 0;
  for (uint32_t i = 0; i < instance.model().num_schedule; ++i)
    flops += instance.function(instance.model().schedule[i]).flops;
  return flops;
}

/// Where the model says that the network's weights are read from; null if it draws them.
const agon_load *loadOf(const agon_model &model, uint32_t network) {
  auto *end = model.loads + model.num_loads,
       *found = std::find_if(model.loads, end, [&](const agon_load &load) { return load.network == network; });
  return found == end ? nullptr : found;
}

/// The objectives of moves, which come after those of all players.
std::vector<uint32_t> movesOf(const Instance &instance) {
  std::vector<uint32_t> objectives = instance.cellsOf(AGON_CELL_OBJECTIVE);
  objectives.erase(objectives.begin(), objectives.begin() + instance.model().num_players);
  return objectives;
}

Json shapeJson(std::span<const int64_t> shape) { return std::vector<int64_t>(shape.begin(), shape.end()); }

Json describe(const Instance &instance) {
  const agon_model &model = instance.model();
  Json json;
  json["game"] = model.name;
  json["source"] = model.source;
  json["source_hash"] = model.source_hash;
  json["target"] = model.target;
  json["real"] = dtypeName(model.real);
  json["batch"] = model.batch;
  int64_t all = 0;
  json["networks"] = Json::array();
  for (uint32_t n = 0; n < model.num_networks; ++n) {
    const agon_network &network = model.networks[n];
    Json entry = {{"name", network.name}, {"signature", network.signature}};
    entry["player"] = network.owner >= 0 ? Json(model.players[network.owner].name) : Json(nullptr);
    entry["generator"] = isGenerator(instance, n);
    const agon_load *load = loadOf(model, n);
    entry["frozen"] = load && load->frozen;
    entry["weights"] = load ? Json{{"path", load->path}, {"name", load->name}} : Json(nullptr);
    entry["parameters"] = Json::array();
    entry["states"] = Json::array();
    int64_t total = 0;
    for (uint32_t index : instance.weightsOf(n)) {
      const agon_cell &cell = instance.cell(index);
      bool trained = cell.kind == AGON_CELL_PARAMETER;
      entry[trained ? "parameters" : "states"].push_back(
          {{"name", cell.name}, {"shape", shapeJson(instance.shape(cell))}, {"count", instance.count(cell)}});
      total += trained ? instance.count(cell) : 0;
    }
    entry["parameter_count"] = total;
    all += total;
    json["networks"].push_back(entry);
  }
  json["parameter_count"] = all;
  json["averages"] = Json::array();
  for (const agon_average &average : instance.averages())
    json["averages"].push_back(
        {{"name", average.name}, {"network", model.networks[average.network].name}, {"optimizer", average.optimizer}});
  json["players"] = Json::array();
  for (uint32_t p = 0; p < model.num_players; ++p)
    json["players"].push_back({{"name", model.players[p].name},
                               {"goal", model.players[p].maximizes ? "maximizes" : "minimizes"},
                               {"optimizer", model.players[p].optimizer}});
  json["moves"] = Json::array();
  for (uint32_t index : movesOf(instance))
    json["moves"].push_back(instance.cell(index).name);
  json["variables"] = Json::array();
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    const agon_group &group = model.groups[field.group];
    Json entry = {{"name", field.name},
                  {"shape", shapeJson(instance.recordShape(instance.cell(field.cell)))},
                  {"record", group.name}};
    if (field.classes > 0)
      entry["classes"] = field.classes;
    if (field.has_range)
      entry["range"] = {jsonNumber(field.low), jsonNumber(field.high)};
    entry["source"] = group.source_text ? Json(group.source_text) : Json(nullptr);
    json["variables"].push_back(entry);
  }
  json["metrics"] = Json::array();
  for (uint32_t index : instance.cellsOf(AGON_CELL_METRIC))
    json["metrics"].push_back(instance.cell(index).name);
  json["schedule"] = Json::array();
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    json["schedule"].push_back(instance.function(model.schedule[i]).name);
  json["hyperparameters"] = settableNames(instance);
  json["arena_bytes"] = model.arena_bytes;
  json["cell_bytes"] = model.cell_bytes;
  json["flops_per_iteration"] = flopsPerIteration(instance);
  json["config"] = Json::parse(model.config_json ? model.config_json : "null", nullptr, false);
  if (json["config"].is_discarded())
    json["config"] = nullptr;
  return json;
}

std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int64_t at = int64_t(text.size()) - 3; at > 0; at -= 3)
    text.insert(size_t(at), 1, ',');
  return text;
}

template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
  std::printf("%s\n", fmt::format(format, std::forward<Args>(args)...).c_str());
}

/// A turn as `play` has it: "D" of turn_D, and of turn_D_, a second form of it.
std::string_view turnName(const agon_function &function) {
  std::string_view name = function.name;
  if (name.starts_with("turn_"))
    name.remove_prefix(5);
  return name.substr(0, name.find_last_not_of('_') + 1);
}

void printHuman(const Instance &instance) {
  const agon_model &model = instance.model();
  line("game {} ({}), batch {}, {}, for {}", model.name, model.source, model.batch, dtypeName(model.real),
       model.target);
  for (uint32_t n = 0; n < model.num_networks; ++n) {
    const agon_network &network = model.networks[n];
    line("\nnetwork {}{}{}", network.name, network.signature, isGenerator(instance, n) ? "  (generator)" : "");
    int64_t total = 0;
    if (const agon_load *load = loadOf(model, n))
      line("  {}from {} as {}", load->frozen ? "frozen, " : "", load->path, load->name);
    for (uint32_t index : instance.weightsOf(n)) {
      const agon_cell &cell = instance.cell(index);
      bool trained = cell.kind == AGON_CELL_PARAMETER;
      line("  {:<32} {:<20} {:>14}{}", cell.name, shapeText(instance.shape(cell)), grouped(instance.count(cell)),
           trained ? "" : "  state");
      total += trained ? instance.count(cell) : 0;
    }
    line("  {:<32} {:<20} {:>14}", "parameters", "", grouped(total));
  }
  line("");
  for (uint32_t p = 0; p < model.num_players; ++p)
    line("player {} {} with {}", model.players[p].name, model.players[p].maximizes ? "maximizes" : "minimizes",
         model.players[p].optimizer);
  for (uint32_t index : movesOf(instance))
    line("move {}", instance.cell(index).name);
  for (const agon_average &average : instance.averages())
    line("average {} of {} with {}", average.name, model.networks[average.network].name, average.optimizer);
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    const char *source = model.groups[field.group].source_text;
    std::string type = field.classes > 0 ? fmt::format("class({})", field.classes)
                                         : shapeText(instance.recordShape(instance.cell(field.cell)));
    std::string range = field.has_range ? fmt::format(" in ({}, {})", field.low, field.high) : std::string();
    line("data {}: {}{}{}", field.name, type, range,
         source ? fmt::format(" ~ {}", source) : fmt::format("  (--data {}=PATH)", field.name));
  }
  for (uint32_t index : instance.cellsOf(AGON_CELL_METRIC))
    line("metric {}", instance.cell(index).name);
  std::string turns;
  for (uint32_t i = 0; i < model.num_schedule; ++i) {
    turns += i ? "; " : "";
    for (const agon_repeat &repeat : std::span(model.repeats, model.num_repeats))
      turns += repeat.first == i ? "repeat by iteration { " : "";
    turns += turnName(instance.function(model.schedule[i]));
    turns += model.every[i] > 1 ? fmt::format(" every {}", model.every[i]) : "";
    for (const agon_repeat &repeat : std::span(model.repeats, model.num_repeats))
      turns += repeat.first + repeat.length - 1 == i ? " }" : "";
  }
  line("play {{ {} }}", turns);
  line("settable: {}", fmt::join(settableNames(instance), ", "));
  auto size = [](uint64_t bytes) {
    return bytes >> 30 ? bytesText(bytes) : fmt::format("{:.2f} MiB", double(bytes) / (1 << 20));
  };
  line("memory {} ({} of cells), {:.4g} MFLOP an iteration", size(model.arena_bytes), size(model.cell_bytes),
       double(flopsPerIteration(instance)) / 1e6);
}

void describeDevices(const agon_model &binary, Json &json) {
  std::string why;
  json["device_code"] = cuda::codeOf(binary);
  json["devices"] = Json::array();
  for (const cuda::Gpu &gpu : cuda::findGpus(why))
    json["devices"].push_back({{"device", fmt::format("cuda:{}", gpu.number)},
                               {"name", gpu.name},
                               {"compute_capability", fmt::format("{}.{}", gpu.major, gpu.minor)},
                               {"bytes", gpu.bytes},
                               {"has_code", cuda::tableFor(binary, gpu) != nullptr}});
}

void printDevices(const agon_model &binary) {
  std::string why;
  std::vector<cuda::Gpu> gpus = cuda::findGpus(why);
  line("code for cuda: {}", cuda::codeOf(binary));
  for (const cuda::Gpu &gpu : gpus)
    line("device {}, {}{}", gpu.text(), bytesText(gpu.bytes), cuda::tableFor(binary, gpu) ? "" : "; no code for it");
  if (gpus.empty())
    line("no device: {}", why);
}

} // namespace

int agon::rt::infoCommand(const agon_model &binary, bool json) {
  requireOutput();
  Instance instance(chooseVariant(binary), openCpu(1), Instance::Memory::None);
  Json all = json ? describe(instance) : Json();
  if (!json)
    printHuman(instance);
  if (cuda::hasCudaTable(binary))
    json ? describeDevices(binary, all) : printDevices(binary);
  if (json)
    std::printf("%s\n", all.dump(2, ' ', false, Json::error_handler_t::replace).c_str());
  finishOutput();
  return int(ExitCode::Done);
}
