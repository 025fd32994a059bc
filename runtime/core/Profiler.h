//===- Profiler.h - When each region ran ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_PROFILER_H
#define AGON_RUNTIME_CORE_PROFILER_H

#include "runtime/abi/agon_abi.h"
#include "runtime/device/Device.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace agon::rt {

/// Nanoseconds of a steady clock.
int64_t nanoseconds();

/// The tasks of a region; a copy is one.
inline int64_t tasksOf(const agon_region &region) { return region.launch ? region.launch->grid : 1; }

/// Records the calls of a model's functions while it is attached to an
/// Instance. A function that has a marked version is recorded region by region,
/// at the price of one reading of the clock (about 25 ns) each; others as a whole.
class Profiler {
public:
  struct Call {
    const agon_function *function;
    int64_t iteration; ///< as `beginIteration` said
    int64_t begin, end;
    size_t firstMark; ///< num_regions + 1 marks; none for a function without marked version
    bool marked;
  };
  /// What one thread, other than the caller, did of one region.
  struct Share {
    uint32_t call;   ///< index into calls()
    uint32_t region; ///< of the call's function
    int64_t begin, end;
  };

  /// \param threads of the pool; 0: what the other threads do is not recorded.
  explicit Profiler(int threads = 0);

  /// Makes room, so that recording so many calls and marks allocates nothing.
  void reserve(size_t calls, size_t marks);
  /// Whether functions are recorded region by region, where they can be (the default).
  void useMarks(bool yes) { byRegion = yes; }
  void beginIteration(int64_t number) { iteration = number; }
  /// Calls `function` with `frame`, whose arena is the device's, recording.
  void call(const Device &device, const agon_frame &frame, const agon_function &function);
  /// Forgets what was recorded.
  void clear();

  const std::vector<Call> &calls() const { return recorded; }
  /// Times before each region of a call, and after the last; empty if the function is not marked.
  std::span<const int64_t> marks(const Call &call) const;
  /// The shares of thread number 1, 2, ... .
  const std::vector<std::vector<Share>> &threads() const { return lanes; }

private:
  static void mark(void *profiler, uint32_t region);
  static void launch(void *profiler, const agon_launch *launch, void *const *args);
  static void chunk(void *const *args, int64_t begin, int64_t end);

  std::vector<Call> recorded;
  std::vector<int64_t> times;
  std::vector<std::vector<Share>> lanes;
  std::atomic<unsigned> lanesTaken{0};
  uint64_t identity; ///< tells a thread whether it has a lane in this profiler
  const Device *device = nullptr;
  const agon_frame *outer = nullptr;
  uint32_t region = 0;
  int64_t iteration = 0;
  bool byRegion = true;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_PROFILER_H
