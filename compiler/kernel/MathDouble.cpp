//===- MathDouble.cpp - f64 functions without libm ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// For targets that have no libm. The unit test holds these to largest errors, in units in the
// last place:
//
//   exp 1   expm1 1.5   log 1   log1p 1   tanh 1.5   erf 1   erfc 1.5   sin, cos 1   pow 1
//
// On f32 pow is computed in f64 and rounded: 0.51.
//
// exp reduces by Cody and Waite, with a remainder in two parts. log and log1p have the form of
// FreeBSD's msun (after K. C. Ng); pow takes the logarithm in two parts of 53 bits, with
// T. J. Dekker's arithmetic, and the exponential of both. tanh is J. H. Lambert's continued
// fraction near 0. sin and cos reduce by Cody and Waite up to 2^20, beyond it after M. H. Payne
// and R. N. Hanek, with integers. erfc is exp(-t^2) times a polynomial in (t - 4) / (t + 4),
// after M. M. Shepherd and J. G. Laframboise. Polynomials interpolate at Chebyshev's points.
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/MathDouble.h"
#include <limits>

using namespace mlir;
using namespace agon::kernels;

namespace {
using P = arith::CmpFPredicate;
using Whole = arith::CmpIPredicate;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// x + y, where |x| >= |y| or x is 0.
Pair fastSum(Arithmetic &a, Value x, Value y) {
  Value sum = a.add(x, y);
  return {sum, a.sub(y, a.sub(sum, x))};
}

/// x + y.
Pair sum(Arithmetic &a, Value x, Value y) {
  Value sum = a.add(x, y), part = a.sub(sum, x);
  return {sum, a.add(a.sub(x, a.sub(sum, part)), a.sub(y, part))};
}

/// x y to about 2^-104 of it.
Pair product(Arithmetic &a, Pair x, Pair y) {
  Value high = a.mul(x.high, y.high);
  Value low = a.fused(x.high, y.high, a.neg(high));
  low = a.fused(x.high, y.low, a.fused(x.low, y.high, low));
  return {high, low};
}

/// x + low = n ln 2 + r with |r| <= ln 2 / 2; n as an integer. |x| up to 1200; NaN stays in r.
struct Reduced {
  Value n;
  Pair r;
};
Reduced reduceExp(Arithmetic &a, Value x, Value low = {}) {
  // Adding 1.5 * 2^52 leaves the nearest integer in the low bits.
  Value shift = a.d(0x1.8p52);
  Value shifted = a.fused(x, a.d(0x1.71547652b82fep+0), shift);
  Value n = a.sub(shifted, shift);
  // The first constant has 40 bits: what is left is exact.
  Value high = a.fused(n, a.d(-0x1.62e42fefa2000p-1), x);
  Value rest = a.d(-0x1.9ef35793c7673p-41);
  rest = low ? a.fused(n, rest, low) : a.mul(n, rest);
  return {a.isub(a.bits(shifted), a.bits(shift)), fastSum(a, high, rest)};
}

/// exp(r) - 1.
Value expm1OfReduced(Arithmetic &a, Pair r) {
  Value q = a.hornerDouble(r.high,
                           {0x1.1f7385560be05p-29, 0x1.af4ecd2129492p-26, 0x1.27e4db25ce3adp-22, 0x1.71de01c3fc936p-19,
                            0x1.a01a01a6ec522p-16, 0x1.a01a01ac0a9eep-13, 0x1.6c16c16c162b0p-10, 0x1.111111111009cp-7,
                            0x1.5555555555556p-5, 0x1.5555555555557p-3, 0x1p-1});
  Value small = a.fused(r.high, r.low, r.low);
  return a.add(r.high, a.fused(a.mul(r.high, r.high), q, small));
}

/// 2^n for -1022 <= n <= 1023.
Value power2(Arithmetic &a, Value n) { return a.real(a.shl(a.iadd(n, a.l(1023)), 52)); }

/// x 2^n in two steps: the result may be denormal, or 2^n too large by itself.
Value scale(Arithmetic &a, Value x, Value n) {
  Value half = a.sar(n, 1);
  return a.mul(a.mul(x, power2(a, half)), power2(a, a.isub(n, half)));
}

Value clamp(Arithmetic &a, Value x, double low, double high) {
  // Comparisons in this direction let NaN through.
  x = a.select(a.cmp(P::OLT, x, a.d(low)), a.d(low), x);
  return a.select(a.cmp(P::OGT, x, a.d(high)), a.d(high), x);
}

/// A logarithm's argument as (1 + f) 2^k with 1 + f in [sqrt(1/2), sqrt(2)).
struct Split {
  Value f, k;
};
/// Of an x that is neither 0 nor denormal.
Split splitNormal(Arithmetic &a, Value x) {
  constexpr int64_t one = 0x3ff0000000000000, half = 0x3fe6a09e667f3bcd; // of sqrt(1/2)
  Value bits = a.iadd(a.bits(x), a.l(one - half));
  Value k = a.isub(a.sar(bits, 52), a.l(1023));
  Value mantissa = a.real(a.iadd(a.iand(bits, a.l(0x000fffffffffffff)), a.l(half)));
  return {a.sub(mantissa, a.d(1)), a.toReal(k)};
}
Split split(Arithmetic &a, Value x) {
  Value denormal = a.cmp(P::OLT, x, a.d(0x1p-1022));
  Split parts = splitNormal(a, a.select(denormal, a.mul(x, a.d(0x1p54)), x));
  return {parts.f, a.sub(parts.k, a.select(denormal, a.d(54), a.d(0)))};
}

/// log((1 + f) 2^k), plus `correction`.
Value logOfSplit(Arithmetic &a, Split x, Value correction) {
  auto [f, k] = x;
  Value s = a.div(f, a.add(f, a.d(2)));
  Value z = a.mul(s, s);
  Value series =
      a.hornerDouble(z, {0x1.0c06cf14c641bp-3, 0x1.0fbe478772696p-3, 0x1.3b1c38474d3eep-3, 0x1.745cf8f6c9119p-3,
                         0x1.c71c72017a15cp-3, 0x1.2492492476ba1p-2, 0x1.9999999999a38p-2, 0x1.5555555555555p-1});
  Value halfSquare = a.mul(a.mul(f, f), a.d(0.5));
  Value low = a.mul(k, a.d(0x1.9ef35793c7673p-41));
  if (correction)
    low = a.add(low, correction);
  Value rest = a.fused(s, a.fused(z, series, halfSquare), low);
  rest = a.add(a.sub(rest, halfSquare), f);
  return a.fused(k, a.d(0x1.62e42fefa2000p-1), rest);
}

/// What log has outside (0, inf), where `x` is its argument.
Value logEdges(Arithmetic &a, Value x, Value result) {
  result = a.select(a.cmp(P::OLT, x, a.d(infinity)), result, x); // inf and NaN
  result = a.select(a.cmp(P::OLT, x, a.d(0)), a.d(notANumber), result);
  return a.select(a.cmp(P::OEQ, x, a.d(0)), a.d(-infinity), result);
}

/// log(x) to about 2^-68 of it, for x in (0, inf).
Pair logInParts(Arithmetic &a, Value x) {
  auto [f, k] = split(a, x);
  // s = f / (2 + f), with what the sum and the quotient lost.
  Pair divisor = fastSum(a, a.d(2), f);
  Value s = a.div(f, divisor.high);
  Value lost = a.fused(a.neg(s), divisor.low, a.fused(a.neg(s), divisor.high, f));
  Pair parts{s, a.div(lost, divisor.high)};
  // 2 artanh(s) = 2 s (1 + z (1/3 + z (1/5 + z ...))) with z = s^2
  Pair z = product(a, parts, parts);
  Value tail =
      a.hornerDouble(z.high, {0x1.b2e4e67eba775p-5, 0x1.acf7e0d5b9a26p-5, 0x1.e1effe75d53acp-5, 0x1.1110f7fc82ca4p-4,
                              0x1.3b13b16b6085ep-4, 0x1.745d1745a3d74p-4, 0x1.c71c71c71c823p-4, 0x1.2492492492492p-3});
  Pair fifth = fastSum(a, a.d(0x1.999999999999ap-3), a.mul(tail, z.high));
  fifth = product(a, {fifth.high, a.add(fifth.low, a.d(-0x1.999999999999ap-57))}, z);
  Pair third = fastSum(a, a.d(0x1.5555555555555p-2), fifth.high);
  third = product(a, {third.high, a.add(a.add(third.low, fifth.low), a.d(0x1.5555555555555p-56))}, z);
  Pair rest = product(a, third, parts);
  Pair half = fastSum(a, s, rest.high);
  Value low = a.add(a.add(half.low, rest.low), parts.low);
  // k ln 2, of which the first part is exact.
  Pair whole = fastSum(a, a.mul(k, a.d(0x1.62e42fefa2000p-1)), a.add(half.high, half.high));
  low = a.fused(k, a.d(0x1.9ef35793c7673p-41), a.add(whole.low, a.add(low, low)));
  return fastSum(a, whole.high, low);
}

/// pow where it is no product of logarithm and exponent; `power` is pow(|x|, y).
Value powEdges(Arithmetic &a, Value x, Value y, Value power) {
  Value one = a.d(1), half = a.mul(y, a.d(0.5));
  Value whole = a.cmp(P::OEQ, a.truncate(y), y);
  Value odd = arith::AndIOp::create(a.b, a.loc, whole, a.cmp(P::UNE, a.truncate(half), half));
  Value result = a.select(a.cmp(P::OEQ, a.abs(x), one), one, power); // also where y is infinite
  result = a.select(odd, a.copySign(result, x), result);
  Value negative = arith::AndIOp::create(a.b, a.loc, a.cmp(P::OLT, x, a.d(0)), a.cmp(P::OGT, x, a.d(-infinity)));
  Value rooted = arith::AndIOp::create(a.b, a.loc, negative, a.cmp(P::ONE, a.truncate(y), y));
  result = a.select(rooted, a.d(notANumber), result);
  result = a.select(a.cmp(P::UNO, x, y), a.d(notANumber), result);
  Value always = arith::OrIOp::create(a.b, a.loc, a.cmp(P::OEQ, x, one), a.cmp(P::OEQ, y, a.d(0)));
  return a.select(always, one, result);
}

/// x = n pi / 2 + r for |x| <= 2^20.
Quadrant reduceNear(Arithmetic &a, Value x) {
  Value shift = a.d(0x1.8p52);
  Value shifted = a.fused(x, a.d(0x1.45f306dc9c883p-1), shift);
  Value n = a.sub(shifted, shift);
  // The first part of pi / 2 has 33 bits, so that this is exact.
  Value high = a.fused(n, a.d(-0x1.921fb544p0), x);
  Value second = a.d(-0x1.0b4611a626331p-34);
  Value next = a.mul(n, second);
  Value lost = a.fused(n, second, a.neg(next));
  Pair r = sum(a, high, next);
  r = fastSum(a, r.high, a.fused(n, a.d(-0x1.1701b839a2520p-88), a.add(r.low, lost)));
  return {a.bits(shifted), r};
}

/// (sin r - r) / r^3 and (cos r - 1 + r^2 / 2) / r^4 at z = r^2.
Value sinTail(Arithmetic &a, Value z) {
  return a.hornerDouble(z,
                        {-0x1.ab161757f0c63p-41, 0x1.61217c1864fa1p-33, -0x1.ae64540f0ba18p-26, 0x1.71de3a545e700p-19,
                         -0x1.a01a01a019926p-13, 0x1.1111111111110p-7, -0x1.5555555555555p-3});
}
Value cosTail(Arithmetic &a, Value z) {
  return a.hornerDouble(z,
                        {0x1.ab76cf6e9b365p-45, -0x1.9394b76d1f265p-37, 0x1.1eed8de9ef73ep-29, -0x1.27e4fb7711e1dp-22,
                         0x1.a01a01a019d02p-16, -0x1.6c16c16c16c16p-10, 0x1.5555555555555p-5});
}

/// erf for |x| <= 0.85, in two parts.
Pair erfInner(Arithmetic &a, Value x) {
  Value series = a.hornerDouble(a.mul(x, x), {0x1.29496bc840cbap-34, -0x1.4381296d812bfp-30, 0x1.faaabb29b6e4ap-27,
                                              -0x1.5f5a5fa90256bp-23, 0x1.b9e51c00397c4p-20, -0x1.f4d248fb63865p-17,
                                              0x1.f9a3266239bc5p-14, -0x1.c02db3fd21469p-11, 0x1.565bcd0e5fbdcp-8,
                                              -0x1.b82ce312888a5p-6, 0x1.ce2f21a042bdcp-4, -0x1.812746b0379e7p-2,
                                              0x1.06eba8214db69p-3});
  Value high = a.fused(x, series, x);
  return {high, a.fused(x, series, a.sub(x, high))};
}

/// erfc for t >= 0.45: exp(-t^2) p(q) / (1 + 2 t) for q = (t - 4) / (t + 4).
Value erfcOuter(Arithmetic &a, Value t) {
  Value last = a.d(28); // where it is 0
  t = a.select(a.cmp(P::OGT, t, last), last, t);
  Value q = a.div(a.sub(t, a.d(4)), a.add(t, a.d(4)));
  Value series =
      a.hornerDouble(q, {0x1.cd7249c87ab7fp-30,  -0x1.5271dfbc30230p-27, -0x1.2e23e3dbeaa9dp-26, 0x1.be055b14580cdp-24,
                         0x1.3fba1b40d96c2p-24,  -0x1.b860bdc3d213ap-21, 0x1.3b67a81e7f83bp-22,  0x1.7efe43e1ae487p-18,
                         -0x1.788b565e91da8p-17, -0x1.9955e8f4a1024p-16, 0x1.3be05b6d048ebp-13,  -0x1.a1df3b46d5110p-13,
                         -0x1.8d4a9b39aeb1dp-11, 0x1.49c6729c60238p-8,   -0x1.09623883f8e82p-6,  0x1.3079edf64dda0p-5,
                         -0x1.0fb06dfe4d41cp-4,  0x1.7fee004e13571p-4,   -0x1.9ddb23c3e8f34p-4,  0x1.16ecefcfa5357p-4,
                         0x1.f7f5df66fd7a3p-7,   -0x1.1df1ad154a28ep-3});
  Pair p = fastSum(a, a.d(0x1.3ba5916e9fd7fp+0), a.fused(q, series, a.d(-0x1.aa9c415679e6fp-55)));
  Pair divisor = sum(a, a.d(1), a.add(t, t));
  Value quotient = a.div(p.high, divisor.high);
  // What the sums and the quotient lost, relative to the quotient.
  Value lost = a.add(a.fused(a.neg(quotient), divisor.high, p.high), p.low);
  lost = a.div(a.fused(a.neg(quotient), divisor.low, lost), p.high);
  // The square in two parts: what the first has lost would be a relative error of the exponential.
  Value square = a.mul(t, t);
  auto [n, r] = reduceExp(a, a.neg(square), a.neg(a.fused(t, t, a.neg(square))));
  Value rest = expm1OfReduced(a, {r.high, a.add(r.low, lost)});
  return scale(a, a.fused(quotient, rest, quotient), n);
}

/// The words of 2 / pi, most significant first, after a word of zeros.
constexpr uint64_t twoOverPi[] = {0,
                                  0xa2f9836e4e441529,
                                  0xfc2757d1f534ddc0,
                                  0xdb6295993c439041,
                                  0xfe5163abdebbc561,
                                  0xb7246e3a424dd2e0,
                                  0x06492eea09d1921c,
                                  0xfe1deb1cb129a73e,
                                  0xe88235f52ebb4484,
                                  0xe99c7026b45f7e41,
                                  0x3991d639835339f4,
                                  0x9c845f8bbdf9283b,
                                  0x1ff897ffde05980f,
                                  0xef2f118b5a0a6d1f,
                                  0x6d367ecf27cb09b7,
                                  0x4f463f669e5fea2d,
                                  0x7527bac7ebe5f17b,
                                  0x3d0739f78a5292ea,
                                  0x6bfb5fb11f8d5d08,
                                  0x56033046fc7b6bab};

/// 192 bits of 2 / pi in three words from bit `first` of the table on, which is `last` at most.
std::array<Value, 3> windowOfTwoOverPi(Arithmetic &a, Value first, int last) {
  Value word = a.shr(first, 6), bit = a.iand(first, a.l(63));
  SmallVector<Value> words;
  for (int i = 0; i != last / 64 + 4; ++i)
    words.push_back(a.l(int64_t(twoOverPi[i])));
  // Selected by one bit of the word's number after the other.
  for (unsigned step = llvm::PowerOf2Ceil(last / 64 + 1) / 2; step != 0; step /= 2) {
    Value far = a.nonzero(a.iand(word, a.l(step)));
    SmallVector<Value> chosen;
    for (unsigned i = 0; i != std::min<size_t>(step + 3, words.size()); ++i)
      chosen.push_back(i + step < words.size() ? a.select(far, words[i + step], words[i]) : words[i]);
    words = chosen;
  }
  std::array<Value, 3> window;
  Value back = a.isub(a.l(63), bit);
  for (int i = 0; i != 3; ++i) {
    Value high = arith::ShLIOp::create(a.b, a.loc, words[i], bit);
    Value low = arith::ShRUIOp::create(a.b, a.loc, a.shr(words[i + 1], 1), back);
    window[i] = a.ior(high, low);
  }
  return window;
}
} // namespace

