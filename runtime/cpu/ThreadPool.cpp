#include "runtime/cpu/ThreadPool.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sched.h>
#include <signal.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace agon::rt;

namespace {

thread_local bool insideLoop = false;

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

void flushSubnormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040); // flush-to-zero and denormals-are-zero
#endif
}

/// Spins before parking: about 50 microseconds on current cores.
constexpr int spins = 2000;

/// Of what is left of a loop a thread takes the part of so many shares for each: long ranges first, and at the end
/// short ones, which even out unequal work and unequal cores.
constexpr int64_t sharesPerThread = 3;

} // namespace

ThreadPool::ThreadPool(int threads) {
  flushSubnormals();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stackBytes);
  // Signals are the main thread's business.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  for (int i = 1; i < threads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, threadMain, this) != 0)
      break; // fewer threads give the same numbers, only later
    workers.push_back(thread);
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  pthread_attr_destroy(&attributes);
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  signal.fetch_add(1);
  signal.notify_all();
  for (pthread_t thread : workers)
    pthread_join(thread, nullptr);
}

void *ThreadPool::threadMain(void *pool) {
  flushSubnormals();
  insideLoop = true; // a loop inside a kernel runs where it is
  static_cast<ThreadPool *>(pool)->work();
  return nullptr;
}

void ThreadPool::claimRanges() {
  const int64_t n = count, shares = int64_t(size()) * sharesPerThread;
  int64_t begin = next.load(std::memory_order_relaxed);
  while (begin < n) {
    int64_t end = begin + std::max<int64_t>(1, (n - begin) / shares);
    if (!next.compare_exchange_weak(begin, end, std::memory_order_relaxed))
      continue; // `begin` is what it is now
    kernel(args, begin, end);
    begin = next.load(std::memory_order_relaxed);
  }
}

void ThreadPool::work() {
  uint64_t seen = 0;
  int idle = 0;
  for (;;) {
    int ticket = signal.load();
    if (stopping.load())
      return;
    uint64_t now = state.load(std::memory_order_acquire);
    if ((now & openBit) && (now >> 17) != seen) {
      if (state.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) {
        claimRanges();
        seen = now >> 17;
        state.fetch_sub(1);
        if (callerSleeps.load()) {
          departures.fetch_add(1);
          departures.notify_one();
        }
        idle = 0;
      }
      continue;
    }
    if (++idle < spins) {
      relax();
      continue;
    }
    // `ticket` was read before `state`: a job published since then has changed
    // `signal`, and wait() returns at once.
    sleepers.fetch_add(1);
    signal.wait(ticket);
    sleepers.fetch_sub(1);
    idle = 0;
  }
}

void ThreadPool::parallelFor(agon_kernel loopKernel, void *const *loopArgs, int64_t n) {
  if (n <= 0)
    return;
  if (n == 1 || workers.empty() || insideLoop) {
    loopKernel(loopArgs, 0, n);
    return;
  }
  kernel = loopKernel;
  args = loopArgs;
  count = n;
  next.store(0, std::memory_order_relaxed);
  uint64_t generation = (state.load(std::memory_order_relaxed) >> 17) + 1;
  state.store(generation << 17 | openBit);
  signal.fetch_add(1);
  if (sleepers.load() > 0)
    signal.notify_all();

  insideLoop = true;
  claimRanges();
  insideLoop = false;

  state.fetch_and(~openBit, std::memory_order_acq_rel);
  waitForWorkers();
}

/// Waits until no worker is inside the job.
void ThreadPool::waitForWorkers() {
  auto someoneIsInside = [&] { return (state.load() & (openBit - 1)) != 0; };
  for (int waited = 0; waited < spins; ++waited) {
    if (!someoneIsInside())
      return;
    relax();
  }
  callerSleeps.store(true);
  // A worker that leaves after `ticket` was read changes it, since it sees that the caller sleeps.
  for (int ticket = departures.load(); someoneIsInside(); ticket = departures.load())
    departures.wait(ticket);
  callerSleeps.store(false);
}

namespace {
struct Call {
  void (*function)(void *);
  void *argument;
};
} // namespace

void agon::rt::runWithStack(size_t bytes, void (*function)(void *), void *argument) {
  Call call{function, argument};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, bytes);
  pthread_t thread;
  int error = pthread_create(
      &thread, &attributes,
      [](void *raw) -> void * {
        auto *call = static_cast<Call *>(raw);
        call->function(call->argument);
        return nullptr;
      },
      &call);
  pthread_attr_destroy(&attributes);
  if (error != 0)
    fail(ExitCode::Unavailable, "cannot start a thread, which needs {} MiB of memory for its stack", bytes >> 20);
  pthread_join(thread, nullptr);
}

int agon::rt::availableCores() {
  int cores = 1;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    cores = std::max(1, CPU_COUNT(&set));
  if (FILE *file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    double quota = 0, period = 0;
    if (std::fscanf(file, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0)
      cores = std::clamp(int(std::lround(quota / period)), 1, cores);
    std::fclose(file);
  }
  return cores;
}
