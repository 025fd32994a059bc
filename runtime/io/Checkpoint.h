//===- Checkpoint.h - A game's state as a safetensors file ------*- C++ -*-===//
///
/// https://huggingface.co/docs/safetensors: 8 bytes header length (little
/// endian), a JSON header, the tensors. Other tools can load the parameters by
/// name, and write the file again: the order of the tensors does not matter.
/// The same state always gives the same bytes.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_IO_CHECKPOINT_H
#define AGON_RUNTIME_IO_CHECKPOINT_H

#include "runtime/core/Instance.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace agon::rt {

/// What a checkpoint was kept for.
struct BestOf {
  std::string rule; ///< "fid=least": the column of the log, and what is best; empty: it was not kept for one
  double value = 0; ///< of the column
};

/// What a checkpoint holds besides tensors.
struct CheckpointInfo {
  int64_t iteration = 0;
  int64_t seed = 0;
  std::map<std::string, double> overrides; ///< `--set`, by hyperparameter
  int64_t rollbacks = 0;                   ///< Trainer::rollbacks
  BestOf best;                             ///< written
  std::string model;                       ///< read: describeModel() of what wrote it; empty in older files
  std::vector<std::string> missing;        ///< read: cells that could be had with Need::Wanted only, and could not
  std::vector<std::string> unknown;        ///< read: tensors of the file that are no cells of this model
  /// read: false when another tool wrote the file without what is above: tensors alone, which no run
  /// can be continued from.
  bool hasHistory = true;
};

/// What a reader wants of a cell.
enum class Need {
  Required,
  Wanted, ///< it keeps what it holds where the file has none of its name, type and shape
  Ignored ///< it keeps what it holds
};

/// What a reader wants of a checkpoint.
struct CheckpointUse {
  /// Called before any tensor is looked at; throws if the file will not do.
  std::function<void(const CheckpointInfo &info)> judge;
  std::function<Need(uint32_t cell)> need; ///< none: all are required
  /// What the file calls a cell; none: by its name.
  std::function<std::string(uint32_t cell)> name;
  bool widens = false; ///< whether 32-bit numbers serve a 64-bit build's cells
};

/// Writes every PARAMETER, STATE, MOMENT and STEP cell, atomically; OBJECTIVE cells that have a number stand in the
/// metadata, for turns that are not played in every iteration.
/// \throws Failure (InputOutput); an existing checkpoint is then untouched.
void writeCheckpoint(const Instance &instance, const CheckpointInfo &info, const std::string &path);

/// Fills the cells from a file. Nothing is changed unless all of it is right:
/// its kind, size and header are judged before the tensors are read.
/// \throws Failure: NoInput; BadData when it is truncated or corrupt, lacks a
/// tensor that is required, or has a number that is not finite in one; what
/// `use.judge` throws.
CheckpointInfo readCheckpoint(const Instance &instance, const std::string &path, const CheckpointUse &use = {});

/// What a checkpoint was kept for; only its header is read. \throws Failure: NoInput; BadData when it is damaged.
BestOf bestOf(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_CHECKPOINT_H
