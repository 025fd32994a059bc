#include "runtime/io/RunFile.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Identity.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

static constexpr uint64_t maxBytes = uint64_t(64) << 20;

void agon::rt::writeRunFile(const Instance &instance, const RunFile &run, const std::string &path,
                            Durability durability) {
  const agon_model &model = instance.model();
  Json json = Json::object(); // one that is made by [] ends the program where memory is short
  json["game"] = model.name;
  json["source"] = model.source;
  json["source_hash"] = model.source_hash;
  json["target"] = targetOf(model);
  json["device"] = instance.device().name;
  json["abi_version"] = model.abi_version;
  json["real"] = dtypeName(model.real);
  json["batch"] = model.batch;
  json["status"] = run.status;
  json["steps"] = run.steps;
  json["seed"] = run.seed;
  json["threads"] = run.threads;
  json["set"] = Json::object();
  for (const auto &[name, value] : run.overrides)
    json["set"][name] = value;
  json["set_history"] = Json::array();
  for (const RunFile::Setting &setting : run.settings)
    json["set_history"].push_back({{"step", setting.step}, {"name", setting.name}, {"value", setting.value}});
  json["changes"] = Json::array();
  for (const RunFile::Change &change : run.changes)
    json["changes"].push_back({{"step", change.step}, {"change", change.text}});
  json["on_nan"] = run.onNan;
  json["faults"] = Json::array();
  for (const RunFile::Change &fault : run.faults)
    json["faults"].push_back({{"step", fault.step}, {"fault", fault.text}});
  json["log_every"] = run.logEvery;
  json["sample_every"] = run.sampleEvery;
  json["checkpoint_every"] = run.checkpointEvery;
  json["keep"] = run.keep;
  json["best"] = run.best.empty() ? Json(nullptr) : Json(run.best);
  json["data"] = Json::array();
  for (const RunFile::Data &data : run.data) {
    Json entry = {{"fields", data.fields}, {"path", data.path}};
    if (!data.columns.empty())
      entry["columns"] = data.columns;
    entry["shape"] = data.shape;
    entry["element"] = data.element;
    entry["content"] = data.content;
    if (!data.classes.empty())
      entry["classes"] = data.classes;
    if (!data.flipped.empty())
      entry["flipped"] = data.flipped;
    if (data.skips > 0) {
      entry["skip_damaged"] = data.skips;
      entry["skipped"] = data.skipped;
    }
    json["data"].push_back(entry);
  }
  json["weights"] = Json::array();
  for (const RunFile::Weights &weights : run.weights) {
    Json rules = Json::object();
    for (const WeightNames::Rule &rule : weights.names.rules)
      rules[rule.ours] = rule.theirs;
    json["weights"].push_back({{"network", weights.network},
                               {"path", weights.path},
                               {"name", weights.names.network},
                               {"renamed", rules},
                               {"content", weights.content}});
  }
  json["variables"] = Json::array();
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    auto shape = instance.recordShape(instance.cell(field.cell));
    Json variable = {{"name", field.name}, {"shape", std::vector<int64_t>(shape.begin(), shape.end())}};
    if (field.classes > 0)
      variable["classes"] = field.classes;
    if (field.has_range)
      variable["range"] = {jsonNumber(field.low), jsonNumber(field.high)};
    if (model.groups[field.group].source_text)
      variable["source"] = model.groups[field.group].source_text;
    json["variables"].push_back(variable);
  }
  json["players"] = Json::array();
  for (uint32_t p = 0; p < model.num_players; ++p)
    json["players"].push_back({{"name", model.players[p].name},
                               {"goal", model.players[p].maximizes ? "maximizes" : "minimizes"},
                               {"optimizer", model.players[p].optimizer}});
  Json found = Json::object();
  for (const auto &[network, coverage] : run.coverage)
    found[network] = {{"modes", coverage.modes},
                      {"of_modes", coverage.ofModes},
                      {"high_quality", jsonNumber(coverage.highQuality)},
                      {"samples", coverageSamples}};
  if (!found.empty())
    json["coverage"] = found;
  Json config = Json::parse(model.config_json ? model.config_json : "", nullptr, false);
  json["config"] = config.is_discarded() ? Json(nullptr) : config;
  writeFile(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", durability);
}

