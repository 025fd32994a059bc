//===- Sample.cpp - sample ------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Npy.h"
#include "support/Usage.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>

using namespace agon::rt;

/// The samples that the options ask for, of a network whose SAMPLE function is given.
static SampleRequest requestOf(const Instance &instance, uint32_t network, const SampleOptions &options, int64_t seed) {
  const char *generator = instance.model().networks[network].name;
  SampleRequest request;
  request.seed = seed;
  std::vector<LabelInput> labels = labelsOf(instance, network);
  std::vector<std::string> names;
  for (const LabelInput &label : labels)
    names.push_back(label.name);
  for (const std::string &text : options.classes) {
    size_t sign = text.find('=');
    auto name = sign == std::string::npos ? names.begin() : std::ranges::find(names, text.substr(0, sign));
    if (names.empty())
      fail(ExitCode::Usage, "--class: {} takes no class", generator);
    if (name == names.end() || (sign == std::string::npos && names.size() > 1))
      fail(ExitCode::Usage, "--class: expected LABEL=CLASS with the label of {} ({}), got '{}'", generator,
           fmt::join(names, ", "), text);
    const LabelInput &label = labels[size_t(name - names.begin())];
    int64_t last = label.classes > 0 ? label.classes - 1 : std::numeric_limits<int32_t>::max();
    request.classes[label.cell] =
        parseWhole("--class", sign == std::string::npos ? text : text.substr(sign + 1), {0, last});
  }
  if (!options.truncation.empty())
    request.truncation = parseReal("--truncation", options.truncation);
  if (request.truncation <= 0)
    fail(ExitCode::Usage, "--truncation: expected a number above 0, got {}", options.truncation);
  if (options.spherical && !options.interpolate)
    fail(ExitCode::Usage, "--spherical is for --interpolate");
  if (int64_t length = options.interpolate.value_or(0)) {
    if (options.count.value_or(length) % length != 0)
      fail(ExitCode::Usage, "expected -n to be a multiple of {}, for strips of --interpolate, got {}", length,
           *options.count);
    request.strip = {length, [length](int64_t, int64_t i) { return double(i) / double(length - 1); },
                     options.spherical};
  }
  return request;
}

