//===- Weights.h - One network's weights, from a file -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_WEIGHTS_H
#define AGON_RUNTIME_IO_WEIGHTS_H

#include "runtime/core/Instance.h"

#include <string>

namespace agon::rt {

/// Fills the parameters and states of a network from a safetensors file, in which it is called `name`; other tensors
/// of the file do not matter. 32-bit numbers become a 64-bit build's. \returns "crc32 00c0ffee" of what was read.
/// \throws Failure: NoInput; BadData when it is truncated or corrupt, lacks a tensor, or has one of another shape or
/// with a number that is not finite.
std::string readWeights(const Instance &instance, uint32_t network, const std::string &path, const std::string &name);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_WEIGHTS_H
