//===- Worker.h - A thread that models are played on ------------*- C++ -*-===//
#ifndef AGON_RUNTIME_EMBED_WORKER_H
#define AGON_RUNTIME_EMBED_WORKER_H

#include <condition_variable>
#include <functional>
#include <mutex>
#include <pthread.h>

namespace agon::rt {

/// A thread with the stack that kernels need (AGON_STACK_BYTES), for a library whose callers have threads of any kind:
/// theirs keep their floating-point state, their signals and their stacks.
class Worker {
public:
  /// \throws Failure (Unavailable) when there is no thread to be had.
  Worker();
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /// Calls `body` on the thread and waits for it; callers take turns. What it throws is thrown here.
  void call(const std::function<void()> &body);

private:
  static void *threadMain(void *self);
  /// Calls what is posted, until there is no more to come.
  void work();

  std::mutex callers, mutex;
  std::condition_variable changed;
  const std::function<void()> *posted = nullptr;
  std::exception_ptr thrown;
  bool stopping = false;
  pthread_t thread;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_EMBED_WORKER_H
