#include "runtime/core/Signals.h"

#include <atomic>
#include <cstdint>
#include <ctime>
#include <pthread.h>

using namespace agon::rt;

namespace {

constexpr int64_t grace = 300'000'000; // nanoseconds in which signals are one stop

/// When the first signal came; 0: none did.
std::atomic<int64_t> stopped{0};
static_assert(std::atomic<int64_t>::is_always_lock_free);

/// The thread that plays: of all threads it is the one whose waiting a signal interrupts.
pthread_t player;

/// The handler; it calls what is safe in one alone.
void stop(int number) {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  int64_t now = int64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec + 1, first = 0;
  if (stopped.compare_exchange_strong(first, now) && !pthread_equal(pthread_self(), player))
    pthread_kill(player, number);
  if (first == 0 || now - first < grace || number == SIGXCPU)
    return;
  // Pending until the handler returns, then the end.
  signal(number, SIG_DFL);
  raise(number);
}

} // namespace

StopSignals::StopSignals() {
  stopped = 0;
  player = pthread_self();
  struct sigaction action = {};
  for (int i = 0; int number : numbers) {
    sigaction(number, nullptr, &old[i]);
    action.sa_handler = number == SIGPIPE ? SIG_IGN : stop;
    if (number != SIGHUP || old[i].sa_handler != SIG_IGN)
      sigaction(number, &action, nullptr);
    ++i;
  }
}

StopSignals::~StopSignals() {
  // A run that was stopped is about to end: what is left of the stop must not kill it on the way.
  for (int i = 0; int number : numbers) {
    if (!requested() || number == SIGPIPE)
      sigaction(number, &old[i], nullptr);
    ++i;
  }
}

void StopSignals::letCallsGoOn() {
  for (int number : numbers) {
    struct sigaction action;
    sigaction(number, nullptr, &action);
    action.sa_flags |= SA_RESTART;
    sigaction(number, &action, nullptr);
  }
}

bool StopSignals::requested() { return stopped != 0; }
