//===- MathApproximation.cpp - f32 functions without libm -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Branch-free forms for scalars and vectors alike, so that a value does not depend on
// which of the two it was computed in. Largest errors, with fused multiply-add, in units
// in the last place (the unit test holds them to these, denormals and infinities included):
//
//   exp 1.5   expm1 2   log 1   log1p 1.5   tanh 3   sin, cos 2   erf 1.5   erfc 5
//
// exp reduces by Cody and Waite; log and log1p are those of FreeBSD's msun (after
// K. C. Ng); sin and cos are Cephes's after a reduction in double precision, with libm
// for arguments beyond 2^20; erf is after N. Juffa, erfc after M. M. Shepherd and
// J. G. Laframboise. f64 is left to libm; where there is none, it and powers and large arguments
// of sin and cos are arithmetic too (MathDouble.cpp).
//
//===----------------------------------------------------------------------===//
#include "compiler/kernel/MathDouble.h"
#include "compiler/kernel/Passes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon::kernels;

namespace agon::kernels {
#define GEN_PASS_DEF_MATHAPPROXIMATION
#include "compiler/kernel/Passes.h.inc"
} // namespace agon::kernels

namespace {
using P = arith::CmpFPredicate;

/// x = n ln 2 + r with |r| <= ln 2 / 2; n as an integer. |x| up to 200 or so; NaN stays in r.
struct Reduced {
  Value n, r;
};
Reduced reduceExp(Arithmetic &a, Value x) {
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  Value shift = a.f(0x1.8p23f);
  Value shifted = a.fma(x, a.f(0x1.715476p0f), shift);
  Value n = a.sub(shifted, shift);
  // The first constant has 15 bits, so that its product with n is exact without fma too.
  Value r = a.fma(n, a.f(-0x1.62e4p-1f), x);
  r = a.fma(n, a.f(-0x1.7f7d1cp-20f), r);
  return {a.isub(a.bits(shifted), a.bits(shift)), r};
}

/// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2.
Value expTail(Arithmetic &a, Value r) {
  return a.horner(r, {0x1.a17be8p-13f, 0x1.6d747cp-10f, 0x1.110e9cp-7f, 0x1.555490p-5f, 0x1.555556p-3f, 0x1p-1f});
}

/// 2^n for -126 <= n <= 127.
Value power2(Arithmetic &a, Value n) { return a.real(a.shl(a.iadd(n, a.i(127)), 23)); }

Value clamp(Arithmetic &a, Value x, float low, float high) {
  // Comparisons in this direction let NaN through.
  x = a.select(a.cmp(P::OLT, x, a.f(low)), a.f(low), x);
  return a.select(a.cmp(P::OGT, x, a.f(high)), a.f(high), x);
}

/// x 2^n in two steps: the result may be denormal, or 2^n too large by itself.
Value scale(Arithmetic &a, Value x, Value n) {
  Value half = a.sar(n, 1);
  return a.mul(a.mul(x, power2(a, half)), power2(a, a.isub(n, half)));
}

Value approximateExp(Arithmetic &a, Value x) {
  auto [n, r] = reduceExp(a, clamp(a, x, -104.0f, 89.0f));
  Value p = a.fma(a.mul(r, r), expTail(a, r), r);
  return scale(a, a.add(p, a.f(1.0f)), n);
}

Value approximateExpm1(Arithmetic &a, Value x) {
  auto [n, r] = reduceExp(a, clamp(a, x, -20.0f, 89.0f));
  Value p = a.fma(a.mul(r, r), expTail(a, r), r);
  // 2^n p + (2^n - 1), halved because 2^128 is too large.
  Value power = power2(a, a.isub(n, a.i(1)));
  Value result = a.fma(power, p, a.sub(power, a.f(0.5f)));
  result = a.add(result, result);
  // -0 and denormals, whose product with the power would lose bits.
  return a.select(a.cmp(P::OLT, a.abs(x), a.f(0x1p-25f)), x, result);
}

/// log((1 + f) 2^k) with 1 + f in [sqrt(1/2), sqrt(2)), plus `correction`.
Value logOfReduced(Arithmetic &a, Value f, Value k, Value correction) {
  Value s = a.div(f, a.add(f, a.f(2.0f)));
  Value z = a.mul(s, s), w = a.mul(z, z);
  Value even = a.mul(w, a.fma(w, a.f(0xf89e26.0p-26f), a.f(0xccce13.0p-25f)));
  Value odd = a.mul(z, a.fma(w, a.f(0x91e9ee.0p-25f), a.f(0xaaaaaa.0p-24f)));
  Value halfSquare = a.mul(a.mul(f, f), a.f(0.5f));
  Value low = a.mul(k, a.f(9.0580006145e-06f));
  if (correction)
    low = a.add(low, correction);
  Value sum = a.fma(s, a.add(halfSquare, a.add(even, odd)), low);
  sum = a.add(a.sub(sum, halfSquare), f);
  return a.fma(k, a.f(6.9313812256e-01f), sum);
}

/// x's power of two and what remains, as logOfReduced wants them.
std::pair<Value, Value> splitLog(Arithmetic &a, Value x) {
  Value bits = a.iadd(a.bits(x), a.i(0x3f800000 - 0x3f3504f3));
  Value k = a.isub(a.sar(bits, 23), a.i(127));
  Value mantissa = a.real(a.iadd(a.iand(bits, a.i(0x007fffff)), a.i(0x3f3504f3)));
  return {k, mantissa};
}

/// What log has outside (0, inf), where `x` is its argument.
Value logEdges(Arithmetic &a, Value x, Value result) {
  float inf = std::numeric_limits<float>::infinity();
  result = a.select(a.cmp(P::OLT, x, a.f(inf)), result, x); // inf and NaN
  result = a.select(a.cmp(P::OLT, x, a.f(0.0f)), a.f(std::numeric_limits<float>::quiet_NaN()), result);
  return a.select(a.cmp(P::OEQ, x, a.f(0.0f)), a.f(-inf), result);
}

Value approximateLog(Arithmetic &a, Value x) {
  Value denormal = a.cmp(P::OLT, x, a.f(0x1p-126f));
  Value scaled = a.select(denormal, a.mul(x, a.f(0x1p23f)), x);
  auto [k, mantissa] = splitLog(a, scaled);
  k = a.isub(k, a.select(denormal, a.i(23), a.i(0)));
  return logEdges(a, x, logOfReduced(a, a.sub(mantissa, a.f(1.0f)), a.toReal(k), Value()));
}

Value approximateLog1p(Arithmetic &a, Value x) {
  Value one = a.f(1.0f);
  Value u = a.add(x, one);
  auto [k, mantissa] = splitLog(a, u);
  Value exponent = a.toReal(k);
  // What the addition lost, relative to u.
  Value lost = a.select(a.cmp(P::OGE, exponent, a.f(2.0f)), a.sub(one, a.sub(u, x)), a.sub(x, a.sub(u, one)));
  Value correction = a.select(a.cmp(P::OLT, exponent, a.f(25.0f)), a.div(lost, u), a.f(0.0f));
  Value small = a.cmp(P::OEQ, exponent, a.f(0.0f));
  correction = a.select(small, a.f(0.0f), correction);
  Value f = a.select(small, x, a.sub(mantissa, one));
  Value result = logEdges(a, u, logOfReduced(a, f, exponent, correction));
  return a.select(a.cmp(P::OLT, a.abs(x), a.f(0x1p-25f)), x, result);
}

Value approximateTanh(Arithmetic &a, Value x) {
  // t / (t + 2) with t = expm1(2 |x|)
  Value twice = a.abs(a.add(x, x));
  Value t = approximateExpm1(a, a.select(a.cmp(P::OGT, twice, a.f(20.0f)), a.f(20.0f), twice));
  return a.copySign(a.div(t, a.add(t, a.f(2.0f))), x);
}

Value approximateErf(Arithmetic &a, Value x) {
  Value t = a.abs(x), s = a.mul(x, x);
  // Clamped so that no power overflows into inf - inf.
  Value large = a.select(a.cmp(P::OGT, t, a.f(4.0f)), a.f(4.0f), t);
  Value largeSquare = a.mul(large, large);
  Value r = a.fma(a.f(-1.72853470e-5f), large, a.f(3.83197126e-4f));
  Value u = a.fma(a.f(-3.88396438e-3f), large, a.f(2.42546219e-2f));
  r = a.fma(r, largeSquare, u);
  r = a.fma(r, large, a.f(-1.06777877e-1f));
  r = a.fma(r, large, a.f(-6.34846687e-1f));
  r = a.fma(r, large, a.f(-1.28717512e-1f));
  r = a.fma(r, large, a.neg(large));
  Value outer = a.copySign(a.sub(a.f(1.0f), approximateExp(a, r)), x);
  Value inner =
      a.horner(s, {-5.96761703e-4f, 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f, -3.76125336e-1f, 1.28379166e-1f});
  inner = a.fma(inner, x, x);
  return a.select(a.cmp(P::OGT, t, a.f(0.927734375f)), outer, inner);
}

/// exp(-t^2) p(q) (1 - q) for t = |x| and q = (t - 3) / (t + 3), where p(q) (1 - q) is exp(t^2) erfc(t).
Value approximateErfc(Arithmetic &a, Value x) {
  Value one = a.f(1.0f), last = a.f(10.0625f), t = a.abs(x);
  t = a.select(a.cmp(P::OGT, t, last), last, t); // where it is 0
  Value inverse = a.div(one, a.add(t, a.f(3.0f)));
  Value q = a.fma(a.f(-6.0f), inverse, one);
  // (t - 3) - q (t + 3) is what is left to divide.
  q = a.fma(inverse, a.fma(a.neg(t), q, a.fma(a.add(q, one), a.f(-3.0f), t)), q);
  Value p = a.horner(q, {-0x1.c80d5cp-15f, -0x1.52ee82p-14f, 0x1.0d2160p-11f, -0x1.ac5f24p-13f, -0x1.2528a8p-8f,
                         0x1.4664c6p-6f, -0x1.a7e3c0p-5f, 0x1.92ede0p-4f, -0x1.2d8830p-3f, 0x1.6e9828p-3f});
  p = a.mul(p, a.sub(one, q));
  // The square in two parts: what the first has lost would be a relative error of the exponential.
  Value square = a.mul(t, t);
  Value lost = a.fma(t, t, a.neg(square));
  auto [n, r] = reduceExp(a, a.neg(square));
  r = a.sub(r, lost);
  Value tail = a.fma(a.mul(r, r), expTail(a, r), r);
  Value above = scale(a, a.fma(p, tail, p), n);
  return a.select(a.cmp(P::OLT, x, a.f(0.0f)), a.sub(a.f(2.0f), above), above);
}

/// x = n pi / 2 + r: r on f32, and n on i32, of which the two lowest bits are right.
std::pair<Value, Value> reduceNear(Arithmetic &a, Value x) {
  Value wide = a.widen(x);
  Value shift = a.d(0x1.8p52);
  Value shifted = a.fma(wide, a.d(0x1.45f306dc9c883p-1), shift); // 2 / pi
  Value n = a.sub(shifted, shift);
  // pi / 2 in two parts, of which the first has 33 bits: n times it is exact.
  Value r64 = a.fma(n, a.d(-0x1.921fb544p0), wide);
  r64 = a.fma(n, a.d(-0x1.0b4611a626331p-34), r64);
  Value r = a.narrow(r64);
  return {a.toInt(a.bits(shifted)), r};
}

/// sin or cos of n pi / 2 + r.
Value sinCosOfReduced(Arithmetic &a, Value quadrant, Value r, bool cosine) {
  if (cosine)
    quadrant = a.iadd(quadrant, a.i(1));
  Value z = a.mul(r, r);
  Value sine = a.horner(z, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f});
  sine = a.fma(a.mul(sine, z), r, r);
  Value cosineTail = a.horner(z, {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f});
  Value cosineValue = a.fma(a.mul(z, z), cosineTail, a.fma(z, a.f(-0.5f), a.f(1.0f)));
  Value result = a.select(a.nonzero(a.iand(quadrant, a.i(1))), cosineValue, sine);
  return a.select(a.nonzero(a.iand(quadrant, a.i(2))), a.neg(result), result);
}

