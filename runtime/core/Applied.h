//===- Applied.h - Networks applied to records ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_APPLIED_H
#define AGON_RUNTIME_CORE_APPLIED_H

#include "runtime/core/Sampler.h"

#include <functional>
#include <string>

namespace agon::rt {

/// The real data field that a network's SAMPLE function reads, or -1: that of a generator reads none.
int32_t fieldRead(const Instance &instance, uint32_t network);

/// Whether the network can be sampled.
inline bool isGenerator(const Instance &instance, uint32_t network) {
  return instance.model().networks[network].sample >= 0 && fieldRead(instance, network) < 0;
}

/// Index of the named network, which can be applied to records.
/// \throws Failure (Usage) naming those that can.
uint32_t findApplied(const Instance &instance, const std::string &name);

/// The network's results, under `seed`, for `count` records of the field that it reads; `record(i)` is where the
/// numbers of the i-th are. Each is computed in a minibatch with those before and after it.
Samples applyNetwork(Instance &instance, uint32_t network, int64_t count, int64_t seed,
                     const std::function<const double *(int64_t)> &record);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_APPLIED_H
