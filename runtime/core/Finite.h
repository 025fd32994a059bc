//===- Finite.h - Whether numbers are finite --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_FINITE_H
#define AGON_RUNTIME_CORE_FINITE_H

#include "runtime/core/ThreadPool.h"

#include <cstddef>
#include <cstdint>

namespace agon::rt {

/// What is not finite among some numbers.
struct NotFinite {
  bool nan = false, infinite = false;
  explicit operator bool() const { return nan || infinite; }
};

/// Looks at every number; `dtype` is that of `data`. Integers are finite.
NotFinite findNotFinite(const std::byte *data, size_t bytes, uint32_t dtype);

/// Whether all are finite, at the speed of memory: what a run asks again and again.
bool allFinite(const std::byte *data, size_t bytes, uint32_t dtype, ThreadPool &pool);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_FINITE_H