Quadrant agon::kernels::reduceFar(Arithmetic &a, Value x, int largest) {
  // x = m 2^e; the window begins where m 2^e times the bits before it is a multiple of 4.
  constexpr int bias = 1023, offset = bias + 52 - 62;
  Value bits = a.bits(a.abs(x));
  Value m = a.ior(a.iand(bits, a.l(0x000fffffffffffff)), a.l(0x0010000000000000));
  std::array<Value, 3> w = windowOfTwoOverPi(a, a.isub(a.shr(bits, 52), a.l(offset)), largest + bias - offset);
  auto high = [&](Value y) { return arith::MulUIExtendedOp::create(a.b, a.loc, m, y).getHigh(); };
  auto low = [&](Value y) { return arith::MulIOp::create(a.b, a.loc, m, y); };
  // The upper two of the product's three words: |x| 2 / pi modulo 4, times 2^126.
  Value middle = low(w[1]);
  Value lower = a.iadd(middle, high(w[2]));
  Type i64 = a.shaped(a.b.getI64Type());
  Value carry = arith::ExtUIOp::create(a.b, a.loc, i64, a.cmp(Whole::ult, lower, middle));
  Value upper = a.iadd(a.iadd(low(w[0]), high(w[1])), carry);
  Value n = a.shr(a.iadd(upper, a.l(int64_t(1) << 61)), 62);
  // What is left as a signed number of 128 bits, from -1/2 to 1/2, in parts that are exact.
  Value first = a.ior(a.shl(upper, 2), a.shr(lower, 62)), second = a.shl(lower, 2);
  Pair fraction = sum(a, a.toReal(a.iand(first, a.l(~int64_t(2047)))), a.toReal(a.iand(first, a.l(2047))));
  Value rest = a.mul(a.toReal(a.shr(second, 1)), a.d(0x1p-63));
  fraction = fastSum(a, fraction.high, a.add(fraction.low, rest));
  Pair r = product(a, fraction, {a.d(0x1.921fb54442d18p-64), a.d(0x1.1a62633145c07p-118)});
  r = fastSum(a, r.high, r.low);
  Value negative = a.cmp(P::OLT, x, a.d(0)), finite = a.cmp(P::OLT, a.abs(x), a.d(infinity));
  r.high = a.select(finite, a.select(negative, a.neg(r.high), r.high), a.d(notANumber));
  return {a.select(negative, a.isub(a.l(0), n), n), {r.high, a.select(negative, a.neg(r.low), r.low)}};
}

