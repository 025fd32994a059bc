//===- SafeLogarithms.cpp - Logarithms that do not overflow -------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/SafeNumerics.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace agon;
using namespace agon::safe;

namespace {

/// Whether an exponential is a factor of `value`'s elements: then its logarithm
/// may be a number where the value itself overflows or underflows.
static bool holdsExp(Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (isa<math::ExpOp>(op))
    return true;
  if (changesShape(op) || isa<arith::MulFOp, arith::DivFOp>(op))
    return llvm::any_of(op->getOperands(), [&](Value v) { return holdsExp(v, depth - 1); });
  return false;
}

/// Finds a safe form of a logarithm by what its operand is made of.
class Logarithm {
public:
  Logarithm(Writer b, bool last) : b(b), last(last) {}

  /// log(v) in a form better than `math.log`, or null, in which case nothing
  /// was built.
  Value find(Value v, unsigned depth) {
    Operation *op = v.getDefiningOp();
    if (!op || depth == 0)
      return {};
    --depth;
    if (changesShape(op))
      return ofShape(op, depth);
    return llvm::TypeSwitch<Operation *, Value>(op)
        .Case([&](math::ExpOp exp) { return exp.getOperand(); })
        .Case([&](math::ExpM1Op op) { return ofProduct(Term(op.getResult()), depth); })
        .Case([&](SigmoidOp op) { return b.neg(b.softplus(b.neg(op.getInput()))); })
        .Case([&](arith::AddFOp op) { return ofSum(op); })
        .Case<arith::NegFOp>([&](arith::NegFOp op) { return ofProduct(Term(op.getResult()), depth); })
        .Case<arith::MulFOp, arith::DivFOp>([&](auto op) {
          Value pair = ofPair(op.getLhs(), op.getRhs(), isa<arith::DivFOp>(op), depth);
          return pair ? pair : ofProduct(Term(op.getResult()), depth);
        })
        .Case([&](math::SqrtOp op) { return ofPower(op.getOperand(), 0.5, depth); })
        .Case([&](math::PowFOp op) -> Value {
          std::optional<double> exponent = splatOf(op.getRhs());
          return exponent ? ofPower(op.getLhs(), *exponent, depth) : Value();
        })
        .Case([&](ReduceOp op) { return ofReduce(op, depth); })
        .Case([&](arith::SelectOp op) { return ofSelect(op, depth); })
        .Case([&](ConcatOp op) { return ofConcat(op, depth); })
        .Default([](Operation *) { return Value(); });
  }

private:
  /// log(exp(a) + exp(b)), and log(c + s exp(x)) with c, s > 0.
  Value ofSum(arith::AddFOp op) {
    auto first = op.getLhs().getDefiningOp<math::ExpOp>(), second = op.getRhs().getDefiningOp<math::ExpOp>();
    if (first && second)
      return b.add(first.getOperand(), b.softplus(b.sub(second.getOperand(), first.getOperand())));
    Term term(op.getResult());
    auto exp = term.coreAs<math::ExpOp>();
    if (!exp || !(term.offset > 0) || !(term.scale > 0))
      return {};
    Value x = exp.getOperand();
    if (term.offset != term.scale)
      x = b.sub(x, b.splat(x.getType(), std::log(term.offset / term.scale)));
    return plus(b.shaped(term, b.softplus(x)), std::log(term.offset));
  }

  /// log(s * x) for a number s.
  Value ofProduct(const Term &term, unsigned depth) {
    if (term.offset != 0 || term.scale == 0)
      return {};
    Value inner;
    if (auto expm1 = term.coreAs<math::ExpM1Op>()) {
      if (!last)
        return {};
      Value x = expm1.getOperand();
      inner = term.scale < 0 ? ofOneMinusExp(x) : b.add(x, ofOneMinusExp(b.neg(x)));
    } else if (term.scale > 0) {
      inner = find(term.core, depth);
    }
    return inner ? plus(b.shaped(term, inner), std::log(std::abs(term.scale))) : Value();
  }

  /// log(1 - exp(x)). Near 0, 1 - exp(x) is -expm1(x); far below, its logarithm is about -exp(x). (Maechler 2012.)
  /// Each side reads a number where the other is taken, the first so that it is no formula for this rule again.
  Value ofOneMinusExp(Value x) {
    Value near = b.exceeds(x, -std::numbers::ln2), one = b.splat(x.getType(), 1);
    return b.select(near, b.log(b.select(near, b.neg(b.expm1(x)), one)), b.log1p(b.neg(b.exp(x))));
  }

  Value plus(Value v, double number) { return number == 0 ? v : b.add(v, b.splat(v.getType(), number)); }

  /// log(x * y) or log(x / y) where one of them is positive for sure: then so
  /// is the other, or there is no logarithm.
  Value ofPair(Value x, Value y, bool quotient, unsigned depth) {
    if (!isPositive(x, depth) && !isPositive(y, depth))
      return {};
    Value logX = find(x, depth), logY = find(y, depth);
    if (!logX && !logY)
      return {};
    // The rest may be a plain positive factor, whose logarithm is known.
    if (!logX)
      logX = plain(x);
    if (!logY)
      logY = plain(y);
    return quotient ? b.sub(logX, logY) : b.add(logX, logY);
  }