/// \throws nlohmann's exception for a number with a fraction, which get() would cut off.
static int64_t integer(const Json &value) { return value.get_ref<const Json::number_integer_t &>(); }

std::optional<RunFile> agon::rt::readRunFile(const std::string &path) {
  if (!fileExists(path))
    return std::nullopt;
  std::string content = readWholeFile(path, maxBytes);
  try {
    Json json = Json::parse(content);
    RunFile run;
    run.isKnown = true;
    run.steps = integer(json.at("steps"));
    run.seed = integer(json.at("seed"));
    run.threads = int(integer(json.at("threads")));
    run.status = json.at("status").get<std::string>();
    for (const auto &item : json.at("set").items())
      run.overrides[item.key()] = item.value().get<double>();
    run.logEvery = integer(json.at("log_every"));
    run.sampleEvery = integer(json.at("sample_every"));
    run.checkpointEvery = integer(json.at("checkpoint_every"));
    if (auto keep = json.find("keep"); keep != json.end()) // older files have neither
      run.keep = integer(*keep);
    if (auto best = json.find("best"); best != json.end() && !best->is_null())
      run.best = best->get<std::string>();
    for (const Json &data : json.at("data"))
      run.data.push_back({data.at("fields").get<std::vector<std::string>>(), data.at("path").get<std::string>(),
                          data.value("columns", std::vector<std::string>()),
                          data.at("shape").get<std::vector<int64_t>>(), data.at("element").get<std::string>(),
                          data.value("content", std::string()), data.value("classes", std::vector<std::string>()),
                          data.value("flipped", std::vector<std::string>()), data.value("skip_damaged", 0.0),
                          data.value("skipped", int64_t(0))});
    for (const Json &weights : json.value("weights", Json::array())) {
      WeightNames names{weights.at("name").get<std::string>(), {}};
      const Json renamed = weights.value("renamed", Json::object()); // older files have none
      for (const auto &rule : renamed.items())
        names.rules.push_back({rule.key(), rule.value().get<std::string>()});
      run.weights.push_back({weights.at("network").get<std::string>(), weights.at("path").get<std::string>(), names,
                             weights.at("content").get<std::string>()});
    }
    for (const Json &setting : json.value("set_history", Json::array()))
      run.settings.push_back({setting.at("step").get<int64_t>(), setting.at("name").get<std::string>(),
                              setting.at("value").get<double>()});
    for (const Json &change : json.value("changes", Json::array()))
      run.changes.push_back({change.at("step").get<int64_t>(), change.at("change").get<std::string>()});
    run.onNan = json.value("on_nan", run.onNan);
    for (const Json &fault : json.value("faults", Json::array()))
      run.faults.push_back({fault.at("step").get<int64_t>(), fault.at("fault").get<std::string>()});
    for (const auto &[name, value] : run.overrides) {
      auto last = std::find_if(run.settings.rbegin(), run.settings.rend(),
                               [&name = name](const RunFile::Setting &setting) { return setting.name == name; });
      if (last != run.settings.rend() && last->value != value)
        fail(ExitCode::BadData, "{} contradicts itself: {} is {} in its set, and {} in its set_history", path, name,
             value, last->value);
    }
    run.model = describeModel(json.value("game", std::string()), json.value("target", std::string()),
                              json.value("config", Json()).dump());
    return run;
  } catch (const nlohmann::json::exception &) {
    fail(
        ExitCode::BadData,
        "{} is not a run.json of this program; restore it from a copy, or remove it, and with it what it tells of data "
        "and settings",
        path);
  }
}
