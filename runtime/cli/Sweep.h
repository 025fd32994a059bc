//===- Sweep.h - The runs of a sweep ----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_SWEEP_H
#define AGON_RUNTIME_CLI_SWEEP_H

#include "runtime/cli/Commands.h"

#include <string>
#include <vector>

namespace agon::rt {

/// One run of a sweep: a choice of each value.
struct SweepRun {
  std::string name; ///< "D.lr=1e-4,seed=2": the values as they were written, and the directory in the sweep's
  std::vector<std::string> set; ///< "D.lr=1e-4"
  int64_t seed;
};

/// All choices of the values that `--set NAME=A,B` lists, the last one varying fastest, each under every seed.
/// \throws Failure (Usage): a malformed list, a value twice, or more than 10,000 runs.
std::vector<SweepRun> runsOf(const SweepOptions &options);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_SWEEP_H
