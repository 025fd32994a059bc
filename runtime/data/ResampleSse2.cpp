//===- ResampleSse2.cpp - Scaling by 4 and 8 numbers at once --------------===//
//
// Products of bytes and of weights in halves are added two by two, exactly: what every x86-64 processor can.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Resample.h"

#include <cstring>
#include <emmintrin.h>

using namespace agon::rt;

namespace {

/// Sums of products with either half of the weights.
struct Halves {
  __m128i high = _mm_setzero_si128(), low = _mm_setzero_si128();

  /// \param values of 16 bits.
  void add(__m128i values, __m128i highOf, __m128i lowOf) {
    high = _mm_add_epi32(high, _mm_madd_epi16(values, highOf));
    low = _mm_add_epi32(low, _mm_madd_epi16(values, lowOf));
  }
  __m128i whole() const { return _mm_add_epi32(_mm_slli_epi32(high, Axis::lowBits), low); }
};

/// Four sums as numbers of bytes.
__m128i rounded(__m128i sums) {
  return _mm_srai_epi32(_mm_add_epi32(sums, _mm_set1_epi32(Axis::half)), Axis::weightBits);
}

/// The lowest four bytes of four sums each.
__m128i bytesOf(__m128i a, __m128i b, __m128i c, __m128i d) {
  return _mm_packus_epi16(_mm_packs_epi32(rounded(a), rounded(b)), _mm_packs_epi32(rounded(c), rounded(d)));
}

/// Two halves of weights, in every lane.
__m128i twoOf(const int16_t *weights) {
  int32_t bits;
  std::memcpy(&bits, weights, sizeof(bits));
  return _mm_set1_epi32(bits);
}

/// Red, green, blue of two pixels that follow each other, channel by channel, as 16 bits.
__m128i twoPixels(const uint8_t *pixel) {
  int32_t first, second;
  std::memcpy(&first, pixel, sizeof(first));
  std::memcpy(&second, pixel + 3, sizeof(second));
  __m128i bytes = _mm_unpacklo_epi8(_mm_cvtsi32_si128(first), _mm_cvtsi32_si128(second));
  return _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
}

void storeThree(uint8_t *to, __m128i sums) {
  int32_t bytes = _mm_cvtsi128_si32(bytesOf(sums, sums, sums, sums));
  std::memcpy(to, &bytes, 3);
}

void colourRows(const uint8_t *row, const uint8_t *next, const uint8_t *end, uint8_t *to, uint8_t *toNext,
                const Axis &across) {
  // As many of each, so that branches are foreseen.
  const int64_t read = (across.most + 1) / 2 * 2;
  int64_t of = 0;
  for (const Axis::Taps &taps : across.taps) {
    const uint8_t *pixel = row + taps.first * 3, *below = next + taps.first * 3;
    const int16_t *high = across.high.data() + of, *low = across.low.data() + of;
    if (end - below < read * 3 + 1) { // what is read would not lie in the picture
      weightedMean<3>(pixel, taps.count, across.weights.data() + of, to);
      weightedMean<3>(below, taps.count, across.weights.data() + of, toNext);
    } else {
      Halves sums, sumsBelow;
      for (int64_t k = 0; k < read; k += 2) {
        __m128i highOf = twoOf(high + k), lowOf = twoOf(low + k);
        sums.add(twoPixels(pixel + 3 * k), highOf, lowOf);
        sumsBelow.add(twoPixels(below + 3 * k), highOf, lowOf);
      }
      storeThree(to, sums.whole());
      storeThree(toNext, sumsBelow.whole());
    }
    to += 3;
    toNext += 3;
    of += across.stride;
  }
}

/// Eight pixels at once.
void greyRow(const uint8_t *row, const uint8_t *end, uint8_t *to, const Axis &across) {
  const int64_t read = (across.most + 7) / 8 * 8;
  int64_t of = 0;
  for (const Axis::Taps &taps : across.taps) {
    const uint8_t *pixel = row + taps.first;
    if (end - pixel < read) {
      weightedMean<1>(pixel, taps.count, across.weights.data() + of, to++);
    } else {
      Halves halves;
      for (int64_t k = 0; k < read; k += 8)
        halves.add(
            _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(pixel + k)), _mm_setzero_si128()),
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(across.high.data() + of + k)),
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(across.low.data() + of + k)));
      __m128i sums = halves.whole();
      sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0b01001110));
      sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0b10110001));
      *to++ = uint8_t(_mm_cvtsi128_si32(bytesOf(sums, sums, sums, sums)));
    }
    of += across.stride;
  }
}

void greyRows(const uint8_t *row, const uint8_t *next, const uint8_t *end, uint8_t *to, uint8_t *toNext,
              const Axis &across) {
  greyRow(row, end, to, across);
  greyRow(next, end, toNext, across);
}

/// Sixteen bytes of a new row. \param from those of the first old row.
void sixteen(const uint8_t *from, int64_t length, int64_t count, const int16_t *high, const int16_t *low, uint8_t *to) {
  const __m128i zero = _mm_setzero_si128();
  Halves sums[4];
  for (int64_t k = 0; k < count; k += 2, from += 2 * length) {
    // Beside the last of an odd number itself, whose second weight is 0.
    const uint8_t *next = k + 1 < count ? from + length : from;
    __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
    __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i *>(next));
    __m128i first = _mm_unpacklo_epi8(a, b), second = _mm_unpackhi_epi8(a, b);
    __m128i highOf = twoOf(high + k), lowOf = twoOf(low + k);
    sums[0].add(_mm_unpacklo_epi8(first, zero), highOf, lowOf);
    sums[1].add(_mm_unpackhi_epi8(first, zero), highOf, lowOf);
    sums[2].add(_mm_unpacklo_epi8(second, zero), highOf, lowOf);
    sums[3].add(_mm_unpackhi_epi8(second, zero), highOf, lowOf);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i *>(to),
                   bytesOf(sums[0].whole(), sums[1].whole(), sums[2].whole(), sums[3].whole()));
}

void columns(const uint8_t *from, uint8_t *to, int64_t length, const Axis &down) {
  columnsBySixteen(from, to, length, down, sixteen);
}

} // namespace

const Passes agon::rt::sse2Passes = {greyRows, colourRows, columns};
