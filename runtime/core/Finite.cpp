#include "runtime/core/Finite.h"

#include <algorithm>
#include <atomic>
#include <cmath>

using namespace agon::rt;

namespace {

/// A real type as the integer that holds its bits: a number is finite unless all bits of its exponent are set,
/// and then adding one to the exponent carries into the sign.
template <typename Real> struct Bits;
template <> struct Bits<float> {
  using Word = uint32_t;
  static constexpr Word magnitude = 0x7fffffffu, one = 0x00800000u;
};
template <> struct Bits<double> {
  using Word = uint64_t;
  static constexpr Word magnitude = 0x7fffffffffffffffu, one = 0x0010000000000000u;
};

/// Numbers that are tested between two branches: a loop of a known length, which becomes one of vectors.
constexpr size_t blockBytes = 4096;

template <typename Real> bool isFinite(const std::byte *data, size_t bytes) {
  using Word = typename Bits<Real>::Word;
  const auto *words = reinterpret_cast<const Word *>(data);
  size_t count = bytes / sizeof(Word), i = 0;
  constexpr size_t block = blockBytes / sizeof(Word);
  for (; i + block <= count; i += block) {
    Word carries = 0;
    for (size_t j = 0; j < block; ++j)
      carries |= (words[i + j] & Bits<Real>::magnitude) + Bits<Real>::one;
    if (carries & ~Bits<Real>::magnitude)
      return false;
  }
  Word carries = 0;
  for (; i < count; ++i)
    carries |= (words[i] & Bits<Real>::magnitude) + Bits<Real>::one;
  return !(carries & ~Bits<Real>::magnitude);
}

bool isFinite(const std::byte *data, size_t bytes, uint32_t dtype) {
  return dtype == AGON_F32 ? isFinite<float>(data, bytes) : dtype == AGON_F64 ? isFinite<double>(data, bytes) : true;
}

template <typename Real> NotFinite find(const std::byte *data, size_t bytes) {
  const auto *numbers = reinterpret_cast<const Real *>(data);
  NotFinite found;
  for (size_t i = 0; i < bytes / sizeof(Real); ++i) {
    found.nan |= std::isnan(numbers[i]);
    found.infinite |= std::isinf(numbers[i]);
  }
  return found;
}

/// What the threads share of one large tensor.
struct Scan {
  const std::byte *data;
  size_t bytes;
  uint32_t dtype;
  std::atomic<bool> finite{true};
};

/// A thread's part of a large tensor; less would not pay for waking it.
constexpr size_t partBytes = size_t(1) << 18;

void scanParts(void *const *args, int64_t begin, int64_t end) {
  auto &scan = *static_cast<Scan *>(args[0]);
  size_t first = size_t(begin) * partBytes, last = std::min(size_t(end) * partBytes, scan.bytes);
  if (!isFinite(scan.data + first, last - first, scan.dtype))
    scan.finite.store(false, std::memory_order_relaxed);
}

} // namespace

NotFinite agon::rt::findNotFinite(const std::byte *data, size_t bytes, uint32_t dtype) {
  return dtype == AGON_F32 ? find<float>(data, bytes) : dtype == AGON_F64 ? find<double>(data, bytes) : NotFinite();
}

bool agon::rt::allFinite(const std::byte *data, size_t bytes, uint32_t dtype, const Device &device) {
  if (bytes < 2 * partBytes || device.space != AGON_SPACE_HOST)
    return isFinite(data, bytes, dtype);
  Scan scan{data, bytes, dtype};
  void *args[] = {&scan};
  agon_launch launch{scanParts, int64_t((bytes + partBytes - 1) / partBytes), 1, AGON_SPACE_HOST, 0, 0, nullptr, 0};
  device.launch(device.self, &launch, args);
  return scan.finite;
}