/// Calls libm beyond 2^20: never on the hot path, so a call a lane, in one vector operation, is good enough.
Value sinCosWithLibm(Arithmetic &a, Value x, bool cosine) {
  OpBuilder &b = a.b;
  Value any = a.any(a.cmp(P::UGT, a.abs(x), a.f(0x1p20f)));
  auto branch = scf::IfOp::create(b, a.loc, x.getType(), any, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value called = cosine ? Value(LLVM::CosOp::create(b, a.loc, x.getType(), x))
                        : Value(LLVM::SinOp::create(b, a.loc, x.getType(), x));
  scf::YieldOp::create(b, a.loc, called);
  b.setInsertionPointToStart(branch.elseBlock());
  auto [quadrant, r] = reduceNear(a, x);
  scf::YieldOp::create(b, a.loc, sinCosOfReduced(a, quadrant, r, cosine));
  return branch.getResult(0);
}

/// Reduces all arguments itself.
Value sinCosWithoutLibm(Arithmetic &a, Value x, bool cosine) {
  OpBuilder &b = a.b;
  Value far = a.cmp(P::UGT, a.abs(x), a.f(0x1p20f));
  auto [quadrant, r] = reduceNear(a, x);
  auto branch = scf::IfOp::create(b, a.loc, TypeRange{quadrant.getType(), r.getType()}, a.any(far), true);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Quadrant reduced = reduceFar(a, a.widen(x), 127);
    Value n = a.select(far, a.toInt(reduced.n), quadrant);
    scf::YieldOp::create(b, a.loc, ValueRange{n, a.select(far, a.narrow(reduced.r.high), r)});
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, a.loc, ValueRange{quadrant, r});
  }
  Value result = sinCosOfReduced(a, branch.getResult(0), branch.getResult(1), cosine);
  return cosine ? result : a.select(a.cmp(P::OEQ, x, a.f(0.0f)), x, result); // -0
}

