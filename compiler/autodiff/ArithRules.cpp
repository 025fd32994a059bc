//===- ArithRules.cpp - Pullbacks of arith --------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Rules.h"

using namespace mlir;
using namespace agon::autodiff;

namespace {

void addf(arith::AddFOp, Pullback &p) {
  p.give(0, p.cotangent());
  p.give(1, p.cotangent());
}

void subf(arith::SubFOp, Pullback &p) {
  p.give(0, p.cotangent());
  if (p.needs(1))
    p.give(1, p.neg(p.cotangent()));
}

void mulf(arith::MulFOp op, Pullback &p) {
  if (p.needs(0))
    p.giveScaled(0, op.getRhs());
  if (p.needs(1))
    p.giveScaled(1, op.getLhs());
}

// With q = a / b: da = c / b, db = -(c / b) q.
void divf(arith::DivFOp op, Pullback &p) {
  Value scaled = p.div(p.cotangent(), op.getRhs());
  p.give(0, scaled);
  if (p.needs(1))
    p.give(1, p.neg(p.mul(scaled, op.getResult())));
}

void negf(arith::NegFOp, Pullback &p) { p.give(0, p.neg(p.cotangent())); }

/// 1 where `a` is chosen over `b`, 1/2 where they tie, 0 where it is not.
Value share(Pullback &p, arith::CmpFPredicate better, Value a, Value b) {
  Type type = a.getType();
  Value tie = p.compare(arith::CmpFPredicate::OEQ, a, b);
  Value unless = p.select(tie, p.splat(0.5, type), p.splat(0, type));
  return p.select(p.compare(better, a, b), p.splat(1, type), unless);
}

template <typename OpTy, arith::CmpFPredicate better> void extremum(OpTy op, Pullback &p) {
  if (p.needs(0))
    p.giveScaled(0, share(p, better, op.getLhs(), op.getRhs()));
  if (p.needs(1))
    p.giveScaled(1, share(p, better, op.getRhs(), op.getLhs()));
}

// r = a - b trunc(a / b), with the quotient locally constant.
void remf(arith::RemFOp op, Pullback &p) {
  p.give(0, p.cotangent());
  if (!p.needs(1))
    return;
  Value quotient = p.div(p.sub(op.getLhs(), op.getResult()), op.getRhs());
  quotient = p.create<agon::StopGradientOp>(quotient.getType(), quotient);
  p.give(1, p.neg(p.mul(p.cotangent(), quotient)));
}

// Selecting zeros, rather than multiplying by them, keeps an infinite or NaN
// cotangent out of the branch that was not taken.
void select(arith::SelectOp op, Pullback &p) {
  Value zero = p.splat(0, p.cotangent().getType());
  if (p.needs(1))
    p.give(1, p.select(op.getCondition(), p.cotangent(), zero));
  if (p.needs(2))
    p.give(2, p.select(op.getCondition(), zero, p.cotangent()));
}

void extf(arith::ExtFOp op, Pullback &p) { p.give(0, p.create<arith::TruncFOp>(op.getIn().getType(), p.cotangent())); }

void truncf(arith::TruncFOp op, Pullback &p) {
  p.give(0, p.create<arith::ExtFOp>(op.getIn().getType(), p.cotangent()));
}

void attachRules(MLIRContext *context, arith::ArithDialect *) {
  constexpr auto greater = arith::CmpFPredicate::OGT, less = arith::CmpFPredicate::OLT;
  attach<addf, subf, mulf, divf, negf, remf, select, extf, truncf, extremum<arith::MaximumFOp, greater>,
         extremum<arith::MaxNumFOp, greater>, extremum<arith::MinimumFOp, less>, extremum<arith::MinNumFOp, less>>(
      *context);
  attachConstant<arith::CmpFOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::FPToUIOp>(*context);
}

} // namespace

void agon::autodiff::registerArithRules(DialectRegistry &registry) { registry.addExtension(attachRules); }
