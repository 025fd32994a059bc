#include "runtime/cli/Run.h"

#include "runtime/cli/Numbers.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Requirements.h"
#include "runtime/core/Suggest.h"
#include "runtime/cpu/ThreadPool.h"
#include "runtime/io/File.h"
#include "support/Process.h"
#include "support/Usage.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::rt;

std::string RunPaths::picture(std::string_view network, int64_t step) const {
  return fmt::format("{}/{}-{:06}.png", samples(), network, step);
}

std::string RunPaths::animation(std::string_view network) const {
  return fmt::format("{}/{}-animation.png", samples(), network);
}

std::string RunPaths::numbered(int64_t step) const {
  return fmt::format("{}/checkpoint-{:06}.safetensors", directory, step);
}

bool RunPaths::isCheckpoint(const std::string &name) {
  RunPaths here("");
  int64_t step = -1;
  std::string_view start = "checkpoint-";
  if (name.starts_with(start))
    std::from_chars(name.data() + start.size(), name.data() + name.size(), step);
  std::string path = "/" + name;
  return path == here.checkpoint() || path == here.best() || (step >= 0 && path == here.numbered(step));
}

bool RunPaths::occupied() const {
  auto isPicture = [](const std::string &name) { return std::filesystem::path(name).extension() == ".png"; };
  if (std::ranges::any_of(namesIn(samples()), isPicture) || std::ranges::any_of(namesIn(directory), isCheckpoint))
    return true;
  return fileExists(log()) || fileExists(run());
}

int agon::rt::threadCount(int asked) { return asked > 0 ? asked : availableCores(); }

std::vector<std::string> agon::rt::settableNames(const Instance &instance) {
  std::vector<std::string> names;
  for (uint32_t index : instance.cellsOf(AGON_CELL_HYPER))
    names.push_back(instance.cell(index).name);
  return names;
}

std::map<std::string, double> agon::rt::parseOverrides(const Instance &instance,
                                                       const std::vector<std::string> &settings) {
  std::vector<std::string> names = settableNames(instance);
  std::map<std::string, double> overrides;
  for (const std::string &setting : settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      fail(ExitCode::Usage, "expected --set NAME=NUMBER, got '{}'", setting);
    std::string name = setting.substr(0, equals), text = setting.substr(equals + 1);
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail(ExitCode::Usage, "--set cannot set '{}'{} (settable: {})", name, suggestion(name, names),
           names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", ")));
    double value = parseReal("--set " + name, text);
    if (!overrides.emplace(name, value).second) {
      auto first = std::ranges::find_if(settings, [&](const std::string &s) { return s.starts_with(name + "="); });
      fail(ExitCode::Usage, "{}", support::bothGiven("--set " + *first, "--set " + setting));
    }
  }
  return overrides;
}

void agon::rt::applyOverrides(const Instance &instance, const std::map<std::string, double> &overrides) {
  for (const auto &[name, value] : overrides) {
    int index = instance.findCell(AGON_CELL_HYPER, name);
    if (index < 0)
      fail(ExitCode::BadData, "the run sets {}, which this game does not have", name);
    instance.write(instance.cell(uint32_t(index)), 0, value);
  }
}

void agon::rt::judgeOverrides(Instance &instance, const std::map<std::string, double> &overrides) {
  if (std::string broken = Requirements(instance).brokenBy(overrides); !broken.empty())
    fail(ExitCode::Usage, "--set: {}", broken);
}