/// Powers with a constant exponent that multiplication does exactly as well.
Value approximatePow(Arithmetic &a, Value x, Value y) {
  FloatAttr exponent;
  SplatElementsAttr splat;
  if (matchPattern(y, m_Constant(&splat)))
    exponent = dyn_cast<FloatAttr>(splat.getSplatValue<Attribute>());
  else if (!matchPattern(y, m_Constant(&exponent)))
    return {};
  double value = exponent ? exponent.getValueAsDouble() : 0;
  if (value == 1)
    return x;
  if (value == 2)
    return a.mul(x, x);
  if (value == 3)
    return a.mul(a.mul(x, x), x);
  return {};
}

/// x - trunc(x / y) y, exact where |x / y| < 2^100: what is left after a rounded quotient of doubles is a double
/// (Muller et al., Handbook of Floating-Point Arithmetic, 2018, section 5.1). Two steps, and one of y where the last
/// quotient was rounded up. Not a number where x is infinite or y is 0.
Value remainder(Arithmetic &a, Value x, Value y, bool single) {
  Type type = x.getType();
  if (single) {
    Type wide = a.shaped(a.b.getF64Type());
    x = arith::ExtFOp::create(a.b, a.loc, wide, x);
    y = arith::ExtFOp::create(a.b, a.loc, wide, y);
  }
  Arithmetic d(a.b, a.loc, x.getType());
  Value rest = x;
  for (int step = 0; step != 2; ++step) {
    Value quotient = math::TruncOp::create(d.b, d.loc, d.div(rest, y));
    rest = d.fma(d.neg(quotient), y, rest);
  }
  Value zero = d.d(0), isWrong = d.cmp(arith::CmpFPredicate::OLT, d.mul(rest, d.copySign(d.d(1), x)), zero);
  rest = d.select(isWrong, d.add(rest, d.copySign(d.abs(y), x)), rest);
  // A small x is its own remainder, by an infinite y too.
  rest = d.copySign(d.select(d.cmp(arith::CmpFPredicate::OLT, d.abs(x), d.abs(y)), x, rest), x);
  return single ? Value(arith::TruncFOp::create(a.b, a.loc, type, rest)) : rest;
}