  Value ofPower(Value base, double exponent, unsigned depth) {
    Value logBase = isPositive(base, depth) ? find(base, depth) : Value();
    return logBase ? b.mul(logBase, b.splat(base.getType(), exponent)) : Value();
  }

  Value ofReduce(ReduceOp op, unsigned depth) {
    Value input = op.getInput();
    if (!isPositive(input, depth))
      return {};
    // log grows: it may change places with max and min, and with a sum of one.
    auto unit = [&](int64_t axis) { return tensorType(input).getDimSize(axis) == 1; };
    if (op.getKind() != ReduceKind::Sum || (!op.getExpectation() && llvm::all_of(op.getDims(), unit))) {
      Value inner = find(input, depth);
      return inner ? b.reduceLike(op, op.getKind(), inner) : Value();
    }
    auto exp = input.getDefiningOp<math::ExpOp>();
    if (!holdsExp(input, depth) || (exp && isShifted(exp.getOperand(), op.getDims())))
      return {};
    Value inner = find(input, depth);
    return inner ? b.logSumExp(inner, op) : Value();
  }

  /// Both sides must be positive: a NaN not chosen would come back through the
  /// derivative.
  Value ofSelect(arith::SelectOp op, unsigned depth) {
    Value yes = op.getTrueValue(), no = op.getFalseValue();
    if (!isPositive(yes, depth) || !isPositive(no, depth))
      return {};
    Value logYes = find(yes, depth), logNo = find(no, depth);
    if (!logYes && !logNo)
      return {};
    return arith::SelectOp::create(b.builder, b.loc, op.getCondition(), logYes ? logYes : plain(yes),
                                   logNo ? logNo : plain(no));
  }

  Value ofConcat(ConcatOp op, unsigned depth) {
    SmallVector<Value> logs;
    for (Value input : op.getInputs())
      logs.push_back(find(input, depth));
    if (llvm::none_of(logs, [](Value v) { return static_cast<bool>(v); }))
      return {};
    for (auto [log, input] : llvm::zip_equal(logs, op.getInputs()))
      if (!log)
        log = plain(input);
    return ConcatOp::create(b.builder, b.loc, logs, static_cast<int64_t>(op.getDim()));
  }

  Value ofShape(Operation *op, unsigned depth) {
    Value inner = find(op->getOperand(0), depth);
    if (!inner)
      return {};
    Operation *copy = b.builder.clone(*op);
    copy->setLoc(b.loc);
    copy->setOperand(0, inner);
    return copy->getResult(0);
  }

  /// log(v) as it is, but before v is repeated rather than after.
  Value plain(Value v) {
    if (std::optional<double> number = splatOf(v); number && *number > 0)
      return b.splat(v.getType(), std::log(*number));
    if (auto broadcast = v.getDefiningOp<BroadcastOp>())
      return BroadcastOp::create(b.builder, b.loc, v.getType(), plain(broadcast.getInput()), broadcast.getDims());
    return b.log(v);
  }

  Writer b;
  bool last; ///< Whether log(1 - exp(x)) is to be written, too.
};

/// x where v is 1 + x, the 1 anywhere in a sum of several terms; null otherwise.
Value withoutOne(Value v, Writer b, unsigned depth) {
  Operation *op = v.getDefiningOp();
  if (!op || depth == 0 || !isa<arith::AddFOp, arith::SubFOp>(op))
    return {};
  Value left = op->getOperand(0), right = op->getOperand(1);
  bool isSum = isa<arith::AddFOp>(op);
  if (isSplat(left, 1))
    return isSum ? right : b.neg(right);
  if (isSplat(right, isSum ? 1 : -1))
    return left;
  if (Value rest = withoutOne(left, b, depth - 1))
    return isSum ? b.add(rest, right) : b.sub(rest, right);
  Value rest = isSum ? withoutOne(right, b, depth - 1) : Value();
  return rest ? b.add(left, rest) : Value();
}

struct SafeLog : OpRewritePattern<math::LogOp> {
  SafeLog(MLIRContext *context, Pass::Statistic &count, unsigned maxDepth, bool last)
      : OpRewritePattern(context), count(count), maxDepth(maxDepth), last(last) {}

  LogicalResult matchAndRewrite(math::LogOp op, PatternRewriter &rewriter) const override {
    if (!tensorType(op.getOperand()))
      return failure();
    Writer b{rewriter, op.getLoc()};
    Value safe = Logarithm(b, last).find(op.getOperand(), maxDepth);
    if (!safe && last)
      safe = ofOnePlus(op.getOperand(), b);
    if (!safe)
      return failure();
    rewriter.replaceOp(op, safe);
    ++count;
    return success();
  }

  /// log1p(x) for a v that is 1 + x.
  Value ofOnePlus(Value v, Writer b) const {
    SmallVector<Operation *> shapes;
    for (Operation *op; (op = v.getDefiningOp()) && changesShape(op); v = op->getOperand(0))
      shapes.push_back(op);
    Value x = withoutOne(v, b, maxDepth);
    return x ? b.reshaped(shapes, b.log1p(x)) : Value();
  }

  Pass::Statistic &count;
  unsigned maxDepth;
  bool last;
};

} // namespace

void agon::safe::addLogarithms(RewritePatternSet &patterns, Pass::Statistic &count, unsigned maxDepth, bool last) {
  patterns.add<SafeLog>(patterns.getContext(), count, maxDepth, last);
}
