//===- Latents.h - The noise of samples -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_LATENTS_H
#define AGON_RUNTIME_CORE_LATENTS_H

#include "runtime/core/Sampler.h"

#include <span>

namespace agon::rt {

/// The LATENT cells of a generator, in order.
std::span<const uint32_t> latentsOf(const Instance &instance, uint32_t network);
/// What the game calls the variable of a generator's LATENT cell.
std::string latentName(const Instance &instance, uint32_t network, uint32_t cell);
/// Whether a cell holds labels.
bool isLabel(const agon_cell &cell);

/// Fills a generator's LATENT cells.
class Latents {
public:
  /// \throws Failure (Usage), see drawSamples.
  Latents(Instance &instance, uint32_t network, const SampleRequest &request);
  /// With the noise of a minibatch, whose key is set already. \throws Failure (Usage), see drawSamples.
  void fill(int64_t number);

private:
  using Values = std::vector<std::vector<double>>; ///< of each cell

  Values draw() const;
  void judgeClass(size_t cell, int64_t asked) const;
  void truncate(Values &values, int64_t number) const;
  Values strips(const Values &values, int64_t number) const;

  Instance &instance;
  const SampleRequest &request;
  uint32_t network;
  int function; ///< that draws them, or -1
  std::span<const uint32_t> cells;
  bool plain = true; ///< what is drawn is what is wanted
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_LATENTS_H
