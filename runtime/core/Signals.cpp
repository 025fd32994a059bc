#include "runtime/core/Signals.h"

#include <atomic>

using namespace agon::rt;

namespace {
std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);
} // namespace

StopSignals::StopSignals() {
  stop = false;
  struct sigaction action = {};
  action.sa_handler = [](int) { stop = true; };
  // SA_RESETHAND: a second signal kills, should an iteration never end.
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  sigaction(SIGINT, &action, &oldInterrupt);
  sigaction(SIGTERM, &action, &oldTerminate);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &oldInterrupt, nullptr);
  sigaction(SIGTERM, &oldTerminate, nullptr);
}

bool StopSignals::requested() { return stop; }
