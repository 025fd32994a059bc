//===- Resample.cpp - Pictures of another size ----------------------------===//
//
// Rows, then columns; each new pixel is a weighted mean of the old ones under the filter, whose
// width grows with the step where a picture shrinks. Weights are whole multiples of 2^-22 and
// each pass rounds to bytes, as Pillow up to 12.3 has it, so that sets scaled by either are one.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Picture.h"

#include <algorithm>
#include <cmath>

using namespace agon::rt;

namespace {

constexpr int weightBits = 22;

/// A new pixel of a row: the old ones that it is a mean of.
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights; ///< multiples of 2^-weightBits; their products with bytes add up in 32 bits
};

/// Keys' cubic convolution with a = -1/2.
double cubic(double x) {
  x = std::abs(x);
  if (x < 1)
    return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/// The taps of `count` new pixels of the part of `size` old ones that begins at `begin` and has `length`.
std::vector<Taps> tapsOf(int64_t size, double begin, double length, int64_t count) {
  double step = length / double(count), width = std::max(step, 1.0), reach = 2 * width;
  std::vector<Taps> all(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Taps &taps = all[size_t(i)];
    double centre = begin + (double(i) + 0.5) * step, sum = 0;
    taps.first = std::max<int64_t>(int64_t(centre - reach + 0.5), 0);
    int64_t end = std::min(int64_t(centre + reach + 0.5), size);
    std::vector<double> weights;
    for (int64_t x = taps.first; x < end; ++x) {
      weights.push_back(cubic((double(x) - centre + 0.5) / width));
      sum += weights.back();
    }
    for (double weight : weights)
      taps.weights.push_back(int32_t(std::llround(weight / sum * double(1 << weightBits))));
  }
  return all;
}

uint8_t rounded(int32_t sum) { return uint8_t(std::clamp(sum >> weightBits, 0, 255)); }

constexpr int32_t half = 1 << (weightBits - 1);

/// New pixels of a row.
template <int channels> void resampleRow(const uint8_t *from, uint8_t *to, const std::vector<Taps> &taps) {
  for (const Taps &of : taps) {
    int32_t sums[channels];
    std::fill_n(sums, channels, half);
    const uint8_t *pixel = from + of.first * channels;
    for (int32_t weight : of.weights)
      for (int c = 0; c < channels; ++c)
        sums[c] += weight * *pixel++;
    for (int32_t sum : sums)
      *to++ = rounded(sum);
  }
}

/// New rows, each a mean of old ones of `length` bytes that follow each other.
void resampleColumns(const uint8_t *from, uint8_t *to, int64_t length, const std::vector<Taps> &taps) {
  std::vector<int32_t> sums(static_cast<size_t>(length));
  for (const Taps &of : taps) {
    std::fill(sums.begin(), sums.end(), half);
    const uint8_t *row = from + of.first * length;
    for (int32_t weight : of.weights) {
      for (int64_t i = 0; i < length; ++i)
        sums[size_t(i)] += weight * row[i];
      row += length;
    }
    to = std::transform(sums.begin(), sums.end(), to, rounded);
  }
}

} // namespace

void agon::rt::fit(Picture &picture, int64_t height, int64_t width) {
  double form = double(width) / double(height), old = double(picture.width) / double(picture.height);
  double partWidth = double(picture.width), partHeight = double(picture.height);
  if (old > form)
    partWidth = form * partHeight;
  else if (old < form)
    partHeight = partWidth / form;
  auto across = tapsOf(picture.width, (double(picture.width) - partWidth) * 0.5, partWidth, width);
  auto down = tapsOf(picture.height, (double(picture.height) - partHeight) * 0.5, partHeight, height);
  int64_t channels = picture.channels, oldRow = picture.width * channels, newRow = width * channels;
  // Rows that no new one is made of are left out.
  int64_t firstRow = down.front().first, endRow = down.back().first + int64_t(down.back().weights.size());
  for (Taps &of : down)
    of.first -= firstRow;
  std::vector<uint8_t> narrow(size_t((endRow - firstRow) * newRow)), result(size_t(height * newRow));
  for (int64_t y = firstRow; y < endRow; ++y)
    (channels == 1 ? resampleRow<1> : resampleRow<3>)(picture.pixels.data() + y * oldRow,
                                                      narrow.data() + (y - firstRow) * newRow, across);
  resampleColumns(narrow.data(), result.data(), newRow, down);
  picture.height = height;
  picture.width = width;
  picture.pixels = std::move(result);
}
