//===- Network.cpp - An exported network ----------------------------------===//
#include "runtime/abi/agon_abi.h"
#include "runtime/abi/agon_network.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Instance.h"
#include "runtime/core/Latents.h"
#include "runtime/core/Random.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/embed/Guarded.h"
#include "runtime/embed/Worker.h"
#include "runtime/io/Safetensors.h"

#include <cstring>
#include <optional>

using namespace agon::rt;

namespace {

class Network {
public:
  Network(const agon_network_table &network, const char *weights, int threads) : network(network) {
    worker.call([&] {
      instance.emplace(chooseVariant(*network.model), openCpu(threadsOf(threads)));
      find();
      load(weights ? weights : "");
    });
  }

  int run(int64_t batch, const void *const *from, void *const *to) {
    return guarded(error, [&] { worker.call([&] { runAll(batch, from, to); }); });
  }
  int draw(int64_t seed, int64_t batch, void *const *to) {
    return guarded(error, [&] { worker.call([&] { drawAll(seed, batch, to); }); });
  }
  int setSeed(int64_t value) {
    return guarded(error, [&] { worker.call([&] { seed = value; }); });
  }

  std::string error;

private:
  void find();
  void load(const std::string &path);
  void loadFile(const std::string &path);
  void runAll(int64_t batch, const void *const *from, void *const *to);
  void drawAll(int64_t seed, int64_t batch, void *const *to);
  void judgeLabels(int64_t batch, const void *const *from) const;
  void copyRows(const agon_cell &cell, int64_t first, int64_t batch, const std::byte *from);
  const agon_cell &cellOf(const char *name) const;
  int64_t minibatch() const { return std::max<int64_t>(1, network.model->batch); }
  size_t rowBytes(const agon_cell &cell) const { return instance->bytes(cell) / size_t(minibatch()); }

  const agon_network_table &network;
  Worker worker;
  std::optional<Instance> instance;
  uint32_t function = 0;
  int latents = -1; ///< function that draws the noise, or -1
  std::vector<const agon_cell *> inputs, outputs;
  int64_t seed = 0; ///< of what the network draws itself
};

const agon_cell &Network::cellOf(const char *name) const {
  const agon_model &model = instance->model();
  for (uint32_t i = 0; i < model.num_cells; ++i)
    if (std::strcmp(model.cells[i].name, name) == 0)
      return model.cells[i];
  fail(ExitCode::Internal, "the library's table is inconsistent: {}", name);
}

/// Looks its functions and cells up.
void Network::find() {
  const agon_model &model = instance->model();
  for (uint32_t f = 0; f < model.num_functions; ++f) {
    if (model.functions[f].kind == AGON_FN_SAMPLE)
      function = f;
    else if (model.functions[f].kind == AGON_FN_LATENTS)
      latents = int(f);
  }
  for (uint32_t i = 0; i < network.num_inputs; ++i)
    inputs.push_back(&cellOf(network.inputs[i].cell));
  for (uint32_t i = 0; i < network.num_outputs; ++i)
    outputs.push_back(&cellOf(network.outputs[i].cell));
}

void Network::load(const std::string &path) {
  if (!path.empty())
    return loadFile(path);
  for (uint32_t w = 0; w < network.num_weights; ++w) {
    const agon_network_weight &weight = network.weights[w];
    if (!weight.data)
      fail(ExitCode::Usage, "this library holds no weights of {}; give a run's directory or a safetensors file",
           network.name);
    instance->copyIn(cellOf(weight.cell), static_cast<const std::byte *>(weight.data));
  }
}

void Network::loadFile(const std::string &path) {
  Safetensors file(weightsFileOf(path));
  for (uint32_t w = 0; w < network.num_weights; ++w) {
    const char *name = network.weights[w].tensor;
    const agon_cell &cell = cellOf(network.weights[w].cell);
    auto found = file.tensors().find(name);
    if (found == file.tensors().end())
      fail(ExitCode::BadData, "{} does not hold {}, which {} has", path, name, network.name);
    if (!Safetensors::fits(found->second, *instance, cell, /*widens=*/true))
      fail(ExitCode::BadData, "{}: expected {} to be {} {}, got {} {}", path, name, tensorType(cell),
           shapeText(instance->shape(cell)), found->second.type, shapeText(found->second.shape));
  }
  file.readContent();
  for (uint32_t w = 0; w < network.num_weights; ++w) {
    file.checkFinite(network.weights[w].tensor);
    file.copyTo(*instance, cellOf(network.weights[w].cell), file.tensors().at(network.weights[w].tensor));
  }
}

/// Refuses labels that are none of their classes; an input of labels has one a sample.
void Network::judgeLabels(int64_t batch, const void *const *from) const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const agon_network_port &port = network.inputs[i];
    const auto *labels = static_cast<const int32_t *>(from[i]);
    for (int64_t k = 0; port.classes > 0 && k < batch; ++k)
      if (labels[k] < 0 || labels[k] >= port.classes)
        fail(ExitCode::BadData, "{}: sample {} is {}, expected a class from 0 to {}", port.name, k, labels[k],
             port.classes - 1);
  }
}

