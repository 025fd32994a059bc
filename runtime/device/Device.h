//===- Device.h - Where a model's memory lies -------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DEVICE_DEVICE_H
#define AGON_RUNTIME_DEVICE_DEVICE_H

#include "runtime/abi/agon_abi.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace agon::rt {

/// Real numbers that lie side by side in a device's memory, and whether any of them is not finite.
struct Piece {
  const std::byte *numbers;
  uint64_t count;
  bool wrong = false;
};

/// A device, as a table of functions that are all given `self`. What is asked of it happens in the order of the calls;
/// `download`, `fetched` and `wait` return when it has happened, the others may return before. All but `launch`, `copy`
/// and `release` may throw a Failure, also for what came before.
struct Device {
  const char *name; ///< "cpu", "cuda:0 (NVIDIA H100)"
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

  /// From the host's memory, which may change when it returns, a byte for each element at `to`: `how`, an
  /// agon_field::expand, makes it the one of the numbers on the device that the byte counts. Null where the host does.
  void (*expand)(void *self, const agon_launch &how, std::byte *to, const std::byte *from, uint64_t elements,
                 const std::byte *numbers) = nullptr;

  /// Sets `wrong` of each piece of the device's memory, numbers of the model's `real`, that are not all finite. Null
  /// where the host looks at them.
  void (*judge)(void *self, std::span<Piece> pieces) = nullptr;

  /// \name Calls that come again and again
  /// A device on which it costs much to be asked may record calls and then play the record; null where it does not.
  /// @{
  /// From here to `end` there are uploads, copies, expansions, launches and fetches alone. They happen when `end` is
  /// called, as they were asked for, those of an earlier `list` of the same number or others.
  void (*begin)(void *self, uint64_t list) = nullptr;
  /// Brings bytes to the host, as they are at `end`; those of up to `fetchDepth` lists may be on their way.
  void (*fetch)(void *self, const std::byte *from, uint64_t bytes) = nullptr;
  /// \param happens whether the calls since `begin` are to happen at all.
  void (*end)(void *self, bool happens) = nullptr;
  /// What the earliest list has fetched that was not asked for yet, one piece after the other; valid until the next
  /// `begin`.
  const std::byte *(*fetched)(void *self) = nullptr;
  /// @}
};

/// How many lists may have bytes that were fetched and not asked for.
constexpr int fetchDepth = 2;

} // namespace agon::rt

#endif // AGON_RUNTIME_DEVICE_DEVICE_H
