//===- Measure.cpp - measure ----------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Measuring.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/io/File.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

/// A file that is not what the command writes is not replaced unasked.
void judgeOutput(const MeasureOptions &options, const std::string &path, const char *ending, std::string_view magic) {
  if (path.empty())
    return;
  if (!path.ends_with(ending))
    fail(ExitCode::Usage, "expected a file that ends in {}, got {}", ending, path);
  if (!options.force && isOfAnotherKind(path, magic))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", path);
}

std::string protocolText(const Json &protocol) {
  std::vector<std::string> parts;
  for (const auto &[key, value] : protocol.items())
    parts.push_back(value.is_string()         ? key + " " + value.get<std::string>()
                    : value.is_number_float() ? fmt::format("{} {:.4g}", key, value.get<double>())
                                              : key + " " + value.dump());
  return fmt::format("{}", fmt::join(parts, ", "));
}

Json measuredJson(const Measured &measured) {
  Json json = {{"name", measured.name}, {"value", jsonNumber(measured.estimate.value)}};
  if (!std::isnan(measured.estimate.error))
    json["error"] = jsonNumber(measured.estimate.error);
  json["protocol"] = measured.protocol;
  return json;
}

} // namespace

int agon::rt::measureCommand(const Machine &on, const MeasureOptions &options) {
  const agon_model &model = on.model;
  judgeOutput(options, options.json, ".json", "{");
  judgeOutput(options, options.neighbours, ".png", "\x89PNG");
  if (options.json.empty())
    requireOutput();
  Instance instance(model, on.device);
  uint32_t network = findGenerator(instance, options.network);
  const char *name = model.networks[network].name;
  if (model.networks[network].pair_field < 0)
    fail(ExitCode::Usage, "{} imitates no data of this game, so there is nothing to measure its samples against", name);
  const auto fieldIndex = uint32_t(model.networks[network].pair_field);
  const agon_field &field = model.fields[fieldIndex];
  std::vector<uint32_t> functions = {uint32_t(model.networks[network].sample)};
  if (!options.features.empty())
    functions.push_back(uint32_t(model.networks[findApplied(instance, options.features)].sample));
  CheckpointUse use =
      weightsFor(instance, functions, functions.size() > 1 ? "" : name, options.from, options.acceptChanges);
  chooseWeights(instance, functions, options.weights, use);
  LoadedRun run = loadRun(instance, options.from, use);
  int64_t seed = options.seed.value_or(run.info.seed);

  DataSet data = openData(instance, options.data, dataOfGroup(instance, run.file, field.group), seed,
                          {.needed = Opening::Fields::Any, .cache = options.dataCache});
  tellOfChangedFiles(model, data, run.file);
  if (!data.isBound(field.group) && model.groups[field.group].source < 0)
    fail(ExitCode::Usage, "{} needs data; give --data {}=PATH", field.name, field.name);
  RealPoints real(instance, data, fieldIndex, seed);
  std::optional<DataSet> testData;
  std::optional<RealPoints> test;
  if (!options.test.empty()) {
    testData.emplace(
        openData(instance, {options.test}, {}, seed, {.needed = Opening::Fields::Any, .cache = options.dataCache}));
    test.emplace(instance, *testData, fieldIndex, seed);
    if (!test->isFile() || parseBinding(options.test).fields != std::vector<std::string>{field.name})
      fail(ExitCode::Usage, "--test expects points of {}, got {}; give --test {}=PATH", field.name, options.test,
           field.name);
  }

  Measuring measuring(instance, options, network, seed, real, test ? &*test : nullptr);
  std::vector<std::string> metrics = measuring.chosen();
  measuring.judge(metrics);
  if (!options.neighbours.empty()) {
    if (!real.isFile() || pictureKind(instance.recordShape(instance.cell(field.cell))) != PictureKind::Images)
      fail(ExitCode::Usage, "--neighbours shows images beside the records of a file; {} is {}", field.name,
           real.isFile() ? "no image" : "drawn from a source");
    writePng(imageGrid(measuring.beside(), makeBackdrop(instance, data, network, seed)), options.neighbours);
  }

  std::string weights = weightsTaken(instance, network, options.weights);
  Json json = {{"network", name}, {"field", field.name}, {"data", real.origin()}, {"seed", seed}};
  if (!weights.empty())
    json["weights"] = weights;
  json["iteration"] = run.info.hasHistory ? Json(run.info.iteration) : Json(nullptr);
  std::string step = run.info.hasHistory ? std::to_string(run.info.iteration) : "unknown";
  std::string generator = weights.empty() ? name : fmt::format("{} ({} weights)", name, weights);
  std::printf("step %s, %s against %s of %s, seed %lld\n", step.c_str(), generator.c_str(), field.name,
              real.origin().c_str(), (long long)seed);
  for (const std::string &metric : metrics) {
    Measured measured = measuring.measure(metric);
    json["metrics"].push_back(measuredJson(measured));
    double error = measured.estimate.error;
    std::printf("%s\n",
                fmt::format("{:<12}{:>13.6g} {:<12} {}", metric, shownNumber(measured.estimate.value),
                            std::isnan(error) ? "" : fmt::format("± {:.3g}", error), protocolText(measured.protocol))
                    .c_str());
    std::fflush(stdout);
  }
  if (!options.json.empty())
    writeFile(options.json, json.dump(2) + "\n");
  finishOutput();
  return int(ExitCode::Done);
}
