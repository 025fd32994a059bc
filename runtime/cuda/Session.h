//===- Session.h - A device's context, streams and memory -------*- C++ -*-===//
#ifndef AGON_RUNTIME_CUDA_SESSION_H
#define AGON_RUNTIME_CUDA_SESSION_H

#include "runtime/cuda/Driver.h"
#include "runtime/cuda/Gpu.h"

#include <memory>

namespace agon::rt::cuda {

/// The primary context of a device, current on the thread that opens it, with a stream for kernels and one for what is
/// copied beside them.
class Session {
public:
  /// \throws Failure (Unavailable).
  explicit Session(const Gpu &gpu);
  ~Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  const Gpu gpu;
  const Driver &driver;
  CuStream compute = nullptr, copies = nullptr;

  /// Addresses that records hold are good for as long as this number stays.
  uint64_t generation = 0;

private:
  CuDevice device = 0;
};

/// An event; one that is not timed costs less.
class Event {
public:
  Event(const Session &session, bool timed);
  ~Event();
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;

  /// Happens when all of the stream before it has happened.
  void record(CuStream stream);
  /// Waits on the host; at once if it was never recorded.
  void wait() const;
  /// Has the stream wait for it.
  void holdBack(CuStream stream) const;
  /// Since `before` happened, once both have.
  double milliseconds(const Event &before) const;

private:
  const Session &session;
  CuEvent event = nullptr;
  bool recorded = false;
};

/// Memory of the device that grows; what it held is lost then.
class DeviceMemory {
public:
  /// \param inRecords whether records hold its address.
  DeviceMemory(Session &session, bool inRecords) : session(session), inRecords(inRecords) {}
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// Makes it so large at least, once the streams are done with it; false if it is so already.
  bool grow(uint64_t bytes);
  CuPointer at(uint64_t offset = 0) const { return memory + offset; }

private:
  Session &session;
  bool inRecords;
  CuPointer memory = 0;
  uint64_t held = 0;
};

/// Pinned memory of the host, which copies of the device reach by themselves; it grows and keeps what it held.
class PinnedMemory {
public:
  explicit PinnedMemory(const Session &session) : session(session) {}
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory &) = delete;
  PinnedMemory &operator=(const PinnedMemory &) = delete;

  /// No copy of the device may be under way that uses it.
  void grow(uint64_t bytes);
  std::byte *at(uint64_t offset = 0) const { return memory + offset; }

private:
  const Session &session;
  std::byte *memory = nullptr;
  uint64_t held = 0;
};

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_SESSION_H
