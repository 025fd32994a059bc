//===- Apply.cpp - apply --------------------------------------------------===//
#include "runtime/cli/Changes.h"
#include "runtime/cli/Commands.h"
#include "runtime/cli/RealPoints.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/io/Npy.h"

using namespace agon::rt;

int agon::rt::applyCommand(const Machine &on, const ApplyOptions &options) {
  const agon_model &model = on.model;
  if (!options.output.ends_with(".npy"))
    fail(ExitCode::Usage, "expected an output file that ends in .npy, got {}", options.output);
  if (!options.force && isOfAnotherKind(options.output, "\x93NUMPY"))
    fail(ExitCode::Usage, "{} exists and is of another kind; replace it with --force", options.output);
  Instance instance(model, on.device);
  uint32_t network = findApplied(instance, options.network);
  CheckpointUse use = weightsFor(instance, {uint32_t(model.networks[network].sample)}, options.network, options.from,
                                 options.acceptChanges);
  chooseWeights(instance, {uint32_t(model.networks[network].sample)}, options.weights, use);
  LoadedRun run = loadRun(instance, options.from, use);
  int64_t seed = options.seed.value_or(run.info.seed);

  const auto fieldIndex = uint32_t(fieldRead(instance, network));
  const agon_field &field = model.fields[fieldIndex];
  DataSet data = openData(instance, options.data, dataOfGroup(instance, run.file, field.group), seed,
                          {.needed = Opening::Fields::Any, .cache = options.dataCache});
  tellOfChangedFiles(model, data, run.file);
  if (!data.isBound(field.group))
    fail(ExitCode::Usage, "{} is applied to the records of a file; give --data {}=PATH", options.network, field.name);
  std::vector<double> record(size_t(elementCount(instance.recordShape(instance.cell(field.cell)))));
  writeNpy(applyNetwork(instance, network, data.records(field.group), seed,
                        [&](int64_t i) {
                          data.read(fieldIndex, i, record.data());
                          return record.data();
                        }),
           model.real, options.output);
  return int(ExitCode::Done);
}
