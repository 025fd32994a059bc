//===- Identity.h - What tells two versions of a model apart ----*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_IDENTITY_H
#define AGON_RUNTIME_IO_IDENTITY_H

#include "runtime/abi/agon_abi.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// What a model says of itself, part by part, and what its code is for: JSON on one line, kept in checkpoints. Files'
/// names are not in it.
std::string describeModel(const agon_model &model);

/// What the model's code is for: the processor's level, or "cuda sm_90a".
std::string targetOf(const agon_model &model);

/// What `describeModel` says, from what run.json keeps. Empty when `config` tells no parts.
std::string describeModel(std::string_view game, std::string_view target, std::string_view config);

/// In what one part differs.
struct Difference {
  std::string text;      ///< "constant rate: was 0.001, is 0.01"
  bool training = false; ///< a run that goes on is not the one that was begun
  bool meaning = false;  ///< weights mean something else: those of `network`, or all if it is empty
  bool indirect = false; ///< it is written as before but uses what has changed; then `text` is only its name
  std::string network;
};

/// What differs between two descriptions, in the order of the parts. A run may move between the processor and another
/// device: that is no other training.
std::vector<Difference> differences(std::string_view before, std::string_view now);

/// The game's name in a description.
std::string gameOf(std::string_view description);

/// The network and all networks that it applies.
std::set<std::string> networksOf(std::string_view description, const std::string &network);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_IDENTITY_H
