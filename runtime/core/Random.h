//===- Random.h - Host random numbers and the key space ---------*- C++ -*-===//
///
/// Random numbers that the runtime itself needs (shuffles, gradient-check
/// directions) are functions of a key, never of a hidden state, so that a
/// resumed run draws what the uninterrupted run would have drawn.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_CORE_RANDOM_H
#define AGON_RUNTIME_CORE_RANDOM_H

#include <cmath>
#include <cstdint>

namespace agon::rt {

/// `draw` values of the KEY cell outside training. Training uses 0, 1, 2, ...
/// (the turns played), so these start where no run ever arrives.
namespace keys {
inline constexpr int64_t init = int64_t(1) << 60;      ///< + 1 + k: the k-th batch for data means
inline constexpr int64_t sample = int64_t(1) << 61;    ///< + batch number
inline constexpr int64_t metric = int64_t(1) << 62;    ///< + step
inline constexpr int64_t evaluation = metric | sample; ///< + batch number
inline constexpr int64_t reference = metric | init;    ///< + batch number: true data for pictures
} // namespace keys

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64
/// bits in which every output bit depends on every input bit.
inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// SplitMix64 started from a key of up to four words.
class SplitMix {
public:
  explicit SplitMix(uint64_t a, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0)
      : state(mix(mix(mix(mix(a) ^ b) ^ c) ^ d)) {}

  uint64_t next() {
    uint64_t value = mix(state);
    state += 0x9e3779b97f4a7c15u;
    return value;
  }

  /// Uniform on 0 .. bound-1 (Lemire 2019, without the rejection step: the bias
  /// is below bound / 2^64).
  uint64_t below(uint64_t bound) { return uint64_t((static_cast<unsigned __int128>(next()) * bound) >> 64); }

  /// Uniform on [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }

  /// Standard normal (Box and Muller 1958, one of the pair).
  double normal() {
    double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

private:
  uint64_t state;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_RANDOM_H
