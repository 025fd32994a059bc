#include "runtime/core/Sampler.h"

#include "runtime/core/Applied.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Latents.h"
#include "runtime/core/Memory.h"
#include "runtime/core/Random.h"

#include <algorithm>
#include <limits>

using namespace agon::rt;

uint32_t agon::rt::findGenerator(const Instance &instance, const std::string &name) {
  const agon_model &model = instance.model();
  std::vector<std::string> generators;
  for (uint32_t i = 0; i < model.num_networks; ++i)
    if (isGenerator(instance, i)) {
      if (name.empty() || name == model.networks[i].name)
        return i;
      generators.push_back(model.networks[i].name);
    }
  if (generators.empty())
    fail(ExitCode::Usage, "no network of this game is applied to noise alone, so there is nothing to sample");
  bool exists = std::any_of(model.networks, model.networks + model.num_networks,
                            [&](const agon_network &network) { return name == network.name; });
  fail(ExitCode::Usage, "expected a generator ({}), got {} '{}'", fmt::join(generators, ", "),
       exists ? "network" : "unknown network", name);
}

std::vector<LabelInput> agon::rt::labelsOf(const Instance &instance, uint32_t network) {
  const agon_model &model = instance.model();
  const agon_function &function = instance.function(uint32_t(model.networks[network].sample));
  std::vector<LabelInput> labels;
  for (uint32_t f = 0; f < model.num_fields; ++f)
    if (model.fields[f].classes > 0 && instance.reads(function, model.fields[f].cell))
      labels.push_back({model.fields[f].name, model.fields[f].cell, model.fields[f].classes});
  for (uint32_t cell : latentsOf(instance, network))
    if (isLabel(instance.cell(cell)))
      labels.push_back({latentName(instance, network, cell), cell, 0});
  return labels;
}

void Samples::append(const Samples &others) {
  values.insert(values.end(), others.values.begin(), others.values.end());
  count += others.count;
}

void agon::rt::appendRows(const Instance &instance, const agon_cell &cell, int64_t rows, Samples &samples) {
  int64_t elements = samples.elements();
  CellReading drawn = instance.reading(cell);
  for (int64_t i = 0; i < rows * elements; ++i)
    samples.values.push_back(drawn[i]);
  samples.count += rows;
}

namespace {

/// Makes room for `count` samples of as many numbers as the shape says, where there is any.
void reserve(Samples &samples, int64_t count) {
  size_t numbers = 0, bytes = 0;
  if (__builtin_mul_overflow(size_t(count), size_t(samples.elements()), &numbers) ||
      __builtin_mul_overflow(numbers, sizeof(double), &bytes))
    bytes = SIZE_MAX;
  uint64_t available = availableMemory();
  if (bytes > available)
    fail(ExitCode::Unavailable, "{} samples need {} of memory, {} are there", count, bytesText(bytes),
         bytesText(available));
  samples.values.reserve(numbers);
}

} // namespace

Samples agon::rt::roomForSamples(const Instance &instance, const agon_cell &cell, int64_t count) {
  Samples samples;
  std::span<const int64_t> shape = instance.recordShape(cell);
  samples.shape.assign(shape.begin(), shape.end());
  reserve(samples, count);
  return samples;
}

const agon_cell &agon::rt::sampleCell(const Instance &instance, uint32_t network) {
  const agon_function &function = instance.function(uint32_t(instance.model().networks[network].sample));
  for (uint32_t i = 0; i < function.num_writes; ++i)
    if (const agon_cell &cell = instance.cell(function.writes[i]); cell.kind == AGON_CELL_SAMPLE)
      return cell;
  fail(ExitCode::Internal, "function {} writes no sample", function.name);
}

namespace {

/// Fills the labels and the noise that a generator takes, for one minibatch after another.
class Inputs {
public:
  Inputs(Instance &instance, uint32_t network, const SampleRequest &request)
      : instance(instance), request(request), model(instance.model()),
        function(instance.function(uint32_t(model.networks[network].sample))), latents(instance, network, request),
        length(request.strip ? request.strip->length : 1) {
    if (length > batch())
      fail(ExitCode::Usage, "expected strips of at most a minibatch, {} samples, got {}", batch(), length);
  }

  int64_t batch() const { return std::max<int64_t>(1, model.batch); }
  /// Samples of a minibatch that are taken: whole strips.
  int64_t taken() const { return batch() / length * length; }

