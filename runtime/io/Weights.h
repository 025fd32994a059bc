//===- Weights.h - One network's weights, from a file -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_WEIGHTS_H
#define AGON_RUNTIME_IO_WEIGHTS_H

#include "runtime/core/Instance.h"

#include <string>
#include <vector>

namespace agon::rt {

/// What a file calls a network's weights.
struct WeightNames {
  std::string network; ///< what stands before the names of its layers
  /// Rules: what a layer, or one of its tensors, is called instead: {"dense_0", "net.0"}, {"dense_0.W", "fc1.weight"}.
  struct Rule {
    std::string ours, theirs;
    bool operator==(const Rule &) const = default;
  };
  std::vector<Rule> rules;
};

/// What was read.
struct ReadWeights {
  std::string content; ///< "crc32 00c0ffee"
  /// Tensors of which both orders of the axes would fit, each with the order that was taken.
  std::vector<std::string> ambiguous;
};

/// Fills the parameters and states of a network from a safetensors file; other tensors of the file do not matter.
/// A tensor may bear the name that PyTorch, JAX or Keras give it (`weight`, `kernel`, `running_mean`); its axes may be
/// in their order, which the shape tells, and its numbers of another width.
/// \throws Failure: NoInput; BadData when it is truncated or corrupt, lacks a tensor, or has one of another shape or
/// with a number that is not finite.
ReadWeights readWeights(const Instance &instance, uint32_t network, const std::string &path, const WeightNames &names);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_WEIGHTS_H
