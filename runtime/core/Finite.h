//===- Finite.h - Whether numbers are finite --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_FINITE_H
#define AGON_RUNTIME_CORE_FINITE_H

#include "runtime/device/Device.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace agon::rt {

/// A number as people are shown it: a NaN has no sign, whatever its bits say.
inline double shownNumber(double value) { return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value; }

/// What is not finite among some numbers.
struct NotFinite {
  bool nan = false, infinite = false;
  explicit operator bool() const { return nan || infinite; }
};

/// Looks at every number; `dtype` is that of `data`. Integers are finite.
NotFinite findNotFinite(const std::byte *data, size_t bytes, uint32_t dtype);

/// Whether all are finite, at the speed of memory: what a run asks again and again. The device's threads help if they
/// are the host's.
bool allFinite(const std::byte *data, size_t bytes, uint32_t dtype, const Device &device);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_FINITE_H
