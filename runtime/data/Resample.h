//===- Resample.h - The passes that scale a picture -------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_RESAMPLE_H
#define AGON_RUNTIME_DATA_RESAMPLE_H

#include "runtime/data/Picture.h"

#include <algorithm>

namespace agon::rt {

/// One axis of a picture that is scaled: the old pixels that each new one is a weighted mean of.
struct Axis {
  /// The axis of `count` new pixels, made of that part of `size` old ones which begins at `begin` and has `length`.
  Axis(int64_t size, double begin, double length, int64_t count);

  struct Taps {
    int64_t first, count;
  };
  std::vector<Taps> taps;         ///< of each new pixel
  int64_t most = 0;               ///< taps that a pixel has
  int64_t stride;                 ///< weights of each, a multiple of 8; those beyond its count are 0
  std::vector<int32_t> weights;   ///< multiples of 2^-weightBits; their products with bytes add up in 32 bits
  std::vector<int16_t> high, low; ///< the same in halves, weight = high * 2^lowBits + low

  static constexpr int weightBits = 22, lowBits = 12;
  static constexpr int32_t half = 1 << (weightBits - 1);
  /// A sum that began with `half`.
  static uint8_t rounded(int32_t sum) { return uint8_t(std::clamp(sum >> weightBits, 0, 255)); }
};

/// A way to compute; all give the same bytes.
struct Passes {
  /// New pixels of two rows, of which the second may be the first again, in bytes that end at `end`.
  using Rows = void (*)(const uint8_t *row, const uint8_t *next, const uint8_t *end, uint8_t *to, uint8_t *toNext,
                        const Axis &across);
  Rows grey, colour;
  /// New rows, each a mean of old ones of `length` bytes that follow each other.
  void (*columns)(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down);
};

extern const Passes sse2Passes; ///< for every processor
extern const Passes avx2Passes; ///< for those with AVX2

/// A new pixel of old ones that follow each other.
template <int channels> void weightedMean(const uint8_t *old, int64_t count, const int32_t *weights, uint8_t *to) {
  int32_t sums[channels];
  std::fill_n(sums, channels, Axis::half);
  for (int64_t k = 0; k < count; ++k)
    for (int c = 0; c < channels; ++c)
      sums[c] += weights[k] * *old++;
  std::transform(sums, sums + channels, to, Axis::rounded);
}

/// New rows by a function that makes sixteen bytes of one: of `from` in the first of `count` old rows, by the weights'
/// halves.
using Sixteen = void (*)(const uint8_t *from, int64_t length, int64_t count, const int16_t *high, const int16_t *low,
                         uint8_t *to);
void columnsBySixteen(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down, Sixteen sixteen);

/// `fit` by one of the ways.
void fit(Picture &picture, int64_t height, int64_t width, const Passes &passes);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_RESAMPLE_H
