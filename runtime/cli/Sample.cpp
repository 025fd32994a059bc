//===- Sample.cpp - sample ------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Npy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
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

int agon::rt::sampleCommand(const Machine &on, const SampleOptions &options) {
  const agon_model &model = on.model;
  bool png = options.output.ends_with(".png"), npy = options.output.ends_with(".npy");
  if (!png && !npy)
    fail(ExitCode::Usage, "expected an output file that ends in .png or .npy, got {}", options.output);
  if (!options.force && isOfAnotherKind(options.output, png ? "\x89PNG" : "\x93NUMPY"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);

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
  if (png && pair >= 0) {
    PictureKind kind = pictureKind(instance.recordShape(instance.cell(model.fields[pair].cell)));
    plot = kind == PictureKind::Plane || kind == PictureKind::Line;
  }
  if (!plot)
    remembered.clear();
  DataSet data = openData(instance, options.data, remembered, seed);
  tellOfChangedFiles(model, data, run.file);
  int64_t count = options.count.value_or(request.strip ? 8 * request.strip->length : 64);
  Samples samples = drawSamples(instance, network, count, request);
  if (auto wrong = std::ranges::count_if(samples.values, [](double value) { return !std::isfinite(value); }))
    std::fprintf(stderr, "%s: warning: %lld of the %zu numbers of these samples are not finite\n", model.name,
                 (long long)wrong, samples.values.size());
  if (npy) {
    writeNpy(samples, model.real, options.output);
  } else {
    Backdrop backdrop = makeBackdrop(instance, data, network, seed);
    backdrop.columns = request.strip ? request.strip->length : 0;
    writePng(picture(samples, backdrop), options.output);
  }
  bool asTrained = options.classes.empty() && options.truncation.empty() && !request.strip;
  if (asTrained && hasModes(instance, network) && !trainedOnFile && !data.isBound(model.fields[pair].group)) {
    if (!hasOutput(model, "the modes that were reached are not shown"))
      return int(ExitCode::Done);
    Samples many = drawSamples(instance, network, coverageSamples, seed);
    std::printf("%s: %s\n", model.networks[network].name, coverageText(countModes(instance, network, many)).c_str());
    finishOutput();
  }
  return int(ExitCode::Done);
}
