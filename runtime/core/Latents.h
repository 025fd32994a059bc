//===- Latents.h - The noise of samples -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_LATENTS_H
#define AGON_RUNTIME_CORE_LATENTS_H

#include "runtime/core/Sampler.h"

namespace agon::rt {

/// Fills a generator's LATENT cells.
class Latents {
public:
  Latents(Instance &instance, uint32_t network, const SampleRequest &request);
  /// With the noise of a minibatch, whose key is set already. \throws Failure (Usage), see drawSamples.
  void fill(int64_t number);

private:
  using Values = std::vector<std::vector<double>>; ///< of each cell

  bool isLabel(size_t cell) const;
  Values draw() const;
  void truncate(Values &values, int64_t number) const;
  Values strips(const Values &values, int64_t number) const;

  Instance &instance;
  const SampleRequest &request;
  int function; ///< that draws them, or -1
  std::vector<uint32_t> cells;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_LATENTS_H
