#include "runtime/data/Parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

using namespace agon::rt;

void agon::rt::parallelFor(size_t count, int threads, const std::function<void(size_t)> &body) {
  // Numbers are claimed in order: when one fails, all lesser ones are claimed and come to their end.
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t failed = count;
  std::exception_ptr failure;
  auto work = [&] {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;)
      try {
        body(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        next = count;
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
      }
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min(count, size_t(std::max(threads, 1))); ++i)
    others.emplace_back(work);
  work();
  others.clear(); // which waits for them
  if (failure)
    std::rethrow_exception(failure);
}
