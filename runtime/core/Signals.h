//===- Signals.h - Stopping a run politely ----------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_SIGNALS_H
#define AGON_RUNTIME_CORE_SIGNALS_H

#include <signal.h>

namespace agon::rt {

/// While one exists, the first SIGINT or SIGTERM only sets a flag; the second
/// acts as it would have without us.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;

  /// Whether a signal came since construction.
  static bool requested();

private:
  struct sigaction oldInterrupt, oldTerminate;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_SIGNALS_H
