//===- Signals.h - Stopping a run politely ----------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_SIGNALS_H
#define AGON_RUNTIME_CORE_SIGNALS_H

#include <signal.h>

namespace agon::rt {

/// While one exists, SIGINT, SIGTERM, SIGHUP and SIGXCPU ask the run to stop
/// after its iteration. One stop often comes as several signals, to a process
/// and to its group: a second one counts from 0.3 s after the first on, and then
/// kills as it would have without us. SIGXCPU, which the system repeats every
/// second, never kills. SIGHUP stays ignored where nohup has ignored it, and
/// writing to a closed pipe is an error instead of a signal. After a stop this stays so until the process ends.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;

  /// Until now a signal has interrupted what waits, such as for the writer of a pipe. From now on
  /// system calls go on after one: no file that is written suffers.
  void letCallsGoOn();

  /// Whether a signal came since construction.
  static bool requested();

private:
  static constexpr int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGPIPE};
  struct sigaction old[sizeof(numbers) / sizeof(numbers[0])];
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_SIGNALS_H