Value agon::kernels::sinCosDouble(Arithmetic &a, Value x, bool cosine) {
  Quadrant near = reduceNear(a, x);
  Value far = a.cmp(P::UGT, a.abs(x), a.d(0x1p20));
  Type types[] = {near.n.getType(), x.getType(), x.getType()};
  auto branch = scf::IfOp::create(a.b, a.loc, types, a.any(far), /*withElse=*/true);
  {
    OpBuilder::InsertionGuard guard(a.b);
    a.b.setInsertionPointToStart(branch.thenBlock());
    Quadrant q = reduceFar(a, x, 1023);
    scf::YieldOp::create(a.b, a.loc,
                         ValueRange{a.select(far, q.n, near.n), a.select(far, q.r.high, near.r.high),
                                    a.select(far, q.r.low, near.r.low)});
    a.b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(a.b, a.loc, ValueRange{near.n, near.r.high, near.r.low});
  }
  Value n = branch.getResult(0), r = branch.getResult(1), low = branch.getResult(2);
  if (cosine)
    n = a.iadd(n, a.l(1));
  Value z = a.mul(r, r), halfSquare = a.mul(z, a.d(0.5));
  Value sine = a.fused(a.mul(r, z), sinTail(a, z), a.fused(a.neg(halfSquare), low, low));
  sine = a.add(r, sine);
  Value near1 = a.sub(a.d(1), halfSquare);
  Value lost = a.sub(a.sub(a.d(1), near1), halfSquare);
  Value cosineValue = a.add(near1, a.fused(a.mul(z, z), cosTail(a, z), a.fused(a.neg(r), low, lost)));
  Value result = a.select(a.nonzero(a.iand(n, a.l(1))), cosineValue, sine);
  result = a.select(a.nonzero(a.iand(n, a.l(2))), a.neg(result), result);
  return cosine ? result : a.select(a.cmp(P::OEQ, x, a.d(0)), x, result); // -0
}