/// Fills a minibatch with rows `first`, `first` + 1, ... of so many, which begin again after the last: those of a
/// minibatch that is not full are the first ones, as `apply` has it.
void Network::copyRows(const agon_cell &cell, int64_t first, int64_t batch, const std::byte *from) {
  size_t bytes = rowBytes(cell);
  CellWriting written = instance->writing(cell);
  std::byte *to = written.data();
  for (int64_t i = 0; i < minibatch();) {
    int64_t row = (first + i) % batch, rows = std::min(minibatch() - i, batch - row);
    std::memcpy(to + size_t(i) * bytes, from + size_t(row) * bytes, size_t(rows) * bytes);
    i += rows;
  }
}

void Network::runAll(int64_t batch, const void *const *from, void *const *to) {
  if (batch < 0)
    fail(ExitCode::Usage, "expected a number of samples, got {}", batch);
  judgeLabels(batch, from);
  int64_t keys = latents >= 0 ? keys::sample : keys::evaluation;
  for (int64_t first = 0; first < batch; first += minibatch()) {
    instance->setKey(seed, keys + first / minibatch());
    for (size_t i = 0; i < inputs.size(); ++i)
      copyRows(*inputs[i], first, batch, static_cast<const std::byte *>(from[i]));
    instance->call(function);
    auto rows = size_t(std::min(minibatch(), batch - first));
    for (size_t o = 0; o < outputs.size(); ++o) {
      size_t bytes = rowBytes(*outputs[o]);
      CellReading made = instance->reading(*outputs[o]);
      std::memcpy(static_cast<std::byte *>(to[o]) + size_t(first) * bytes, made.data(), rows * bytes);
    }
  }
}

/// What `sample` draws under the seed: noise, and labels that run through their classes.
void Network::drawAll(int64_t seed, int64_t batch, void *const *to) {
  const agon_model &model = instance->model();
  if (latents < 0)
    fail(ExitCode::Usage, "{} takes no noise that the game draws", network.name);
  for (int64_t first = 0; first < batch; first += minibatch()) {
    instance->setKey(seed, keys::sample + first / minibatch());
    instance->call(uint32_t(latents));
    auto rows = size_t(std::min(minibatch(), batch - first));
    for (size_t i = 0; i < inputs.size(); ++i) {
      const agon_cell &cell = *inputs[i];
      size_t bytes = rowBytes(cell);
      for (uint32_t f = 0; f < model.num_fields; ++f)
        if (&model.cells[model.fields[f].cell] == &cell && model.fields[f].classes > 0) {
          CellWriting labels = instance->writing(cell);
          int64_t each = instance->count(cell) / minibatch();
          for (int64_t k = 0; k < minibatch() * each; ++k)
            labels.set(k, double((first + k / each) % model.fields[f].classes));
        }
      CellReading drawn = instance->reading(cell);
      std::memcpy(static_cast<std::byte *>(to[i]) + size_t(first) * bytes, drawn.data(), rows * bytes);
    }
  }
}

Network &networkOf(void *handle) { return *static_cast<Network *>(handle); }

} // namespace

extern "C" {

void *agon_network_create(const agon_network_table *network, const char *weights, int threads, char *error,
                          size_t error_size) {
  Network *made = nullptr;
  std::string text;
  guarded(text, [&] { made = new Network(*network, weights, threads); });
  copyText(text, error, error_size);
  return made;
}

void agon_network_free(void *handle) { delete static_cast<Network *>(handle); }

int agon_network_run(void *handle, int64_t batch, const void *const *inputs, void *const *outputs) {
  return networkOf(handle).run(batch, inputs, outputs);
}

int agon_network_draw(void *handle, int64_t seed, int64_t batch, void *const *inputs) {
  return networkOf(handle).draw(seed, batch, inputs);
}

int agon_network_seed(void *handle, int64_t seed) { return networkOf(handle).setSeed(seed); }

const char *agon_network_error(const void *handle) { return static_cast<const Network *>(handle)->error.c_str(); }

} // extern "C"
