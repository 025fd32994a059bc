//===- Resample.cpp - Pictures of another size ----------------------------===//
//
// Rows, then columns; each new pixel is a weighted mean of the old ones under the filter, whose
// width grows with the step where a picture shrinks. Weights are whole multiples of 2^-22 and
// each pass rounds to bytes, as Pillow up to 12.3 has it, so that sets scaled by either are one.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Resample.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;

/// Keys' cubic convolution with a = -1/2.
static double cubic(double x) {
  x = std::abs(x);
  double near = (1.5 * x - 2.5) * x * x + 1, far = ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return x < 1 ? near : x < 2 ? far : 0;
}

Axis::Axis(int64_t size, double begin, double length, int64_t count) {
  double step = length / double(count), width = std::max(step, 1.0), reach = 2 * width;
  // As many as lie under the filter, rounded at both ends.
  stride = (int64_t(std::ceil(2 * reach)) + 1 + 7) / 8 * 8;
  taps.resize(size_t(count));
  weights.resize(size_t(count * stride));
  high.resize(weights.size());
  low.resize(weights.size());
  std::vector<double> values(static_cast<size_t>(stride));
  for (int64_t i = 0; i < count; ++i) {
    double centre = begin + (double(i) + 0.5) * step, sum = 0;
    int64_t first = std::max<int64_t>(int64_t(std::floor(centre - reach + 0.5)), 0);
    int64_t end = std::min(int64_t(std::floor(centre + reach + 0.5)), size), of = i * stride;
    taps[size_t(i)] = {first, end - first};
    most = std::max(most, end - first);
    for (int64_t k = 0; k < end - first; ++k)
      values[size_t(k)] = cubic((double(first + k) - centre + 0.5) / width);
    for (int64_t k = 0; k < end - first; ++k)
      sum += values[size_t(k)];
    for (int64_t k = 0; k < end - first; ++k) {
      double weight = values[size_t(k)] / sum * double(1 << weightBits);
      auto rounded = int32_t(weight + std::copysign(0.5, weight));
      weights[size_t(of + k)] = rounded;
      high[size_t(of + k)] = int16_t(rounded >> lowBits);
      low[size_t(of + k)] = int16_t(rounded & ((1 << lowBits) - 1));
    }
  }
}

/// New rows of less than sixteen bytes.
static void narrowColumns(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down) {
  std::vector<int32_t> sums(static_cast<size_t>(length));
  const int32_t *weights = down.weights.data();
  for (const Axis::Taps &taps : down.taps) {
    std::fill(sums.begin(), sums.end(), Axis::half);
    const uint8_t *row = from + taps.first * length;
    for (int64_t k = 0; k < taps.count; ++k, row += length)
      for (int64_t i = 0; i < length; ++i)
        sums[size_t(i)] += weights[k] * row[i];
    weights += down.stride;
    to = std::transform(sums.begin(), sums.end(), to, Axis::rounded);
  }
}

void agon::rt::columnsBySixteen(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down, Sixteen sixteen) {
  if (length < 16)
    return narrowColumns(from, to, length, down);
  int64_t of = 0;
  for (const Axis::Taps &taps : down.taps) {
    const uint8_t *rows = from + taps.first * length;
    // The last sixteen may overlap those before.
    for (int64_t i = 0; i < length; i += 16) {
      int64_t at = i + 16 <= length ? i : length - 16;
      sixteen(rows + at, length, taps.count, down.high.data() + of, down.low.data() + of, to + at);
    }
    to += length;
    of += down.stride;
  }
}

void agon::rt::fit(Picture &picture, int64_t height, int64_t width, const Passes &passes) {
  double form = double(width) / double(height), old = double(picture.width) / double(picture.height);
  double partWidth = double(picture.width), partHeight = double(picture.height);
  if (old > form)
    partWidth = form * partHeight;
  else if (old < form)
    partHeight = partWidth / form;
  Axis across(picture.width, (double(picture.width) - partWidth) * 0.5, partWidth, width);
  Axis down(picture.height, (double(picture.height) - partHeight) * 0.5, partHeight, height);
  int64_t channels = picture.channels, oldRow = picture.width * channels, newRow = width * channels;
  // Rows that no new one is made of are left out.
  int64_t firstRow = down.taps.front().first, endRow = down.taps.back().first + down.taps.back().count;
  for (Axis::Taps &taps : down.taps)
    taps.first -= firstRow;
  Pixels narrow(size_t((endRow - firstRow) * newRow)), result(size_t(height * newRow));
  const uint8_t *end = picture.pixels.data() + picture.pixels.size();
  for (int64_t y = firstRow; y < endRow; y += 2) {
    int64_t next = std::min(y + 1, endRow - 1);
    uint8_t *to = narrow.data() + (y - firstRow) * newRow, *toNext = narrow.data() + (next - firstRow) * newRow;
    (channels == 1 ? passes.grey : passes.colour)(picture.pixels.data() + y * oldRow,
                                                  picture.pixels.data() + next * oldRow, end, to, toNext, across);
  }
  passes.columns(narrow.data(), result.data(), newRow, down);
  picture.height = height;
  picture.width = width;
  picture.pixels = std::move(result);
}

void agon::rt::fit(Picture &picture, int64_t height, int64_t width) {
  fit(picture, height, width, __builtin_cpu_supports("avx2") ? avx2Passes : sse2Passes);
}
