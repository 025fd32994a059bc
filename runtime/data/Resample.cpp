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
  std::vector<int64_t> weights; ///< multiples of 2^-weightBits
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
      taps.weights.push_back(std::llround(weight / sum * double(1 << weightBits)));
  }
  return all;
}

/// `rows` x `count` new pixels: along each row by `taps`. Old and new pixels of a row lie `step` bytes apart.
void resample(const uint8_t *from, int64_t fromRow, uint8_t *to, int64_t toRow, int64_t rows, int64_t step,
              int64_t channels, const std::vector<Taps> &taps) {
  for (int64_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < taps.size(); ++i)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t sum = int64_t(1) << (weightBits - 1);
        for (size_t k = 0; k < taps[i].weights.size(); ++k)
          sum += taps[i].weights[k] * from[row * fromRow + (taps[i].first + int64_t(k)) * step + c];
        to[row * toRow + int64_t(i) * step + c] = uint8_t(std::clamp<int64_t>(sum >> weightBits, 0, 255));
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
  std::vector<uint8_t> narrow(size_t(picture.height * newRow)), result(size_t(height * newRow));
  resample(picture.pixels.data(), oldRow, narrow.data(), newRow, picture.height, channels, channels, across);
  // Columns: every byte of a row is a row of its own.
  resample(narrow.data(), 1, result.data(), 1, newRow, newRow, 1, down);
  picture.height = height;
  picture.width = width;
  picture.pixels = std::move(result);
}
