#include "runtime/data/Checks.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace agon::rt;

void agon::rt::checkLabels(const agon_field &field, const Array &array, const Slice &slice, Faults &faults) {
  for (int64_t r = 0; r < array.records(); ++r)
    for (int64_t e = 0; e < slice.elements; ++e) {
      double label = array.number(r, slice.first + e);
      if (label >= 0 && label < double(field.classes) && label == std::floor(label))
        continue;
      faults.add(fmt::format("{}: {} expects a label of 0..{}, got {}", array.place(r, slice.first + e), field.name,
                             field.classes - 1, shownNumber(label)));
      break;
    }
}

namespace {
/// The least and the largest of some elements, and whether all are finite.
template <typename T> struct Extremes {
  T low, high;
  bool finite;
};

template <typename T> Extremes<T> extremes(const std::byte *begin, int64_t count) {
  // Several at once: a chain of minima has the latency of one each.
  constexpr int lanes = 16;
  T low[lanes], high[lanes], nothing[lanes];
  for (int i = 0; i < lanes; ++i)
    low[i] = high[i] = elementAt<T>(begin, 0), nothing[i] = 0;
  int64_t e = 0;
  for (; e + lanes <= count; e += lanes)
    for (int i = 0; i < lanes; ++i) {
      T v = elementAt<T>(begin, e + i);
      low[i] = v < low[i] ? v : low[i];
      high[i] = v > high[i] ? v : high[i];
      nothing[i] += T(v - v); // NOLINT(misc-redundant-expression): NaN from then on if v is infinite or NaN
    }
  for (; e < count; ++e) {
    T v = elementAt<T>(begin, e);
    low[0] = v < low[0] ? v : low[0];
    high[0] = v > high[0] ? v : high[0];
    nothing[0] += T(v - v); // NOLINT(misc-redundant-expression)
  }
  Extremes<T> all{low[0], high[0], nothing[0] == 0};
  for (int i = 1; i < lanes; ++i) {
    all.low = low[i] < all.low ? low[i] : all.low;
    all.high = high[i] > all.high ? high[i] : all.high;
    all.finite &= nothing[i] == 0;
  }
  return all;
}

/// What a field takes, and how it says no: what is wrong with a number, or nothing.
struct Limits {
  Limits(const agon_field &field, uint32_t dtype) : field(field) {
    if (dtype == AGON_F32)
      most = std::nextafter(0x1.ffffffp127, 0.0); // what is less rounds to the greatest f32
    least = -most;
    if (!field.has_range)
      return;
    // Numbers that were computed may miss the end of the range by what was rounded.
    double slack = 1e-6 * (field.high - field.low);
    least = std::max(least, field.low - slack);
    most = std::min(most, field.high + slack);
  }

  std::string fault(double value) const {
    if (!std::isfinite(value))
      return fmt::format("{} holds {}", field.name, shownNumber(value));
    if (value >= least && value <= most)
      return {};
    if (field.has_range)
      return fmt::format("{} expects numbers in ({}, {}), got {}", field.name, field.low, field.high, value);
    return fmt::format("{} expects numbers that f32 can hold, at most {:.9g}, got {}", field.name, FLT_MAX, value);
  }

  const agon_field &field;
  double least, most = DBL_MAX;
};

/// Bytes are scaled to the field's range, so that black and white given as 0 and 1 are nearly the same.
std::string aboutBytes(const agon_field &field, const Array &array, const Slice &slice) {
  uint8_t largest = 0;
  for (int64_t r = 0; r < array.records() && largest < 2; ++r) {
    const std::byte *begin = array.record(r) + slice.first;
    for (int64_t e = 0; e < slice.elements; ++e)
      largest = std::max(largest, uint8_t(begin[e]));
  }
  if (largest != 1)
    return {};
  return fmt::format("{}: bytes 0..255 are scaled to ({}, {}), and the greatest here is 1, which becomes {:.6g} in {}; "
                     "numbers of another type, such as bool or f32, are taken as they are",
                     array.path, field.low, field.high, field.low + (field.high - field.low) / 255, field.name);
}

} // namespace

std::string agon::rt::checkReals(const agon_field &field, uint32_t dtype, const Array &array, const Slice &slice,
                                 Faults &faults) {
  if (array.element == Element::U8)
    return field.has_range ? aboutBytes(field, array, slice) : std::string();
  const Limits limits(field, dtype);
  dispatch(array.element, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t r = 0; r < array.records(); ++r) {
      const std::byte *begin = array.record(r) + size_t(slice.first) * sizeof(T);
      // A record in which all is well is looked at once and without branches: a start waits for this.
      auto [low, high, finite] = extremes<T>(begin, slice.elements);
      if (finite && double(low) >= limits.least && double(high) <= limits.most)
        continue;
      for (int64_t e = 0; e < slice.elements; ++e)
        if (std::string text = limits.fault(double(elementAt<T>(begin, e))); !text.empty()) {
          faults.add(fmt::format("{}: {}", array.place(r, slice.first + e), text));
          break;
        }
    }
  });
  return {};
}