Value agon::kernels::expDouble(Arithmetic &a, Value x) {
  auto [n, r] = reduceExp(a, clamp(a, x, -746, 710));
  return scale(a, a.add(expm1OfReduced(a, r), a.d(1)), n);
}

Value agon::kernels::expm1Double(Arithmetic &a, Value x) {
  auto [n, r] = reduceExp(a, clamp(a, x, -40, 710));
  // 2^n p + (2^n - 1), halved because 2^1024 is too large.
  Value power = power2(a, a.isub(n, a.l(1)));
  Value result = a.fused(power, expm1OfReduced(a, r), a.sub(power, a.d(0.5)));
  result = a.add(result, result);
  // -0 and denormals, whose product with the power would lose bits.
  return a.select(a.cmp(P::OLT, a.abs(x), a.d(0x1p-54)), x, result);
}

Value agon::kernels::logDouble(Arithmetic &a, Value x) { return logEdges(a, x, logOfSplit(a, split(a, x), Value())); }

Value agon::kernels::log1pDouble(Arithmetic &a, Value x) {
  Value one = a.d(1), zero = a.d(0);
  Value u = a.add(x, one);
  Split parts = splitNormal(a, u);
  // What the addition lost, relative to u.
  Value lost = a.select(a.cmp(P::OGE, parts.k, a.d(2)), a.sub(one, a.sub(u, x)), a.sub(x, a.sub(u, one)));
  Value correction = a.select(a.cmp(P::OLT, parts.k, a.d(54)), a.div(lost, u), zero);
  Value small = a.cmp(P::OEQ, parts.k, zero);
  correction = a.select(small, zero, correction);
  parts.f = a.select(small, x, parts.f);
  Value result = logEdges(a, u, logOfSplit(a, parts, correction));
  return a.select(a.cmp(P::OLT, a.abs(x), a.d(0x1p-54)), x, result);
}

