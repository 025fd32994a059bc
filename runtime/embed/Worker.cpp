#include "runtime/embed/Worker.h"

#include "runtime/abi/agon_abi.h"
#include "runtime/core/Failure.h"

#include <signal.h>
#include <utility>

using namespace agon::rt;

Worker::Worker() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size_t(4) * AGON_STACK_BYTES);
  // Signals are the program's business.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int error = pthread_create(&thread, &attributes, threadMain, this);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0)
    fail(ExitCode::Unavailable, "cannot start a thread");
}

Worker::~Worker() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  pthread_join(thread, nullptr);
}

void *Worker::threadMain(void *self) {
  static_cast<Worker *>(self)->work();
  return nullptr;
}

void Worker::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [&] { return posted || stopping; });
    if (!posted)
      return;
    try {
      (*posted)();
    } catch (...) {
      thrown = std::current_exception();
    }
    posted = nullptr;
    changed.notify_all();
  }
}

void Worker::call(const std::function<void()> &body) {
  std::lock_guard turn(callers);
  std::unique_lock lock(mutex);
  posted = &body;
  changed.notify_all();
  changed.wait(lock, [&] { return !posted; });
  if (std::exception_ptr error = std::exchange(thrown, nullptr))
    std::rethrow_exception(error);
}
