//===- ThreadPool.h - Parallel loops ----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CPU_THREADPOOL_H
#define AGON_RUNTIME_CPU_THREADPOOL_H

#include "runtime/abi/agon_abi.h"

#include <atomic>
#include <cstddef>
#include <pthread.h>
#include <vector>

namespace agon::rt {

/// Threads that share the loops of a model's functions.
///
/// The caller takes part. Ranges are claimed one after the other, each a share
/// of what is left, so a thread that the system took away delays a loop by one
/// range at most, and a thread that is still asleep is not waited for at all: a
/// loop ends when those that joined it are done. Idle threads spin for some tens
/// of microseconds (turns are chains of short loops), then park; so does the
/// caller who waits for a thread that was taken away. (Beside two busy processes
/// on two cores ring kept 0.55 of its quiet throughput, 0.53 when the caller
/// yielded instead: medians of 6 interleaved runs, Zen 4.)
///
/// Workers and the creating thread flush subnormal numbers to zero, as the ABI
/// demands.
class ThreadPool {
public:
  /// `threads` counts the caller; at least 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  int size() const { return int(workers.size()) + 1; }

  /// kernel(args, begin, end) over a partition of [0, n). A call from inside a
  /// kernel runs on the calling thread.
  void parallelFor(agon_kernel kernel, void *const *args, int64_t n);

  /// Stack of a worker: kernels keep packed tiles and other scratch there.
  static constexpr size_t stackBytes = AGON_STACK_BYTES;

private:
  void work();
  void claimRanges();
  void waitForWorkers();
  static void *threadMain(void *pool);

  // `state` = generation << 17 | open << 16 | threads inside. A worker joins by
  // adding one while `open` is set; the job's fields change only when the job is
  // closed and nobody is inside.
  static constexpr uint64_t openBit = 1u << 16;
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<int> signal{0};
  std::atomic<int> sleepers{0};
  std::atomic<int> departures{0}; ///< of workers that the caller slept for
  std::atomic<bool> callerSleeps{false};
  std::atomic<bool> stopping{false};
  agon_kernel kernel = nullptr;
  void *const *args = nullptr;
  int64_t count = 0;
  std::vector<pthread_t> workers;
};

/// Calls `function(argument)` on a new thread with `bytes` of stack and waits
/// for it. The caller's signal mask and floating-point state are inherited.
void runWithStack(size_t bytes, void (*function)(void *), void *argument);

/// Cores that this process may use: its affinity mask, cut by a cgroup's quota.
int availableCores();

} // namespace agon::rt

#endif // AGON_RUNTIME_CPU_THREADPOOL_H