/// The bindings of the command line, and of the fields that they do not touch the remembered ones.
static std::vector<Binding> mergeBindings(const Instance &instance, const std::vector<std::string> &given,
                                          const std::vector<RunFile::Data> &remembered) {
  const agon_model &model = instance.model();
  std::vector<Binding> bindings;
  std::vector<bool> groups(model.num_groups, false);
  auto groupsOf = [&](const std::vector<std::string> &fields, auto &&body) {
    for (uint32_t f = 0; f < model.num_fields; ++f)
      if (std::count(fields.begin(), fields.end(), model.fields[f].name))
        body(model.fields[f].group);
  };
  std::map<std::string, std::string> texts; // by field
  for (const std::string &text : given) {
    bindings.push_back(parseBinding(text));
    for (const std::string &field : bindings.back().fields)
      if (auto [first, isFirst] = texts.emplace(field, text); !isFirst && first->second != text)
        fail(ExitCode::Usage, "{}", agon::support::bothGiven("--data " + first->second, "--data " + text));
    groupsOf(bindings.back().fields, [&](uint32_t group) { groups[group] = true; });
  }
  auto known = [&](const std::string &name) {
    return std::any_of(model.fields, model.fields + model.num_fields,
                       [&](const agon_field &field) { return name == field.name; });
  };
  // A record is taken from the command line as a whole: an old label file must
  // not be paired with new images.
  for (const RunFile::Data &data : remembered) {
    bool replaced = false;
    groupsOf(data.fields, [&](uint32_t group) { replaced |= groups[group]; });
    if (replaced || !std::all_of(data.fields.begin(), data.fields.end(), known))
      continue;
    if (!isThere(data.path))
      fail(ExitCode::NoInput,
           "cannot open {}, which the run was trained on: {}; tell where it is now by --data {}=PATH", data.path,
           std::strerror(errno), fmt::join(data.fields, ","));
    bindings.push_back({data.fields, data.path, data.columns, {}, data.skips});
  }
  return bindings;
}

/// Whether all that there is to tell of the data was told when the run began.
static bool isTold(const DataSet &data, const std::vector<RunFile::Data> &remembered) {
  return std::ranges::all_of(data.sources(), [&](const DataSet::Source &source) {
    auto found = std::ranges::find(remembered, source.fields, &RunFile::Data::fields);
    return found != remembered.end() && !found->content.empty() && found->content == source.content;
  });
}

DataSet agon::rt::openData(const Instance &instance, const std::vector<std::string> &given,
                           const std::vector<RunFile::Data> &remembered, int64_t seed, const Opening &opening,
                           const std::vector<std::string> &flips, double skips) {
  std::vector<Binding> bindings = mergeBindings(instance, given, remembered);
  auto bindingOf = [&](const std::string &field) {
    return std::ranges::find_if(bindings, [&](const Binding &each) { return std::ranges::count(each.fields, field); });
  };
  for (const RunFile::Data &data : remembered)
    for (const std::string &field : data.flipped)
      if (auto binding = bindingOf(field); binding != bindings.end())
        binding->flipped.push_back(field);
  for (const std::string &field : flips) {
    auto binding = bindingOf(field);
    if (binding == bindings.end())
      fail(ExitCode::Usage, "--flip {}: no --data binds {}", field, field);
    binding->flipped.push_back(field);
  }
  for (Binding &binding : bindings)
    binding.skips = skips > 0 ? skips : binding.skips;
  DataSet data(instance, bindings, seed, opening);
  if (!isTold(data, remembered)) {
    for (const std::string &note : data.notes())
      std::fprintf(stderr, "%s: note: %s\n", instance.model().name, note.c_str());
    for (const std::string &warning : data.warnings())
      std::fprintf(stderr, "%s: warning: %s\n", instance.model().name, warning.c_str());
  }
  return data;
}

std::string agon::rt::absolutePath(const std::string &path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

std::vector<RunFile::Data> agon::rt::rememberedData(const DataSet &data) {
  std::vector<RunFile::Data> result;
  for (const DataSet::Source &source : data.sources()) {
    result.push_back({source.fields, absolutePath(source.path), source.columns, source.shape, source.element,
                      source.content, source.classes, source.flipped, source.skips, source.skipped});
  }
  return result;
}

void agon::rt::requireData(const Instance &instance, const DataSet &data, const agon_function &function) {
  const agon_model &model = instance.model();
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    const agon_group &group = model.groups[field.group];
    if (group.source >= 0 || data.isBound(field.group) || !instance.reads(function, field.cell))
      continue;
    std::string options;
    for (uint32_t other = 0; other < model.num_fields; ++other)
      if (model.fields[other].group == field.group)
        options += fmt::format(" --data {}=PATH", model.fields[other].name);
    fail(ExitCode::Usage, "{} needs data; give{}", group.name, options);
  }
}

