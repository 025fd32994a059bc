//===- ResampleAvx2.cpp - Scaling by 8 and 16 numbers at once -------------===//
//
// Products of bytes and of weights in halves are added two by two, exactly; so the bytes are those of sse2Passes.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Resample.h"

#include <cstring>
#include <immintrin.h>

using namespace agon::rt;

#define AGON_AVX2 __attribute__((target("avx2")))

namespace {

/// Eight sums, rounded to bytes, the first four in the lowest four.
AGON_AVX2 inline __m128i bytesOf(__m128i first, __m128i second) {
  const __m128i half = _mm_set1_epi32(Axis::half);
  first = _mm_srai_epi32(_mm_add_epi32(first, half), Axis::weightBits);
  second = _mm_srai_epi32(_mm_add_epi32(second, half), Axis::weightBits);
  __m128i words = _mm_packs_epi32(first, second);
  return _mm_packus_epi16(words, words);
}

AGON_AVX2 inline __m128i wholeOf(__m128i high, __m128i low) {
  return _mm_add_epi32(_mm_slli_epi32(high, Axis::lowBits), low);
}

AGON_AVX2 inline __m256i wholeOf(__m256i high, __m256i low) {
  return _mm256_add_epi32(_mm256_slli_epi32(high, Axis::lowBits), low);
}

/// Four halves of weights, in every quarter.
AGON_AVX2 inline __m256i fourOf(const int16_t *weights) {
  int64_t bits;
  std::memcpy(&bits, weights, sizeof(bits));
  return _mm256_set1_epi64x(bits);
}

/// The products of four pixels' channels with their weights, added two by two, and to `sums`.
AGON_AVX2 inline void addFour(const uint8_t *pixels, __m256i high, __m256i low, __m256i &highs, __m256i &lows) {
  // Red, green; blue, nothing: each of four pixels, as 16 bits.
  const __m256i order = _mm256_setr_epi8(0, -1, 3, -1, 6, -1, 9, -1, 1, -1, 4, -1, 7, -1, 10, -1, //
                                         2, -1, 5, -1, 8, -1, 11, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(pixels));
  __m256i values = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order);
  highs = _mm256_add_epi32(highs, _mm256_madd_epi16(values, high));
  lows = _mm256_add_epi32(lows, _mm256_madd_epi16(values, low));
}

AGON_AVX2 inline void storeThree(uint8_t *to, __m128i bytes) {
  auto two = uint16_t(_mm_cvtsi128_si32(bytes));
  std::memcpy(to, &two, sizeof(two));
  to[2] = uint8_t(_mm_extract_epi8(bytes, 2));
}

AGON_AVX2 void colourRows(const uint8_t *row, const uint8_t *next, const uint8_t *end, uint8_t *to, uint8_t *toNext,
                          const Axis &across) {
  // As many of each, so that branches are foreseen.
  const int64_t groups = (across.most + 3) / 4;
  int64_t of = 0;
  for (const Axis::Taps &taps : across.taps) {
    const uint8_t *pixel = row + taps.first * 3, *below = next + taps.first * 3;
    const int16_t *high = across.high.data() + of, *low = across.low.data() + of;
    if (end - below < groups * 12 + 4) { // what is read would not lie in the picture
      weightedMean<3>(pixel, taps.count, across.weights.data() + of, to);
      weightedMean<3>(below, taps.count, across.weights.data() + of, toNext);
    } else {
      const __m256i zero = _mm256_setzero_si256();
      __m256i highs = zero, lows = zero, highsBelow = zero, lowsBelow = zero;
      for (int64_t k = 0; k < 4 * groups; k += 4) {
        __m256i highOf = fourOf(high + k), lowOf = fourOf(low + k);
        addFour(pixel + 3 * k, highOf, lowOf, highs, lows);
        addFour(below + 3 * k, highOf, lowOf, highsBelow, lowsBelow);
      }
      // Red and green of either row; blue, nothing.
      __m256i sums = _mm256_hadd_epi32(wholeOf(highs, lows), wholeOf(highsBelow, lowsBelow));
      __m128i redGreen = _mm256_castsi256_si128(sums), blue = _mm256_extracti128_si256(sums, 1);
      __m128i bytes = bytesOf(_mm_unpacklo_epi64(redGreen, blue), _mm_unpackhi_epi64(redGreen, blue));
      storeThree(to, bytes);
      storeThree(toNext, _mm_srli_si128(bytes, 4));
    }
    to += 3;
    toNext += 3;
    of += across.stride;
  }
}

