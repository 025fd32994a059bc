//===- Arena.h - A model's one block of memory ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CPU_ARENA_H
#define AGON_RUNTIME_CPU_ARENA_H

#include <cstddef>
#include <cstdint>

namespace agon::rt {

/// Zero-filled memory aligned to 2 MiB, on huge pages where the system has
/// them to give: a step touches the whole arena, and with 4 KiB pages the
/// address translation of large matrices costs more than their arithmetic.
class Arena {
public:
  /// \throws Failure (Unavailable) when the memory cannot be had.
  explicit Arena(uint64_t bytes);
  ~Arena();
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  std::byte *data() const { return base; }
  uint64_t size() const { return bytes; }

private:
  std::byte *base = nullptr;
  uint64_t bytes = 0;
  void *mapping = nullptr;
  uint64_t mappingBytes = 0;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CPU_ARENA_H
