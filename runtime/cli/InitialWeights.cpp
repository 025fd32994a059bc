#include "runtime/cli/InitialWeights.h"

#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/io/Weights.h"
#include "support/Usage.h"

#include <algorithm>
#include <filesystem>

using namespace agon::rt;

InitialWeights::InitialWeights(const Instance &instance, const std::vector<std::string> &given,
                               const std::vector<std::string> &renamed, const std::vector<RunFile::Weights> &remembered)
    : instance(instance) {
  const agon_model &model = instance.model();
  for (uint32_t i = 0; i < model.num_loads; ++i) {
    const agon_load &load = model.loads[i];
    files.push_back({load.network, &load, {model.networks[load.network].name, load.path, {load.name, {}}, {}}});
  }
  for (const RunFile::Weights &weights : remembered)
    if (int network = instance.findNetwork(weights.network); network >= 0)
      fileOf(uint32_t(network)).source = weights;
  std::map<std::string, std::string> texts; // by network
  for (const std::string &text : given) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      fail(ExitCode::Usage, "expected --init NETWORK=FILE, got '{}'", text);
    std::string name = text.substr(0, equals);
    std::vector<std::string> known;
    for (uint32_t n = 0; n < model.num_networks; ++n)
      if (!instance.weightsOf(n).empty())
        known.push_back(model.networks[n].name);
    if (std::ranges::find(known, name) == known.end())
      fail(ExitCode::Usage, "--init: no network '{}' has weights{} (networks: {})", name, suggestion(name, known),
           fmt::join(known, ", "));
    if (auto [first, fresh] = texts.emplace(name, text); !fresh && first->second != text)
      fail(ExitCode::Usage, "{}", support::bothGiven("--init " + first->second, "--init " + text));
    RunFile::Weights &source = fileOf(uint32_t(instance.findNetwork(name))).source;
    source.path = absolutePath(text.substr(equals + 1));
    source.content.clear();
  }
  std::map<std::string, std::string> seen; // by what is renamed
  for (const std::string &text : renamed) {
    if (auto [first, fresh] = seen.emplace(text.substr(0, text.find('=')), text); !fresh && first->second != text)
      fail(ExitCode::Usage, "{}", support::bothGiven("--rename " + first->second, "--rename " + text));
    rename(text);
  }
}

/// Takes a text of `--rename`.
void InitialWeights::rename(const std::string &text) {
  size_t equals = text.find('='), dot = text.find('.');
  if (equals == std::string::npos || equals == 0 || (equals + 1 == text.size() && dot < equals))
    fail(ExitCode::Usage, "expected --rename NETWORK.LAYER=NAME, got '{}'", text);
  std::string ours = text.substr(0, equals), theirs = text.substr(equals + 1);
  auto file = std::ranges::find(files, ours.substr(0, dot), [](const File &each) { return each.source.network; });
  if (file == files.end())
    fail(ExitCode::Usage, "--rename {}: no weights of '{}' are read from a file; that is told by --init NETWORK=FILE",
         text, ours.substr(0, dot));
  if (dot >= equals) {
    file->source.names.network = theirs;
    return;
  }
  std::vector<std::string> known;
  for (uint32_t index : instance.weightsOf(file->network)) {
    std::string name = instance.cell(index).name;
    for (size_t end = name.find('.', dot + 1); end != std::string::npos; end = name.find('.', end + 1))
      if (std::string layer = name.substr(0, end); std::ranges::find(known, layer) == known.end())
        known.push_back(layer);
    known.push_back(name);
  }
  if (std::ranges::find(known, ours) == known.end())
    fail(ExitCode::Usage, "--rename: {} has no layer '{}'{}; info lists what it has", file->source.network, ours,
         suggestion(ours, known));
  file->source.names.rules.push_back({ours.substr(dot + 1), theirs});
}

/// The network's file, a new one if it has none yet.
InitialWeights::File &InitialWeights::fileOf(uint32_t network) {
  auto found = std::ranges::find(files, network, &File::network);
  if (found != files.end())
    return *found;
  const char *name = instance.model().networks[network].name;
  return files.emplace_back(File{network, nullptr, {name, {}, {name, {}}, {}}});
}

/// "the weights of F (gan.agon:9:3)"
std::string InitialWeights::placeOf(const File &file) const {
  return fmt::format("the weights of {}{}", file.source.network,
                     file.load ? fmt::format(" ({})", file.load->source) : std::string());
}

void InitialWeights::read(File &file) const {
  RunFile::Weights &source = file.source;
  std::error_code error;
  bool directory = std::filesystem::is_directory(source.path, error);
  ReadWeights read;
  try {
    read =
        readWeights(instance, file.network, directory ? RunPaths(source.path).checkpoint() : source.path, source.names);
  } catch (const Failure &failure) {
    std::string fix = failure.exitCode() == ExitCode::NoInput
                          ? fmt::format("; tell where the file is by --init {}=FILE", source.network)
                          : std::string();
    fail(failure.exitCode(), "{}: {}{}", placeOf(file), failure.what(), fix);
  }
  for (const std::string &text : read.ambiguous)
    std::fprintf(stderr, "%s: note: %s: %s; its shape does not tell\n", instance.model().name, placeOf(file).c_str(),
                 text.c_str());
  if (!source.content.empty() && source.content != read.content)
    fail(ExitCode::BadData, "{}: {} holds others than when the run was begun; restore it, or begin anew with --force",
         placeOf(file), source.path);
  source.content = read.content;
}

void InitialWeights::initialize(Trainer &trainer, DataSet &data) {
  initialize(trainer, [&](uint32_t field) { data.fillMean(field); });
}

void InitialWeights::initialize(Trainer &trainer, const std::function<void(uint32_t field)> &fillMean) {
  // The model's own initialisation reads what the model loads, and writes all else.
  for (File &file : files)
    if (file.load)
      read(file);
  trainer.initialize(fillMean);
  for (File &file : files)
    if (!file.load)
      read(file);
  for (const agon_average &average : instance.averages())
    instance.startAverage(average);
}

std::vector<RunFile::Weights> InitialWeights::sources() const {
  std::vector<RunFile::Weights> result;
  for (const File &file : files)
    result.push_back(file.source);
  return result;
}