/// Eight pixels at once.
AGON_AVX2 void greyRow(const uint8_t *row, const uint8_t *end, uint8_t *to, const Axis &across) {
  const int64_t read = (across.most + 7) / 8 * 8;
  int64_t of = 0;
  for (const Axis::Taps &taps : across.taps) {
    const uint8_t *pixel = row + taps.first;
    if (end - pixel < read) {
      weightedMean<1>(pixel, taps.count, across.weights.data() + of, to++);
    } else {
      __m128i highs = _mm_setzero_si128(), lows = highs;
      for (int64_t k = 0; k < read; k += 8) {
        __m128i values = _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(pixel + k)));
        __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i *>(across.high.data() + of + k));
        __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i *>(across.low.data() + of + k));
        highs = _mm_add_epi32(highs, _mm_madd_epi16(values, high));
        lows = _mm_add_epi32(lows, _mm_madd_epi16(values, low));
      }
      __m128i sums = wholeOf(highs, lows);
      sums = _mm_hadd_epi32(sums, sums);
      sums = _mm_hadd_epi32(sums, sums);
      *to++ = uint8_t(_mm_cvtsi128_si32(bytesOf(sums, sums)));
    }
    of += across.stride;
  }
}

AGON_AVX2 void greyRows(const uint8_t *row, const uint8_t *next, const uint8_t *end, uint8_t *to, uint8_t *toNext,
                        const Axis &across) {
  greyRow(row, end, to, across);
  greyRow(next, end, toNext, across);
}

/// Two halves of weights, in every lane.
AGON_AVX2 inline __m256i twoOf(const int16_t *weights) {
  int32_t bits;
  std::memcpy(&bits, weights, sizeof(bits));
  return _mm256_set1_epi32(bits);
}

/// Sixteen bytes of a new row. \param from those of the first old row.
AGON_AVX2 void sixteen(const uint8_t *from, int64_t length, int64_t count, const int16_t *high, const int16_t *low,
                       uint8_t *to) {
  __m256i highs[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()}, lows[2] = {highs[0], highs[0]};
  for (int64_t k = 0; k < count; k += 2, from += 2 * length) {
    // Beside the last of an odd number itself, whose second weight is 0.
    const uint8_t *next = k + 1 < count ? from + length : from;
    __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
    __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i *>(next));
    __m256i values[2] = {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)), _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b))};
    for (int part = 0; part < 2; ++part) {
      highs[part] = _mm256_add_epi32(highs[part], _mm256_madd_epi16(values[part], twoOf(high + k)));
      lows[part] = _mm256_add_epi32(lows[part], _mm256_madd_epi16(values[part], twoOf(low + k)));
    }
  }
  __m256i sums[2];
  for (int part = 0; part < 2; ++part)
    sums[part] = _mm256_srai_epi32(_mm256_add_epi32(wholeOf(highs[part], lows[part]), _mm256_set1_epi32(Axis::half)),
                                   Axis::weightBits);
  // Packing goes by halves of 128 bits.
  __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(sums[0], sums[1]), 0b11011000);
  __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i *>(to), bytes);
}

void columns(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down) {
  columnsBySixteen(from, to, length, down, sixteen);
}

} // namespace

const Passes agon::rt::avx2Passes = {greyRows, colourRows, columns};