namespace {

/// What `sample` writes, by the end of -o.
enum class Form { Picture, Array, Folder };

Form formOf(const SampleOptions &options) {
  const std::string &output = options.output;
  bool png = output.ends_with(".png");
  if (output.ends_with('/')) {
    std::error_code error;
    if (std::filesystem::exists(output, error) && !std::filesystem::is_empty(output, error))
      fail(ExitCode::Usage, "{} holds files already; choose a new or an empty folder", output);
    return Form::Folder;
  }
  if (!png && !output.ends_with(".npy"))
    fail(ExitCode::Usage, "expected an output file that ends in .png or .npy, or a folder that ends in /, got {}",
         output);
  if (!options.force && isOfAnotherKind(output, png ? "\x89PNG" : "\x93NUMPY"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", output);
  return png ? Form::Picture : Form::Array;
}

/// The seeds of --seed-of-each; none: all samples are of one seed.
std::vector<int64_t> seedsOf(const SampleOptions &options) {
  if (options.seeds.empty())
    return {};
  for (auto [given, option] : {std::pair(options.seed.has_value(), "--seed"),
                               {options.count.has_value(), "--count"},
                               {options.interpolate.has_value(), "--interpolate"}})
    if (given)
      fail(ExitCode::Usage, "{}", agon::support::bothGiven("--seed-of-each", option));
  return parseWholeList("--seed-of-each", options.seeds);
}

using Take = std::function<void(const Samples &minibatch)>;

/// Draws `count` samples, or the first one of each of the seeds, and hands them on.
void drawEach(Instance &instance, uint32_t network, int64_t count, SampleRequest request,
              const std::vector<int64_t> &seeds, const Take &take) {
  if (seeds.empty())
    return drawSamples(instance, network, count, request, take);
  for (int64_t seed : seeds) {
    request.seed = seed;
    drawSamples(instance, network, 1, request, take);
  }
}

/// A picture for each sample, in a folder: named by its seed where each has one, else numbered from 0 in digits that
/// sort. Black and white are the ends of the field's range, or of what the first minibatch has.
class PictureFolder {
public:
  /// \throws Failure (Usage) where the network makes no images.
  PictureFolder(const Instance &instance, uint32_t network, std::string path, int64_t count,
                const std::vector<int64_t> &seeds, Backdrop backdrop)
      : path(std::move(path)), seeds(seeds), digits(std::to_string(std::max<int64_t>(0, count - 1)).size()),
        backdrop(std::move(backdrop)) {
    if (pictureKind(instance.recordShape(sampleCell(instance, network))) != PictureKind::Images)
      fail(ExitCode::Usage, "{} makes no images, so its samples are no folder of pictures; write a .npy file",
           instance.model().networks[network].name);
    this->backdrop.columns = 1;
    makeDirectories(this->path);
  }

  void add(const Samples &minibatch) {
    if (!backdrop.hasRange && !minibatch.values.empty()) {
      auto [low, high] = std::ranges::minmax(minibatch.values);
      backdrop.hasRange = true;
      backdrop.low = low;
      backdrop.high = high;
    }
    for (int64_t i = 0; i < minibatch.count; ++i, ++written) {
      Samples one{minibatch.shape, 1, {minibatch.row(i), minibatch.row(i) + minibatch.elements()}};
      std::string name =
          seeds.empty() ? fmt::format("{:0{}}", written, digits) : fmt::format("seed-{}", seeds[size_t(written)]);
      writePng(imageGrid(one, backdrop), path + name + ".png");
    }
  }

private:
  std::string path;
  const std::vector<int64_t> &seeds;
  size_t digits;
  Backdrop backdrop;
  int64_t written = 0;
};

/// Tells on standard error of numbers that are not finite, once.
class FiniteWatch {
public:
  void look(const Samples &samples) {
    all += samples.values.size();
    wrong += size_t(std::ranges::count_if(samples.values, [](double value) { return !std::isfinite(value); }));
  }
  void tell(const char *model) const {
    if (wrong)
      std::fprintf(stderr, "%s: warning: %zu of the %zu numbers of these samples are not finite\n", model, wrong, all);
  }

private:
  size_t all = 0, wrong = 0;
};

} // namespace

int agon::rt::sampleCommand(const Machine &on, const SampleOptions &options) {
  const agon_model &model = on.model;
  const Form form = formOf(options);
  const std::vector<int64_t> seeds = seedsOf(options);
  Instance instance(model, on.device);
  uint32_t network = findGenerator(instance, options.network);
  auto number = uint32_t(model.networks[network].sample);
  CheckpointUse use = weightsFor(instance, {number}, model.networks[network].name, options.from, options.acceptChanges);
  chooseWeights(instance, {number}, options.weights, use);
  LoadedRun run = loadRun(instance, options.from, use);
  int64_t seed = options.seed.value_or(run.info.seed);
  SampleRequest request = requestOf(instance, network, options, seed);

  // Behind plots the run's data is welcome, but may have been moved away.
  std::vector<RunFile::Data> remembered;
  bool trainedOnFile = false;
  int32_t pair = model.networks[network].pair_field;
  for (const RunFile::Data &bound : run.file.data) {
    for (const std::string &field : bound.fields)
      trainedOnFile |= pair >= 0 && field == model.fields[pair].name;
    if (isThere(bound.path))
      remembered.push_back(bound);
  }
  bool plot = false;
  if (form == Form::Picture && pair >= 0) {
    PictureKind kind = pictureKind(instance.recordShape(instance.cell(model.fields[pair].cell)));
    plot = kind == PictureKind::Plane || kind == PictureKind::Line;
  }
  if (!plot)
    remembered.clear();
  DataSet data = openData(instance, options.data, remembered, seed, {.cache = options.dataCache});
  tellOfChangedFiles(model, data, run.file);
  int64_t count =
      !seeds.empty() ? int64_t(seeds.size()) : options.count.value_or(request.strip ? 8 * request.strip->length : 64);
  FiniteWatch finite;
  if (form == Form::Folder) {
    PictureFolder folder(instance, network, options.output, count, seeds, makeBackdrop(instance, data, network, seed));
    drawEach(instance, network, count, request, seeds, [&](const Samples &minibatch) {
      finite.look(minibatch);
      folder.add(minibatch);
    });
  } else {
    Samples samples = roomForSamples(instance, sampleCell(instance, network), count);
    drawEach(instance, network, count, request, seeds, [&](const Samples &minibatch) { samples.append(minibatch); });
    finite.look(samples);
    if (form == Form::Array) {
      writeNpy(samples, model.real, options.output);
    } else {
      Backdrop backdrop = makeBackdrop(instance, data, network, seed);
      backdrop.columns = request.strip ? request.strip->length : 0;
      writePng(picture(samples, backdrop), options.output);
    }
  }
  finite.tell(model.name);
  bool asTrained = options.classes.empty() && options.truncation.empty() && !request.strip && seeds.empty();
  if (asTrained && hasModes(instance, network) && !trainedOnFile && !data.isBound(model.fields[pair].group)) {
    if (!hasOutput(model, "the modes that were reached are not shown"))
      return int(ExitCode::Done);
    Samples many = drawSamples(instance, network, coverageSamples, seed);
    std::printf("%s: %s\n", model.networks[network].name, coverageText(countModes(instance, network, many)).c_str());
    finishOutput();
  }
  return int(ExitCode::Done);
}
