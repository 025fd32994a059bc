//===- Resample.cpp - Pictures of another size ----------------------------===//
//
// Rows, then columns; each new pixel is a weighted mean of the old ones under the filter, whose
// width grows with the step where a picture shrinks. Weights are whole multiples of 2^-22 and
// each pass rounds to bytes, as Pillow up to 12.3 has it, so that sets scaled by either are one. Pairs
// of taps are multiplied and added at once (SSE2, which every x86-64 has), exactly.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <emmintrin.h>

using namespace agon::rt;

namespace {

constexpr int weightBits = 22;

/// Two weights in 16-bit halves, w = high * 2^12 + low exactly, side by side in every lane.
class PairedWeights {
public:
  PairedWeights(int32_t first, int32_t second)
      : high(pair(first >> lowBits, second >> lowBits)), low(pair(first & mask, second & mask)) {}

  /// Adds first * a + second * b to sums, lane by lane. \param values a, b, a, b, ... of 16 bits.
  void addTo(__m128i &highSums, __m128i &lowSums, __m128i values) const {
    highSums = _mm_add_epi32(highSums, _mm_madd_epi16(values, high));
    lowSums = _mm_add_epi32(lowSums, _mm_madd_epi16(values, low));
  }
  static __m128i sumOf(__m128i highSums, __m128i lowSums) {
    return _mm_add_epi32(_mm_slli_epi32(highSums, lowBits), lowSums);
  }

private:
  static constexpr int lowBits = 12;
  static constexpr int32_t mask = (1 << lowBits) - 1;
  static __m128i pair(int32_t first, int32_t second) {
    return _mm_set1_epi32(int32_t(uint32_t(first & 0xffff) | uint32_t(second) << 16));
  }
  __m128i high, low;
};

/// A new pixel of a row: the old ones that it is a mean of.
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights;     ///< multiples of 2^-weightBits; their products with bytes add up in 32 bits
  std::vector<PairedWeights> pairs; ///< the same two by two; of an odd number the last one with nothing
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
    taps.first = std::max<int64_t>(int64_t(std::floor(centre - reach + 0.5)), 0);
    int64_t end = std::min(int64_t(std::floor(centre + reach + 0.5)), size);
    std::vector<double> weights;
    for (int64_t x = taps.first; x < end; ++x) {
      weights.push_back(cubic((double(x) - centre + 0.5) / width));
      sum += weights.back();
    }
    for (double weight : weights)
      taps.weights.push_back(int32_t(std::llround(weight / sum * double(1 << weightBits))));
    for (size_t k = 0; k < taps.weights.size(); k += 2)
      taps.pairs.emplace_back(taps.weights[k], k + 1 < taps.weights.size() ? taps.weights[k + 1] : 0);
  }
  return all;
}

uint8_t rounded(int32_t sum) { return uint8_t(std::clamp(sum >> weightBits, 0, 255)); }

constexpr int32_t half = 1 << (weightBits - 1);

/// What is left of a row when its taps were taken two at a time, as far as four bytes of a pixel may be read.
template <int channels> struct RowSums {
  int32_t sums[4] = {half, half, half, half};
  size_t taken = 0;
  void takePairs(const uint8_t *, const uint8_t *, const Taps &) {}
};

template <> inline void RowSums<3>::takePairs(const uint8_t *pixel, const uint8_t *end, const Taps &taps) {
  const __m128i zero = _mm_setzero_si128();
  __m128i high = zero, low = zero;
  size_t readable = end - pixel < 7 ? 0 : size_t(end - pixel - 1) / 6;
  size_t pairs = std::min(taps.weights.size() / 2, readable);
  for (size_t k = 0; k < pairs; ++k, pixel += 6) {
    int32_t a, b;
    std::memcpy(&a, pixel, 4);
    std::memcpy(&b, pixel + 3, 4);
    __m128i bytes = _mm_unpacklo_epi8(_mm_cvtsi32_si128(a), _mm_cvtsi32_si128(b));
    taps.pairs[k].addTo(high, low, _mm_unpacklo_epi8(bytes, zero));
  }
  taken = 2 * pairs;
  __m128i sum = _mm_add_epi32(_mm_set1_epi32(half), PairedWeights::sumOf(high, low));
  _mm_storeu_si128(reinterpret_cast<__m128i *>(sums), sum);
}

/// New pixels of a row that ends at `end`.
template <int channels>
void resampleRow(const uint8_t *from, const uint8_t *end, uint8_t *to, const std::vector<Taps> &taps) {
  for (const Taps &of : taps) {
    const uint8_t *pixel = from + of.first * channels;
    RowSums<channels> row;
    row.takePairs(pixel, end, of);
    pixel += row.taken * channels;
    for (size_t k = row.taken; k < of.weights.size(); ++k)
      for (int c = 0; c < channels; ++c)
        row.sums[c] += of.weights[k] * *pixel++;
    for (int c = 0; c < channels; ++c)
      *to++ = rounded(row.sums[c]);
  }
}

/// Adds two old rows, or one where both are the same and the second weight is 0, to the sums of a new one.
/// \returns how many of the `length` sums have got theirs.
int64_t addRows(const uint8_t *first, const uint8_t *second, int64_t length, const PairedWeights &weights,
                int32_t *sums) {
  const __m128i zero = _mm_setzero_si128();
  int64_t i = 0;
  for (; i + 8 <= length; i += 8) {
    __m128i bytes = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(first + i)),
                                      _mm_loadl_epi64(reinterpret_cast<const __m128i *>(second + i)));
    for (int part : {0, 4}) {
      __m128i high = zero, low = zero;
      weights.addTo(high, low, part ? _mm_unpackhi_epi8(bytes, zero) : _mm_unpacklo_epi8(bytes, zero));
      auto *place = reinterpret_cast<__m128i *>(sums + i + part);
      _mm_storeu_si128(place, _mm_add_epi32(_mm_loadu_si128(place), PairedWeights::sumOf(high, low)));
    }
  }
  return i;
}

/// New rows, each a mean of old ones of `length` bytes that follow each other.
void resampleColumns(const uint8_t *from, uint8_t *to, int64_t length, const std::vector<Taps> &taps) {
  std::vector<int32_t> sums(static_cast<size_t>(length));
  for (const Taps &of : taps) {
    std::fill(sums.begin(), sums.end(), half);
    const uint8_t *row = from + of.first * length;
    for (size_t k = 0; k < of.weights.size(); k += 2, row += 2 * length) {
      bool alone = k + 1 == of.weights.size();
      const uint8_t *second = alone ? row : row + length;
      for (int64_t i = addRows(row, second, length, of.pairs[k / 2], sums.data()); i < length; ++i)
        sums[size_t(i)] += of.weights[k] * row[i] + (alone ? 0 : of.weights[k + 1] * second[i]);
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
                                                      picture.pixels.data() + (y + 1) * oldRow,
                                                      narrow.data() + (y - firstRow) * newRow, across);
  resampleColumns(narrow.data(), result.data(), newRow, down);
  picture.height = height;
  picture.width = width;
  picture.pixels = std::move(result);
}
