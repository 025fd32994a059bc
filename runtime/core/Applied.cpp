#include "runtime/core/Applied.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Random.h"

#include <algorithm>

using namespace agon::rt;

int32_t agon::rt::fieldRead(const Instance &instance, uint32_t network) {
  const agon_model &model = instance.model();
  if (model.networks[network].sample < 0)
    return -1;
  const agon_function &function = instance.function(uint32_t(model.networks[network].sample));
  for (uint32_t f = 0; f < model.num_fields; ++f)
    if (model.fields[f].classes == 0 && instance.reads(function, model.fields[f].cell))
      return int32_t(f);
  return -1;
}

uint32_t agon::rt::findApplied(const Instance &instance, const std::string &name) {
  const agon_model &model = instance.model();
  std::vector<std::string> applied;
  bool exists = false;
  for (uint32_t i = 0; i < model.num_networks; ++i) {
    exists |= name == model.networks[i].name;
    if (fieldRead(instance, i) < 0)
      continue;
    if (name == model.networks[i].name)
      return i;
    applied.push_back(model.networks[i].name);
  }
  fail(ExitCode::Usage, "expected a network that takes records alone ({}), got {} '{}'",
       applied.empty() ? "this game has none" : fmt::format("{}", fmt::join(applied, ", ")),
       exists ? "network" : "unknown network", name);
}

Samples agon::rt::applyNetwork(Instance &instance, uint32_t network, int64_t count, int64_t seed,
                               const std::function<const double *(int64_t)> &record) {
  const agon_model &model = instance.model();
  auto index = uint32_t(model.networks[network].sample);
  const agon_cell &input = instance.cell(model.fields[fieldRead(instance, network)].cell);
  const agon_cell &result = sampleCell(instance, network);
  const int64_t batch = model.batch, elements = elementCount(instance.recordShape(input));
  Samples results = roomForSamples(instance, result, count);
  for (int64_t first = 0; first < count; first += batch) {
    instance.setKey(seed, keys::evaluation + first / batch);
    {
      CellWriting minibatch = instance.writing(input);
      for (int64_t i = 0; i < batch; ++i) {
        const double *numbers = record((first + i) % count);
        for (int64_t e = 0; e < elements; ++e)
          minibatch.set(i * elements + e, numbers[e]);
      }
    }
    instance.call(index);
    appendRows(instance, result, std::min(batch, count - first), results);
  }
  return results;
}
