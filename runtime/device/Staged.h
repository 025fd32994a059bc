//===- Staged.h - A device's bytes where the host can reach them -*- C++ -*-===//
///
/// The host never follows an address of a device's memory: it asks for a view.
/// Where the memory is the host's own, the view is the memory itself and costs
/// nothing; elsewhere it is a copy.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_DEVICE_STAGED_H
#define AGON_RUNTIME_DEVICE_STAGED_H

#include "runtime/device/Device.h"

#include <exception>
#include <vector>

namespace agon::rt {

/// Bytes to read, as they are when the view is made.
class StagedRead {
public:
  StagedRead(const Device &device, const std::byte *place, size_t bytes) : at(place), count(bytes) {
    if (device.space != AGON_SPACE_HOST) [[unlikely]]
      stage(device);
  }
  StagedRead(StagedRead &&) = default;
  StagedRead &operator=(StagedRead &&) = default;

  const std::byte *data() const { return at; }
  size_t size() const { return count; }

private:
  void stage(const Device &device);

  const std::byte *at;
  size_t count;
  std::vector<std::byte> copy;
};

/// Bytes to write, which reach the device when the view ends.
class StagedWrite {
public:
  /// Kept: bytes that are not written stay as they are. Replaced: all are written.
  enum class Before { Kept, Replaced };
  StagedWrite(const Device &device, std::byte *place, size_t bytes, Before before)
      : device(device), place(place), at(place), count(bytes) {
    if (device.space != AGON_SPACE_HOST) [[unlikely]]
      stage(before);
  }
  /// \throws what the device's `upload` throws, unless something else has been thrown.
  ~StagedWrite() noexcept(false) {
    if (at != place) [[unlikely]]
      if (std::uncaught_exceptions() == 0)
        device.upload(device.self, place, at, count);
  }
  StagedWrite(const StagedWrite &) = delete;
  StagedWrite &operator=(const StagedWrite &) = delete;

  std::byte *data() const { return at; }
  size_t size() const { return count; }

private:
  void stage(Before before);

  const Device &device;
  std::byte *place, *at;
  size_t count;
  std::vector<std::byte> copy;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DEVICE_STAGED_H
