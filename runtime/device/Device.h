//===- Device.h - Where a model's memory lies -------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DEVICE_DEVICE_H
#define AGON_RUNTIME_DEVICE_DEVICE_H

#include "runtime/abi/agon_abi.h"

#include <cstddef>
#include <cstdint>

namespace agon::rt {

/// A device, as a table of functions that are all given `self`. What is asked of it happens in the order of the calls;
/// `download` and `wait` return when it has happened, the others may return before.
struct Device {
  const char *name;
  agon_space space; ///< of its memory
  int threads;      ///< of the host that share a launch
  void *self;

  /// Whether it has what code for it may need, named as in agon_model.
  bool (*supports)(void *self, const char *feature);
  /// Zero-filled memory, aligned to 64 bytes at least. \throws Failure (Unavailable).
  std::byte *(*allocate)(void *self, uint64_t bytes);
  void (*release)(void *self, std::byte *memory);
  /// From the host's memory, which may change when it returns, to the device's.
  void (*upload)(void *self, std::byte *to, const std::byte *from, uint64_t bytes);
  /// From the device's memory to the host's.
  void (*download)(void *self, std::byte *to, const std::byte *from, uint64_t bytes);
  /// Within its memory, and kernels: what compiled functions are given in their frame.
  agon_copy_fn copy;
  agon_launch_fn launch;
  /// Marks the moment at which all before it has happened.
  int64_t (*mark)(void *self);
  /// When a mark was, in nanoseconds of a steady clock; after a `wait` for it.
  int64_t (*timeOf)(void *self, int64_t mark);
  void (*wait)(void *self);
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DEVICE_DEVICE_H
