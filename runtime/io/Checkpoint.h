//===- Checkpoint.h - A game's state as a safetensors file ------*- C++ -*-===//
///
/// https://huggingface.co/docs/safetensors: 8 bytes header length (little
/// endian), a JSON header, the tensors. Other tools can load the parameters by
/// name. The same state always gives the same bytes.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_IO_CHECKPOINT_H
#define AGON_RUNTIME_IO_CHECKPOINT_H

#include "runtime/core/Instance.h"

#include <map>
#include <string>

namespace agon::rt {

/// What a checkpoint holds besides tensors.
struct CheckpointInfo {
  int64_t iteration = 0;
  int64_t seed = 0;
  std::map<std::string, double> overrides; ///< `--set`, by hyperparameter
};

/// Writes every PARAMETER, STATE, MOMENT and STEP cell, atomically.
/// \throws Failure (InputOutput); an existing checkpoint is then untouched.
void writeCheckpoint(const Instance &instance, const CheckpointInfo &info, const std::string &path);

/// Fills the cells from a file. Nothing is changed unless all of it is right.
/// \throws Failure: NoInput; BadData when it is truncated or corrupt, or was
/// written by another model.
CheckpointInfo readCheckpoint(const Instance &instance, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_CHECKPOINT_H
