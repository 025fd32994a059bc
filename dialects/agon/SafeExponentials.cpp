//===- SafeExponentials.cpp - Exponentials in sums and quotients ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The algebra of exp, expm1 = exp - 1, sigmoid = exp / (1 + exp) and softplus =
// log(1 + exp), and of erf and erfc = 1 - erf: where a formula subtracts, divides or
// takes a root of what rounding or overflow has spoilt, another member of the family is
// the exact answer.
//===----------------------------------------------------------------------===//
#include "dialects/agon/SafeNumerics.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace agon;
using namespace agon::safe;

namespace {

/// A pattern that counts what it does.
template <typename OpTy> struct Rule : OpRewritePattern<OpTy> {
  Rule(MLIRContext *context, Pass::Statistic &count) : OpRewritePattern<OpTy>(context), count(count) {}

  /// A value that `op` may be replaced with, or null, in which case nothing was built.
  virtual Value find(OpTy op, Writer b) const = 0;

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    if (!tensorType(op->getResult(0)))
      return failure();
    Value better = find(op, {rewriter, op.getLoc()});
    if (!better)
      return failure();
    rewriter.replaceOp(op, better);
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

//===----------------------------------------------------------------------===//
// Of one operand
//===----------------------------------------------------------------------===//

/// exp(k - softplus(x)) -> e^k sigmoid(-x); exp(k + softplus(x)) -> e^k (1 + exp(x));
/// exp(k + log(x)) -> e^k x, for a positive x.
struct ExpOfLogarithm : Rule<math::ExpOp> {
  ExpOfLogarithm(MLIRContext *context, Pass::Statistic &count, unsigned maxDepth)
      : Rule(context, count), maxDepth(maxDepth) {}

  Value find(math::ExpOp op, Writer b) const override {
    Term term(op.getOperand());
    double factor = std::exp(term.offset);
    if (!std::isnormal(factor))
      return {};
    if (auto softplus = term.coreAs<SoftplusOp>()) {
      Value x = softplus.getInput();
      if (term.scale == -1)
        return b.scaled(factor, b.shaped(term, b.sigmoid(b.neg(x))));
      if (term.scale == 1)
        return b.scaled(factor, b.shaped(term, b.add(b.splat(x.getType(), 1), b.exp(x))));
    }
    auto log = term.coreAs<math::LogOp>();
    if (log && term.scale == 1 && isPositive(log.getOperand(), maxDepth))
      return b.scaled(factor, b.shaped(term, log.getOperand()));
    return {};
  }

  unsigned maxDepth;
};

/// expm1(-softplus(x)) -> -sigmoid(x); expm1(softplus(x)) -> exp(x).
struct Expm1OfSoftplus : Rule<math::ExpM1Op> {
  using Rule::Rule;

  Value find(math::ExpM1Op op, Writer b) const override {
    Term term(op.getOperand());
    auto softplus = term.coreAs<SoftplusOp>();
    if (!softplus || term.offset != 0 || std::abs(term.scale) != 1)
      return {};
    Value x = softplus.getInput();
    return b.shaped(term, term.scale == 1 ? b.exp(x) : b.neg(b.sigmoid(x)));
  }
};

/// The operand that `op` multiplies by a number, divides by one or negates; null if it does not.
static Value scaledOperand(Operation *op) {
  if (!op || op->getNumOperands() == 0 || !isa<arith::NegFOp, arith::MulFOp, arith::DivFOp>(op))
    return {};
  if (op->getNumOperands() == 1 || splatOf(op->getOperand(1)))
    return op->getOperand(0);
  return isa<arith::MulFOp>(op) && splatOf(op->getOperand(0)) ? op->getOperand(1) : Value();
}

/// exp(p (q x)) -> exp((p q) x), and so expm1: an exponential magnifies the rounding of each factor, and its slope,
/// which takes the factors one by one, may overflow between them.
template <typename OpTy> struct ExpOfFactors : Rule<OpTy> {
  using Rule<OpTy>::Rule;

  Value find(OpTy op, Writer b) const override {
    Value inner = scaledOperand(op.getOperand().getDefiningOp());
    while (inner && inner.getDefiningOp() && changesShape(inner.getDefiningOp()))
      inner = inner.getDefiningOp()->getOperand(0);
    if (!inner || !scaledOperand(inner.getDefiningOp()))
      return {};
    Term term(op.getOperand());
    if (term.offset != 0 || !std::isnormal(term.scale))
      return {};
    Value x = b.scaled(term.scale, term.core);
    return b.shaped(term, std::is_same_v<OpTy, math::ExpOp> ? b.exp(x) : b.expm1(x));
  }
};

/// sqrt(s exp(x)) -> sqrt(s) exp(x / 2); (s exp(x))^p -> s^p exp(p x), for numbers p and s > 0: the power may be a
/// number where the exponential itself overflows or underflows.
template <typename OpTy> struct PowerOfExp : Rule<OpTy> {
  using Rule<OpTy>::Rule;

  Value find(OpTy op, Writer b) const override {
    std::optional<double> power = 0.5;
    if constexpr (std::is_same_v<OpTy, math::PowFOp>)
      power = splatOf(op.getRhs());
    Term base(op->getOperand(0));
    auto exp = base.template coreAs<math::ExpOp>();
    if (!exp || !power || base.offset != 0 || !(base.scale > 0))
      return {};
    double factor = std::pow(base.scale, *power);
    if (!std::isnormal(factor))
      return {};
    return b.scaled(factor, b.shaped(base, b.exp(b.scaled(*power, exp.getOperand()))));
  }
};

//===----------------------------------------------------------------------===//
// Sums with a constant
//===----------------------------------------------------------------------===//

/// s exp(x) - s -> s expm1(x); s + s expm1(x) -> s exp(x); s - s sigmoid(x) -> s sigmoid(-x);
/// s - s erf(x) -> s erfc(x); s + s erf(x) -> s erfc(-x); s - s erfc(x) -> s erf(x); 2 s - s erfc(x) -> s erfc(-x);
/// and s f(x) + 0, where constants have cancelled, for each of these functions.
template <typename OpTy> struct SumWithConstant : Rule<OpTy> {
  using Rule<OpTy>::Rule;

  Value find(OpTy op, Writer b) const override {
    Term term(op.getResult());
    Value core = term.core;
    if (core == op.getResult())
      return {};
    auto is = [&](double ratio) { return term.offset == ratio * term.scale; };
    Value better;
    double factor = term.scale;
    if (auto exp = term.template coreAs<math::ExpOp>())
      better = is(0) ? core : is(-1) ? b.expm1(exp.getOperand()) : Value();
    else if (auto expm1 = term.template coreAs<math::ExpM1Op>())
      better = is(0) ? core : is(1) ? b.exp(expm1.getOperand()) : Value();
    else if (auto sigmoid = term.template coreAs<SigmoidOp>()) {
      better = is(0) ? core : is(-1) ? b.sigmoid(b.neg(sigmoid.getInput())) : Value();
      factor = is(0) ? factor : -factor;
    } else if (auto erf = term.template coreAs<math::ErfOp>()) {
      Value x = erf.getOperand();
      better = is(0) ? core : is(-1) ? b.erfc(x) : is(1) ? b.erfc(b.neg(x)) : Value();
      factor = is(-1) ? -factor : factor;
    } else if (auto erfc = term.template coreAs<math::ErfcOp>()) {
      Value x = erfc.getOperand();
      better = is(0) ? core : is(-1) ? b.erf(x) : is(-2) ? b.erfc(b.neg(x)) : Value();
      factor = is(0) ? factor : -factor;
    }
    return better ? b.scaled(factor, b.shaped(term, better)) : Value();
  }
};

/// v + number, where v is a sum with a term -number exp(x): the same sum with -number expm1(x). Null where there is
/// none.
static Value addToExponential(Value v, double number, Writer b, unsigned depth) {
  Term term(v);
  if (auto exp = term.coreAs<math::ExpOp>(); exp && term.offset == 0 && term.scale == -number)
    return b.scaled(term.scale, b.shaped(term, b.expm1(exp.getOperand())));
  if (depth == 0)
    return {};
  if (auto sum = v.getDefiningOp<arith::AddFOp>()) {
    if (Value left = addToExponential(sum.getLhs(), number, b, depth - 1))
      return b.add(left, sum.getRhs());
    if (Value right = addToExponential(sum.getRhs(), number, b, depth - 1))
      return b.add(sum.getLhs(), right);
  }
  if (auto difference = v.getDefiningOp<arith::SubFOp>()) {
    if (Value left = addToExponential(difference.getLhs(), number, b, depth - 1))
      return b.sub(left, difference.getRhs());
    if (Value right = addToExponential(difference.getRhs(), -number, b, depth - 1))
      return b.sub(difference.getLhs(), right);
  }
  return {};
}

/// a + s exp(x) - s -> a + s expm1(x), in a sum of any terms in any order.
template <typename OpTy> struct LongerSum : Rule<OpTy> {
  LongerSum(MLIRContext *context, Pass::Statistic &count, unsigned maxDepth)
      : Rule<OpTy>(context, count), maxDepth(maxDepth) {}

  Value find(OpTy op, Writer b) const override {
    constexpr bool difference = std::is_same_v<OpTy, arith::SubFOp>;
    for (bool swap : {false, true}) {
      // The operand that brings the number, and the one with the exponential; the signs of both in `op`.
      Value own = swap ? op.getRhs() : op.getLhs();
      Term constant(own);
      double ownSign = difference && swap ? -1 : 1, otherSign = difference && !swap ? -1 : 1;
      std::optional<double> splat = splatOf(own);
      double number = splat.value_or(constant.offset);
      if (number == 0)
        continue;
      Value other = addToExponential(swap ? op.getLhs() : op.getRhs(), ownSign * otherSign * number, b, maxDepth);
      if (!other)
        continue;
      if (otherSign < 0)
        other = b.neg(other);
      return splat ? other : b.add(b.scaled(ownSign * constant.scale, b.shaped(constant, constant.core)), other);
    }
    return {};
  }

  unsigned maxDepth;
};

/// softplus(x) - log(2) -> log((1 + exp(x)) / 2), which is 0 at 0 and like x / 2 around it:
/// log1p(expm1(x) / 2) for x <= 0, x + log1p(expm1(-x) / 2) above.
template <typename OpTy> struct LogMean : Rule<OpTy> {
  using Rule<OpTy>::Rule;

  Value find(OpTy op, Writer b) const override {
    Term term(op.getResult());
    auto softplus = term.template coreAs<SoftplusOp>();
    if (!softplus)
      return {};
    Value x = softplus.getInput();
    Type type = x.getType();
    double rounding = cast<FloatType>(tensorType(x).getElementType()).getFPMantissaWidth();
    if (!(std::abs(term.offset / term.scale + std::numbers::ln2) <= std::exp2(-rounding)))
      return {};
    Value above = b.exceeds(x, 0);
    Value ramp = b.select(above, x, b.splat(type, 0)), minus = b.select(above, b.neg(x), x);
    Value mean = b.add(ramp, b.log1p(b.scaled(0.5, b.expm1(minus))));
    return b.scaled(term.scale, b.shaped(term, mean));
  }
};

//===----------------------------------------------------------------------===//
// Quotients
//===----------------------------------------------------------------------===//

/// exp(x) / (1 + exp(x)) -> sigmoid(x); a / (1 + exp(x)) -> a sigmoid(-x); the denominator may have a factor.
struct SigmoidFromExp : Rule<arith::DivFOp> {
  using Rule::Rule;

  Value find(arith::DivFOp op, Writer b) const override {
    Term below(op.getRhs());
    auto exp = below.coreAs<math::ExpOp>();
    if (!exp || below.offset != below.scale)
      return {};
    Value x = exp.getOperand(), a = op.getLhs();
    Term above(a);
    if (above.core == below.core && above.offset == 0 && above.hasShapeOf(below))
      return b.scaled(above.scale / below.scale, b.shaped(below, b.sigmoid(x)));
    Value sigmoid = b.shaped(below, b.sigmoid(b.neg(x)));
    if (std::optional<double> number = splatOf(a))
      return b.scaled(*number / below.scale, sigmoid);
    return b.scaled(1 / below.scale, b.mul(a, sigmoid));
  }
};

/// expm1(x) / exp(x) -> -expm1(-x); exp(x) / exp(y) -> exp(x - y); sigmoid(x) / sigmoid(-x) -> exp(x). Each may have
/// a factor.
struct Quotient : Rule<arith::DivFOp> {
  using Rule::Rule;

  Value find(arith::DivFOp op, Writer b) const override {
    Term above(op.getLhs()), below(op.getRhs());
    if (above.offset != 0 || below.offset != 0 || !above.hasShapeOf(below))
      return {};
    double factor = above.scale / below.scale;
    auto times = [&](Value v) { return b.scaled(factor, b.shaped(below, v)); };
    if (auto exp = below.coreAs<math::ExpOp>()) {
      Value x = exp.getOperand();
      if (auto other = above.coreAs<math::ExpOp>())
        return times(b.exp(b.sub(other.getOperand(), x)));
      if (auto expm1 = above.coreAs<math::ExpM1Op>(); expm1 && expm1.getOperand() == x)
        return times(b.neg(b.expm1(b.neg(x))));
    }
    auto p = above.coreAs<SigmoidOp>(), q = below.coreAs<SigmoidOp>();
    return p && q && areOpposite(p.getInput(), q.getInput()) ? times(b.exp(p.getInput())) : Value();
  }
};

/// a / exp(x) -> a exp(-x), whose slope is no quotient of large numbers.
struct QuotientByExp : Rule<arith::DivFOp> {
  using Rule::Rule;

  Value find(arith::DivFOp op, Writer b) const override {
    Term below(op.getRhs());
    auto exp = below.coreAs<math::ExpOp>();
    if (!exp || below.offset != 0)
      return {};
    Value inverse = b.shaped(below, b.exp(b.neg(exp.getOperand())));
    if (std::optional<double> number = splatOf(op.getLhs()))
      return b.scaled(*number / below.scale, inverse);
    return b.scaled(1 / below.scale, b.mul(op.getLhs(), inverse));
  }
};

} // namespace

void agon::safe::addExponentials(RewritePatternSet &patterns, Pass::Statistic &exponentials, Pass::Statistic &sigmoids,
                                 unsigned maxDepth) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpOfLogarithm>(context, exponentials, maxDepth);
  patterns.add<Expm1OfSoftplus, SumWithConstant<arith::AddFOp>, SumWithConstant<arith::SubFOp>, Quotient>(context,
                                                                                                          exponentials);
  patterns
      .add<PowerOfExp<math::SqrtOp>, PowerOfExp<math::PowFOp>, ExpOfFactors<math::ExpOp>, ExpOfFactors<math::ExpM1Op>>(
          context, exponentials);
  patterns.add<LongerSum<arith::AddFOp>, LongerSum<arith::SubFOp>>(context, exponentials, maxDepth);
  patterns.add<SigmoidFromExp>(context, sigmoids);
}

void agon::safe::addLastForms(RewritePatternSet &patterns, Pass::Statistic &count) {
  patterns.add<LogMean<arith::AddFOp>, LogMean<arith::SubFOp>, QuotientByExp>(patterns.getContext(), count);
}
