//===- Trace.h - A profile for the Chrome and Perfetto viewers --*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_TRACE_H
#define AGON_RUNTIME_IO_TRACE_H

#include "runtime/core/Profiler.h"

#include <string>

namespace agon::rt {

/// Writes the recorded calls in the trace event format: a JSON array of complete
/// events, times in microseconds from the first call. Track 0 is the thread that
/// plays: its functions, and nested in them their regions, with FLOPs, bytes, the
/// place in the model's file and the algorithm. Tracks 1, 2, ... are the other
/// threads, each with what it did of which region.
/// \throws Failure (InputOutput).
void writeTrace(const Profiler &profiler, const std::string &game, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_TRACE_H
