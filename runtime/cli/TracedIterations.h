//===- TracedIterations.h - train --profile ---------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_TRACEDITERATIONS_H
#define AGON_RUNTIME_CLI_TRACEDITERATIONS_H

#include "runtime/core/Instance.h"

#include <string>

namespace agon::rt {

/// Profiles some iterations of a run: 20, after 3 to warm up, or what a shorter
/// run has of them; and whatever else the model computes between them.
class TracedIterations {
public:
  /// \param path of the trace; empty: nothing is profiled. \param first the
  /// iterations completed before the run, of `steps` in all.
  TracedIterations(Instance &instance, std::string path, int64_t first, int64_t steps);
  ~TracedIterations() { instance.profile(nullptr); }
  TracedIterations(const TracedIterations &) = delete;
  TracedIterations &operator=(const TracedIterations &) = delete;

  /// After each iteration. \throws Failure (InputOutput) when the trace, now
  /// complete, cannot be written.
  void progress(int64_t step);
  /// A run that ends early leaves what there is.
  void write();

private:
  void start(int64_t step);

  Instance &instance;
  std::string path;
  Profiler profiler;
  int64_t begin = -1, end = -1;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_TRACEDITERATIONS_H
