//===- MathRules.cpp - Pullbacks of math and of the smooth steps ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Where a function has no finite derivative at a point of its domain, the rule
// takes it to be 0 there, by two selects: one keeps the point away from the
// formula (a zero cotangent times infinity would be NaN in the *next*
// derivative), the other puts the zero in its place.
//===----------------------------------------------------------------------===//
#include "compiler/autodiff/Rules.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace agon::autodiff;

namespace {

void exp(math::ExpOp op, Pullback &p) { p.giveScaled(0, op.getResult()); }

// Not expm1(x) + 1, of which nothing is left far below 0.
void expm1(math::ExpM1Op op, Pullback &p) { p.giveScaled(0, p.create<math::ExpOp>(op.getOperand())); }

void log(math::LogOp op, Pullback &p) { p.give(0, p.div(p.cotangent(), op.getOperand())); }

void log1p(math::Log1pOp op, Pullback &p) {
  p.give(0, p.div(p.cotangent(), p.add(op.getOperand(), p.splat(1, op.getType()))));
}

// The slope is infinite at 0 and taken as 0 in every order, so that norm(v) is
// safe at v = 0.
void sqrt(math::SqrtOp op, Pullback &p) {
  Value y = op.getResult();
  Value atZero = p.isZero(y);
  Value safe = p.select(atZero, p.splat(1, y.getType()), y);
  Value slope = p.div(p.splat(0.5, y.getType()), safe);
  p.giveScaled(0, p.select(atZero, p.splat(0, y.getType()), slope));
}

void rsqrt(math::RsqrtOp op, Pullback &p) {
  Value y = op.getResult();
  p.giveScaled(0, p.scale(-0.5, p.mul(y, p.mul(y, y))));
}

void tanh(math::TanhOp op, Pullback &p) {
  Value y = op.getResult();
  p.giveScaled(0, p.sub(p.splat(1, y.getType()), p.mul(y, y)));
}

// 0 at 0.
void absf(math::AbsFOp op, Pullback &p) {
  Value x = op.getOperand();
  Type type = x.getType();
  Value zero = p.splat(0, type);
  Value unless = p.select(p.compare(arith::CmpFPredicate::OLT, x, zero), p.splat(-1, type), zero);
  p.giveScaled(0, p.select(p.compare(arith::CmpFPredicate::OGT, x, zero), p.splat(1, type), unless));
}

void sin(math::SinOp op, Pullback &p) { p.giveScaled(0, p.create<math::CosOp>(op.getOperand())); }

void cos(math::CosOp op, Pullback &p) { p.giveScaled(0, p.neg(p.create<math::SinOp>(op.getOperand()))); }

/// The slope of `sign` erf(x): sign 2 / sqrt(pi) exp(-x^2).
void giveBell(Value x, double sign, Pullback &p) {
  Value bell = p.create<math::ExpOp>(p.neg(p.mul(x, x)));
  p.giveScaled(0, p.scale(sign * 2 * std::numbers::inv_sqrtpi, bell));
}

void erf(math::ErfOp op, Pullback &p) { giveBell(op.getOperand(), 1, p); }

void erfc(math::ErfcOp op, Pullback &p) { giveBell(op.getOperand(), -1, p); }

/// d x^c / dx for a number c. At x = 0 it is 0 if c < 1.
Value powerSlope(Pullback &p, Value x, double c) {
  Type type = x.getType();
  if (c == 1)
    return p.splat(1, type);
  if (c == 2)
    return p.scale(2, x);
  Value exponent = p.splat(c - 1, type);
  if (c > 1)
    return p.scale(c, p.create<math::PowFOp>(x, exponent));
  Value atZero = p.isZero(x);
  Value safe = p.select(atZero, p.splat(1, type), x);
  return p.select(atZero, p.splat(0, type), p.scale(c, p.create<math::PowFOp>(safe, exponent)));
}

/// d x^y / dx for an exponent that varies; the same convention.
Value powerSlope(Pullback &p, Value x, Value y) {
  Type type = x.getType();
  Value one = p.splat(1, type);
  Value singular = p.create<arith::AndIOp>(p.isZero(x), p.compare(arith::CmpFPredicate::OLT, y, one));
  Value safe = p.select(singular, one, x);
  Value slope = p.mul(y, p.create<math::PowFOp>(safe, p.sub(y, one)));
  return p.select(singular, p.splat(0, type), slope);
}

void powf(math::PowFOp op, Pullback &p) {
  Value x = op.getLhs(), y = op.getRhs();
  Type type = op.getType();
  if (p.needs(0)) {
    std::optional<double> c = splatValue(y);
    if (!c)
      p.giveScaled(0, powerSlope(p, x, y));
    else if (*c != 0)
      p.giveScaled(0, powerSlope(p, x, *c));
  }
  if (p.needs(1)) {
    // x^y log x tends to 0 with x.
    Value atZero = p.isZero(x);
    Value safe = p.select(atZero, p.splat(1, type), x);
    Value slope = p.mul(op.getResult(), p.create<math::LogOp>(safe));
    p.giveScaled(1, p.select(atZero, p.splat(0, type), slope));
  }
}

// y (1 - y); as the slope of a softplus, whose second derivative it then makes, y sigmoid(-x): 1 - y is 0 where
// y rounds to 1.
void sigmoid(agon::SigmoidOp op, Pullback &p) {
  Value x = op.getInput(), y = op.getResult();
  bool isSlope = llvm::any_of(x.getUsers(), [](Operation *user) { return isa<agon::SoftplusOp>(user); });
  Value rest = isSlope ? p.create<agon::SigmoidOp>(y.getType(), p.neg(x)) : p.sub(p.splat(1, y.getType()), y);
  p.giveScaled(0, p.mul(y, rest));
}

void softplus(agon::SoftplusOp op, Pullback &p) {
  p.giveScaled(0, p.create<agon::SigmoidOp>(op.getType(), op.getInput()));
}

void attachRules(MLIRContext *context, math::MathDialect *) {
  attach<exp, expm1, log, log1p, sqrt, rsqrt, tanh, absf, sin, cos, erf, erfc, powf>(*context);
  attachConstant<math::FloorOp, math::CeilOp, math::TruncOp, math::RoundOp, math::RoundEvenOp>(*context);
}

void attachStepRules(MLIRContext *context, agon::AgonDialect *) { attach<sigmoid, softplus>(*context); }

} // namespace

void agon::autodiff::registerMathRules(DialectRegistry &registry) {
  registry.addExtension(attachRules);
  registry.addExtension(attachStepRules);
}