struct MathApproximation : agon::kernels::impl::MathApproximationBase<MathApproximation> {
  using MathApproximationBase::MathApproximationBase;
  void runOnOperation() final {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (op->getNumResults() == 1 &&
          (isa_and_present<math::MathDialect>(op->getDialect()) || (!libm && isa<arith::RemFOp>(op))))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      Type type = op->getResult(0).getType();
      auto vectorType = dyn_cast<VectorType>(type);
      if (vectorType && vectorType.getRank() != 1)
        continue;
      OpBuilder b(op);
      Arithmetic a(b, op->getLoc(), type);
      Value replacement = rewrite(op, a, getElementTypeOrSelf(type));
      if (!replacement)
        continue;
      op->replaceAllUsesWith(ValueRange{replacement});
      op->erase();
    }
  }

  /// What takes an operation's place; none where it stays.
  Value rewrite(Operation *op, Arithmetic &a, Type element) {
    Value x = op->getOperand(0);
    if (isa<arith::RemFOp>(op))
      return remainder(a, x, op->getOperand(1), element.isF32());
    if (auto pow = dyn_cast<math::PowFOp>(op)) {
      Value product = approximatePow(a, x, pow.getRhs());
      if (product || libm)
        return product;
      return element.isF64()   ? powDouble(a, x, pow.getRhs())
             : element.isF32() ? powSingle(a, x, pow.getRhs())
                               : Value();
    }
    if (isa<math::RsqrtOp>(op)) {
      TypedAttr one = a.b.getFloatAttr(element, 1.0);
      return a.div(a.constant(one), math::SqrtOp::create(a.b, a.loc, x));
    }
    if (element.isF32())
      return rewriteSingle(op, a, x);
    if (element.isF64() && !libm)
      return rewriteDouble(op, a, x);
    return {};
  }

  Value rewriteSingle(Operation *op, Arithmetic &a, Value x) {
    return TypeSwitch<Operation *, Value>(op)
        .Case([&](math::ExpOp) { return approximateExp(a, x); })
        .Case([&](math::ExpM1Op) { return approximateExpm1(a, x); })
        .Case([&](math::LogOp) { return approximateLog(a, x); })
        .Case([&](math::Log1pOp) { return approximateLog1p(a, x); })
        .Case([&](math::TanhOp) { return approximateTanh(a, x); })
        .Case([&](math::ErfOp) { return approximateErf(a, x); })
        .Case([&](math::ErfcOp) { return approximateErfc(a, x); })
        .Case<math::SinOp, math::CosOp>([&](Operation *) {
          bool cosine = isa<math::CosOp>(op);
          return libm ? sinCosWithLibm(a, x, cosine) : sinCosWithoutLibm(a, x, cosine);
        })
        .Default([](Operation *) { return Value(); });
  }

  Value rewriteDouble(Operation *op, Arithmetic &a, Value x) {
    return TypeSwitch<Operation *, Value>(op)
        .Case([&](math::ExpOp) { return expDouble(a, x); })
        .Case([&](math::ExpM1Op) { return expm1Double(a, x); })
        .Case([&](math::LogOp) { return logDouble(a, x); })
        .Case([&](math::Log1pOp) { return log1pDouble(a, x); })
        .Case([&](math::TanhOp) { return tanhDouble(a, x); })
        .Case([&](math::ErfOp) { return erfDouble(a, x); })
        .Case([&](math::ErfcOp) { return erfcDouble(a, x); })
        .Case<math::SinOp, math::CosOp>([&](Operation *) { return sinCosDouble(a, x, isa<math::CosOp>(op)); })
        .Default([](Operation *) { return Value(); });
  }
};
} // namespace
