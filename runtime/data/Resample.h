//===- Resample.h - The passes that scale a picture -------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_RESAMPLE_H
#define AGON_RUNTIME_DATA_RESAMPLE_H

#include "runtime/data/Picture.h"

namespace agon::rt {

/// One axis of a picture that is scaled: the old pixels that each new one is a weighted mean of.
struct Axis {
  /// The axis of `count` new pixels, made of that part of `size` old ones which begins at `begin` and has `length`.
  Axis(int64_t size, double begin, double length, int64_t count);

  struct Taps {
    int64_t first, count;
  };
  std::vector<Taps> taps;         ///< of each new pixel
  int64_t stride;                 ///< weights of each, a multiple of 8; those beyond its count are 0
  std::vector<int32_t> weights;   ///< multiples of 2^-weightBits; their products with bytes add up in 32 bits
  std::vector<int16_t> high, low; ///< the same in halves, weight = high * 2^lowBits + low

  static constexpr int weightBits = 22, lowBits = 12;
  static constexpr int32_t half = 1 << (weightBits - 1);
};

/// A way to compute; all give the same bytes.
struct Passes {
  /// New pixels of a row, which lies in bytes that end at `end`.
  using Row = void (*)(const uint8_t *row, const uint8_t *end, uint8_t *to, const Axis &across);
  Row grey, colour;
  /// New rows, each a mean of old ones of `length` bytes that follow each other.
  void (*columns)(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down);
};

extern const Passes plainPasses; ///< for every processor
extern const Passes avx2Passes;  ///< for those with AVX2

/// A new pixel's channel.
uint8_t weightedMean(const uint8_t *first, int64_t step, const Axis::Taps &taps, const int32_t *weights);

/// `fit` by one of the ways.
void fit(Picture &picture, int64_t height, int64_t width, const Passes &passes);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_RESAMPLE_H