LoadedRun agon::rt::loadRun(const Instance &instance, const std::string &from, const CheckpointUse &use) {
  namespace fs = std::filesystem;
  LoadedRun run;
  std::error_code error;
  if (!fs::exists(from, error))
    fail(ExitCode::NoInput, "cannot open {}: {}", from, std::strerror(ENOENT));
  bool directory = fs::is_directory(from, error);
  fs::path parent = fs::path(from).parent_path();
  RunPaths paths(directory ? from : parent.empty() ? "." : parent.string());
  std::string checkpoint = directory ? paths.checkpoint() : from;
  if (!fileExists(checkpoint))
    fail(ExitCode::NoInput, "{} holds no checkpoint", from);
  run.info = readCheckpoint(instance, checkpoint, use);
  if (directory || RunPaths::isCheckpoint(fs::path(from).filename().string()))
    if (std::optional<RunFile> file = readRunFile(paths.run()))
      run.file = *file;
  return run;
}

int64_t agon::rt::pictureSamples(PictureKind kind) { return kind == PictureKind::Images ? 64 : 2000; }

Backdrop agon::rt::makeBackdrop(Instance &instance, Feed &feed, uint32_t network, int64_t seed) {
  const agon_model &model = instance.model();
  Backdrop backdrop;
  int32_t pair = model.networks[network].pair_field;
  if (pair < 0)
    return backdrop;
  const agon_field &field = model.fields[pair];
  backdrop.hasRange = field.has_range != 0;
  backdrop.low = field.low;
  backdrop.high = field.high;
  auto shape = instance.recordShape(instance.cell(field.cell));
  PictureKind kind = pictureKind(shape);
  if (kind != PictureKind::Plane && kind != PictureKind::Line)
    return backdrop;
  if (hasModes(instance, network) && !feed.isBound(field.group)) {
    const agon_group &group = model.groups[field.group];
    backdrop.modes.assign(group.modes, group.modes + group.num_modes * group.mode_dim);
    backdrop.modeRadius = group.mode_radius;
  }
  backdrop.truth = drawRecords(instance, feed, uint32_t(pair), 1000, seed);
  return backdrop;
}

bool agon::rt::isOfAnotherKind(const std::string &path, std::string_view magic) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
    return false;
  char head[8] = {};
  size_t got = 0;
  if (FILE *file = std::fopen(path.c_str(), "rb")) {
    got = std::fread(head, 1, std::min(magic.size(), sizeof(head)), file);
    std::fclose(file);
  }
  return std::string_view(head, got) != magic;
}

bool agon::rt::isLiveTerminal() {
  auto variable = [](const char *name) {
    const char *value = std::getenv(name);
    return std::string_view(value ? value : "");
  };
  return isatty(STDOUT_FILENO) && !variable("TERM").empty() && variable("TERM") != "dumb" &&
         variable("NO_COLOR").empty();
}

void agon::rt::requireOutput() {
  if (!support::hasStandardOutput())
    fail(ExitCode::InputOutput, "cannot write the output: standard output is closed");
}

bool agon::rt::hasOutput(const agon_model &model, const char *consequence) {
  if (support::hasStandardOutput())
    return true;
  std::fprintf(stderr, "%s: note: standard output is closed; %s\n", model.name, consequence);
  return false;
}

void agon::rt::finishOutput() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    fail(ExitCode::InputOutput, "cannot write the output: {}", std::strerror(errno));
}