Value agon::kernels::tanhDouble(Arithmetic &a, Value x) {
  Value t = a.abs(x), z = a.mul(t, t);
  // Near 0, t - t z / (z + 3 + z / (5 + z / ... 17)).
  Value below = a.mul(z, a.hornerDouble(z, {44, 12870, 810810, 11486475}));
  Value ratio = a.div(below, a.hornerDouble(z, {45, 13860, 945945, 16216200, 34459425}));
  Value inner = a.fused(a.neg(t), ratio, t);
  Value large = a.select(a.cmp(P::OGT, t, a.d(20)), a.d(20), t);
  Value e = expDouble(a, a.add(large, large));
  Value outer = a.sub(a.d(1), a.div(a.d(2), a.add(e, a.d(1))));
  return a.copySign(a.select(a.cmp(P::OLT, t, a.d(0.575)), inner, outer), x);
}

Value agon::kernels::erfDouble(Arithmetic &a, Value x) {
  Value t = a.abs(x), inside = a.cmp(P::OLT, t, a.d(0.84375));
  Value outer = a.copySign(a.sub(a.d(1), erfcOuter(a, t)), x);
  return a.select(inside, erfInner(a, a.select(inside, x, a.d(0))).high, outer);
}

Value agon::kernels::erfcDouble(Arithmetic &a, Value x) {
  Value t = a.abs(x), outer = erfcOuter(a, t);
  Value inside = a.cmp(P::OLT, t, a.d(0.453125));
  Pair erf = erfInner(a, a.select(inside, x, a.d(0)));
  Pair rest = fastSum(a, a.d(1), a.neg(erf.high));
  Value inner = a.add(rest.high, a.sub(rest.low, erf.low));
  outer = a.select(a.cmp(P::OLT, x, a.d(0)), a.sub(a.d(2), outer), outer);
  return a.select(inside, inner, outer);
}

Value agon::kernels::powDouble(Arithmetic &a, Value x, Value y) {
  Value t = a.abs(x);
  Pair log = logInParts(a, t);
  log.high = logEdges(a, t, log.high);
  Value high = a.mul(y, log.high);
  Value low = a.fused(y, log.low, a.fused(y, log.high, a.neg(high)));
  // Beyond all finite results; infinities have no second part.
  Value large = a.cmp(P::OGT, a.abs(high), a.d(800));
  high = a.select(large, a.copySign(a.d(800), high), high);
  auto [n, r] = reduceExp(a, high, a.select(large, a.d(0), low));
  return powEdges(a, x, y, scale(a, a.add(expm1OfReduced(a, r), a.d(1)), n));
}

Value agon::kernels::powSingle(Arithmetic &a, Value x, Value y) {
  x = a.widen(x), y = a.widen(y);
  Value power = expDouble(a, a.mul(y, logDouble(a, a.abs(x))));
  return a.narrow(powEdges(a, x, y, power));
}