  void fill(int64_t number) {
    instance.setKey(request.seed, keys::sample + number);
    for (uint32_t f = 0; f < model.num_fields; ++f)
      if (instance.reads(function, model.fields[f].cell))
        label(f, number);
    latents.fill(number);
  }

private:
  void label(uint32_t f, int64_t number) {
    const agon_field &field = model.fields[f];
    const agon_cell &labels = instance.cell(field.cell);
    int64_t each = instance.count(labels) / batch();
    auto asked = request.classes.find(field.cell);
    CellWriting written = instance.writing(labels);
    for (int64_t i = 0; i < batch(); ++i) {
      int64_t strip = (number * taken() + i) / length;
      int64_t value = asked != request.classes.end() ? asked->second : strip % field.classes;
      for (int64_t k = 0; k < each; ++k)
        written.set(i * each + k, double(value));
    }
  }

  Instance &instance;
  const SampleRequest &request;
  const agon_model &model;
  const agon_function &function;
  Latents latents;
  int64_t length;
};

} // namespace

void agon::rt::drawSamples(Instance &instance, uint32_t network, int64_t count, const SampleRequest &request,
                           const std::function<void(const Samples &)> &take) {
  const agon_cell &cell = sampleCell(instance, network);
  Inputs inputs(instance, network, request);
  Samples minibatch = roomForSamples(instance, cell, std::min(inputs.taken(), count));
  for (int64_t number = 0; count > 0; ++number, count -= minibatch.count) {
    inputs.fill(number);
    instance.call(uint32_t(instance.model().networks[network].sample));
    minibatch.values.clear();
    minibatch.count = 0;
    appendRows(instance, cell, std::min(inputs.taken(), count), minibatch);
    take(minibatch);
  }
}

Samples agon::rt::drawSamples(Instance &instance, uint32_t network, int64_t count, const SampleRequest &request) {
  Samples samples = roomForSamples(instance, sampleCell(instance, network), count);
  drawSamples(instance, network, count, request, [&](const Samples &minibatch) { samples.append(minibatch); });
  return samples;
}

Samples agon::rt::drawRecords(Instance &instance, Feed &feed, uint32_t field, int64_t count, int64_t seed) {
  const agon_model &model = instance.model();
  const agon_field &f = model.fields[field];
  const agon_cell &cell = instance.cell(f.cell);
  if (!feed.isBound(f.group) && model.groups[f.group].source < 0)
    return roomForSamples(instance, cell, 0);
  Samples samples = roomForSamples(instance, cell, count);
  for (int64_t number = 0; samples.count < count; ++number) {
    instance.setKey(seed, keys::reference + number);
    drawGroup(instance, feed, f.group, Stream::Metric, keys::reference + number);
    appendRows(instance, cell, std::min(model.batch, count - samples.count), samples);
  }
  return samples;
}

namespace {
const agon_group *mixtureOf(const Instance &instance, uint32_t network) {
  const agon_model &model = instance.model();
  const agon_network &n = model.networks[network];
  if (n.pair_field < 0 || n.sample < 0)
    return nullptr;
  const agon_field &field = model.fields[n.pair_field];
  const agon_group &group = model.groups[field.group];
  if (group.num_modes <= 0 || elementCount(instance.recordShape(instance.cell(field.cell))) != group.mode_dim)
    return nullptr;
  return &group;
}
} // namespace

bool agon::rt::hasModes(const Instance &instance, uint32_t network) { return mixtureOf(instance, network) != nullptr; }

Coverage agon::rt::countModes(const Instance &instance, uint32_t network, const Samples &samples) {
  const agon_group &group = *mixtureOf(instance, network);
  const double *modes = group.modes;
  std::vector<bool> hit(group.num_modes, false);
  int64_t good = 0;
  for (int64_t i = 0; i < samples.count; ++i) {
    int64_t nearest = 0;
    double best = std::numeric_limits<double>::infinity();
    for (int64_t m = 0; m < group.num_modes; ++m) {
      double distance = 0;
      for (int64_t d = 0; d < group.mode_dim; ++d) {
        double difference = samples.row(i)[d] - modes[m * group.mode_dim + d];
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        nearest = m;
      }
    }
    if (best <= group.mode_radius * group.mode_radius) {
      ++good;
      hit[nearest] = true;
    }
  }
  Coverage coverage;
  coverage.modes = std::count(hit.begin(), hit.end(), true);
  coverage.ofModes = group.num_modes;
  coverage.highQuality = samples.count ? double(good) / double(samples.count) : 0;
  return coverage;
}

std::string agon::rt::coverageText(const Coverage &coverage) {
  return fmt::format("modes {} of {}, high-quality samples {:.1f} %", coverage.modes, coverage.ofModes,
                     100 * coverage.highQuality);
}
