//===- Sample.cpp - sample ------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Npy.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace agon::rt;

int agon::rt::sampleCommand(const agon_model &model, const SampleOptions &options) {
  bool png = options.output.ends_with(".png"), npy = options.output.ends_with(".npy");
  if (!png && !npy)
    fail(ExitCode::Usage, "expected an output file that ends in .png or .npy, got {}", options.output);
  if (!options.force && isOfAnotherKind(options.output, png ? "\x89PNG" : "\x93NUMPY"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);

  Instance instance(model, openCpu(threadCount(options.threads)));
  uint32_t network = findGenerator(instance, options.network);
  auto number = uint32_t(model.networks[network].sample);
  const agon_function &function = instance.function(number);
  CheckpointUse use = weightsFor(instance, {number}, model.networks[network].name, options.from, options.acceptChanges);
  chooseWeights(instance, options.weights, use);
  LoadedRun run = loadRun(instance, options.from, use);
  int64_t seed = options.seed.value_or(run.info.seed);

  // The run's data is needed only where the generator reads some; behind plots
  // it is welcome but may have been moved away.
  std::vector<RunFile::Data> remembered;
  bool trainedOnFile = false;
  int32_t pair = model.networks[network].pair_field;
  for (const RunFile::Data &bound : run.file.data) {
    for (const std::string &field : bound.fields)
      trainedOnFile |= pair >= 0 && field == model.fields[pair].name;
    if (fileExists(bound.path))
      remembered.push_back(bound);
  }
  bool reads = false, plot = false;
  for (uint32_t f = 0; f < model.num_fields; ++f)
    reads |= model.fields[f].classes == 0 && instance.reads(function, model.fields[f].cell);
  if (png && pair >= 0) {
    PictureKind kind = pictureKind(instance.recordShape(instance.cell(model.fields[pair].cell)));
    plot = kind == PictureKind::Plane || kind == PictureKind::Line;
  }
  if (!reads && !plot)
    remembered.clear();
  DataSet data = openData(instance, options.data, remembered, seed);
  tellOfChangedFiles(model, data, run.file);
  requireData(instance, data, function, false);

  Samples samples = drawSamples(instance, data, network, options.count, seed);
  if (auto wrong = std::ranges::count_if(samples.values, [](double value) { return !std::isfinite(value); }))
    std::fprintf(stderr, "%s: warning: %lld of the %zu numbers of these samples are not finite\n", model.name,
                 (long long)wrong, samples.values.size());
  if (npy)
    writeNpy(samples, model.real, options.output);
  else
    writePng(picture(samples, makeBackdrop(instance, data, network, seed)), options.output);
  if (hasModes(instance, network) && !trainedOnFile && !data.isBound(model.fields[pair].group)) {
    if (!hasOutput(model, "the modes that were reached are not shown"))
      return int(ExitCode::Done);
    Samples many = drawSamples(instance, data, network, coverageSamples, seed);
    std::printf("%s: %s\n", model.networks[network].name, coverageText(countModes(instance, network, many)).c_str());
    finishOutput();
  }
  return int(ExitCode::Done);
}
