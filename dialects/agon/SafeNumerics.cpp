//===- SafeNumerics.cpp - Formulas into forms that do not overflow --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace agon {
#define GEN_PASS_DEF_SAFENUMERICSPASS
#include "dialects/agon/AgonPasses.h.inc"
} // namespace agon

using namespace mlir;
using namespace agon;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

static RankedTensorType tensorType(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

/// The number that `value` has in every element, if that is plain to see.
static std::optional<double> splatOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, arith::TruncFOp, arith::ExtFOp>(op))
      break;
    value = op->getOperand(0);
  }
  APFloat number(0.0);
  if (!matchPattern(value, m_ConstantFloat(&number)))
    return std::nullopt;
  bool inexact;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToDouble();
}

static bool isSplat(Value value, double number) { return splatOf(value) == number; }

/// Splits a sum into an exponential and the other term: exp(x) + rest.
static math::ExpOp matchExpPlus(Value value, Value &rest) {
  auto sum = value.getDefiningOp<arith::AddFOp>();
  if (!sum)
    return {};
  for (bool swap : {false, true}) {
    Value a = swap ? sum.getRhs() : sum.getLhs(), b = swap ? sum.getLhs() : sum.getRhs();
    if (auto exp = a.getDefiningOp<math::ExpOp>()) {
      rest = b;
      return exp;
    }
  }
  return {};
}

/// Whether x is already relative to its own maximum over `dims`: the form that
/// this pass writes, and that careful users write.
static bool isShifted(Value x, ArrayRef<int64_t> dims) {
  auto difference = x.getDefiningOp<arith::SubFOp>();
  if (!difference)
    return false;
  Value shift = difference.getRhs();
  while (Operation *op = shift.getDefiningOp()) {
    if (!isa<BroadcastOp, ReshapeOp, StopGradientOp>(op))
      break;
    shift = op->getOperand(0);
  }
  auto max = shift.getDefiningOp<ReduceOp>();
  return max && max.getKind() == ReduceKind::Max && max.getInput() == difference.getLhs() &&
         max.getDims() == dims;
}

/// Whether an exponential is a factor of `value`'s elements: then its logarithm
/// may be a number where the value itself overflows or underflows.
static bool holdsExp(Value value, unsigned depth) {
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  if (isa<math::ExpOp>(op))
    return true;
  if (isa<arith::MulFOp, arith::DivFOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp,
          StopGradientOp>(op))
    return llvm::any_of(op->getOperands(), [&](Value v) { return holdsExp(v, depth - 1); });
  return false;
}

/// Whether every element of `value` is a positive real number in exact
/// arithmetic, so that log(value) exists whatever becomes of the rounding.
static bool isPositive(Value value, unsigned depth) {
  if (std::optional<double> number = splatOf(value))
    return *number > 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  auto all = [&](auto &&values) {
    return llvm::all_of(values, [&](Value v) { return isPositive(v, depth - 1); });
  };
  if (isa<math::ExpOp, SigmoidOp, SoftplusOp>(op))
    return true;
  if (isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, math::SqrtOp, ReduceOp, BroadcastOp,
          ReshapeOp, TransposeOp, SliceOp, ConcatOp, StopGradientOp>(op))
    return all(op->getOperands());
  if (isa<math::PowFOp>(op))
    return isPositive(op->getOperand(0), depth - 1);
  if (isa<arith::SelectOp>(op))
    return all(op->getOperands().drop_front());
  return false;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

namespace {

struct Builder {
  OpBuilder &builder;
  Location loc;

  Value splat(Type type, double number) {
    auto tensor = cast<RankedTensorType>(type);
    auto value = DenseElementsAttr::get(tensor, builder.getFloatAttr(tensor.getElementType(), number)
                                                    .getValue());
    return arith::ConstantOp::create(builder, loc, value);
  }
  Value neg(Value v) {
    if (auto inner = v.getDefiningOp<arith::NegFOp>())
      return inner.getOperand();
    return arith::NegFOp::create(builder, loc, v);
  }
  Value add(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(builder, loc, a, b); }
  Value exp(Value v) { return math::ExpOp::create(builder, loc, v); }
  Value log(Value v) { return math::LogOp::create(builder, loc, v); }
  Value sigmoid(Value v) { return SigmoidOp::create(builder, loc, v); }
  Value softplus(Value v) { return SoftplusOp::create(builder, loc, v); }

  /// A reduction's result, repeated along the axes that it removed.
  Value expand(Value reduced, ArrayRef<int64_t> dims, RankedTensorType type) {
    SmallVector<int64_t> kept;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (!llvm::is_contained(dims, axis))
        kept.push_back(axis);
    return BroadcastOp::create(builder, loc, type, reduced, kept);
  }
  /// A reduction of x as `op` is one: over the same axes, an expectation if it is one.
  Value reduceLike(ReduceOp op, ReduceKind kind, Value x) {
    return ReduceOp::create(builder, loc, kind, x, op.getDims(), op.getExpectation());
  }
  Value maxLike(ReduceOp op, Value x) {
    return StopGradientOp::create(builder, loc, reduceLike(op, ReduceKind::Max, x));
  }
  /// log(sum(exp(x))) over the axes of `op`, for an x that is not shifted yet.
  Value logSumExp(Value x, ReduceOp op) {
    Value m = maxLike(op, x);
    Value shifted = sub(x, expand(m, op.getDims(), cast<RankedTensorType>(x.getType())));
    return add(m, log(reduceLike(op, ReduceKind::Sum, exp(shifted))));
  }
};

//===----------------------------------------------------------------------===//
// Logarithms
//===----------------------------------------------------------------------===//

/// Finds a safe form of a logarithm by what its operand is made of.
class Logarithm {
public:
  Logarithm(OpBuilder &builder, Location loc) : b{builder, loc} {}

  /// log(v) in a form better than `math.log`, or null, in which case nothing
  /// was built.
  Value find(Value v, unsigned depth) {
    Operation *op = v.getDefiningOp();
    if (!op || depth == 0)
      return {};
    --depth;
    return llvm::TypeSwitch<Operation *, Value>(op)
        .Case([&](math::ExpOp exp) { return exp.getOperand(); })
        .Case([&](SigmoidOp op) { return b.neg(b.softplus(b.neg(op.getInput()))); })
        .Case([&](arith::AddFOp op) { return ofSum(op); })
        .Case([&](arith::MulFOp op) { return ofPair(op.getLhs(), op.getRhs(), false, depth); })
        .Case([&](arith::DivFOp op) { return ofPair(op.getLhs(), op.getRhs(), true, depth); })
        .Case([&](math::SqrtOp op) { return ofPower(op.getOperand(), 0.5, depth); })
        .Case([&](math::PowFOp op) -> Value {
          std::optional<double> exponent = splatOf(op.getRhs());
          return exponent ? ofPower(op.getLhs(), *exponent, depth) : Value();
        })
        .Case([&](ReduceOp op) { return ofReduce(op, depth); })
        .Case([&](arith::SelectOp op) { return ofSelect(op, depth); })
        .Case([&](ConcatOp op) { return ofConcat(op, depth); })
        .Case<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, StopGradientOp>(
            [&](Operation *op) { return ofShape(op, depth); })
        .Default([](Operation *) { return Value(); });
  }

private:
  /// log(exp(a) + exp(b)) and log(c + exp(x)) with c > 0.
  Value ofSum(arith::AddFOp op) {
    Value rest;
    math::ExpOp exp = matchExpPlus(op, rest);
    if (!exp)
      return {};
    Value x = exp.getOperand();
    if (auto other = rest.getDefiningOp<math::ExpOp>())
      return b.add(x, b.softplus(b.sub(other.getOperand(), x)));
    std::optional<double> c = splatOf(rest);
    if (!c || !(*c > 0) || !std::isfinite(*c))
      return {};
    if (*c == 1)
      return b.softplus(x);
    Value logC = b.splat(x.getType(), std::log(*c));
    return b.add(b.softplus(b.sub(x, logC)), logC);
  }

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
      return BroadcastOp::create(b.builder, b.loc, v.getType(), plain(broadcast.getInput()),
                                 broadcast.getDims());
    return b.log(v);
  }

  Builder b;
};

struct SafeLog : OpRewritePattern<math::LogOp> {
  SafeLog(MLIRContext *context, Pass::Statistic &count, unsigned maxDepth)
      : OpRewritePattern(context), count(count), maxDepth(maxDepth) {}

  LogicalResult matchAndRewrite(math::LogOp op, PatternRewriter &rewriter) const override {
    if (!tensorType(op.getOperand()))
      return failure();
    Value safe = Logarithm(rewriter, op.getLoc()).find(op.getOperand(), maxDepth);
    if (!safe)
      return failure();
    rewriter.replaceOp(op, safe);
    ++count;
    return success();
  }

  Pass::Statistic &count;
  unsigned maxDepth;
};

//===----------------------------------------------------------------------===//
// Sigmoids and softmaxes
//===----------------------------------------------------------------------===//

/// exp(x) / (1 + exp(x)) -> sigmoid(x); a / (1 + exp(x)) -> a * sigmoid(-x).
struct SigmoidFromExp : OpRewritePattern<arith::DivFOp> {
  SigmoidFromExp(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(arith::DivFOp op, PatternRewriter &rewriter) const override {
    Value one;
    math::ExpOp exp = tensorType(op.getLhs()) ? matchExpPlus(op.getRhs(), one) : math::ExpOp();
    if (!exp || !isSplat(one, 1))
      return failure();
    Builder b{rewriter, op.getLoc()};
    Value x = exp.getOperand(), above = op.getLhs();
    auto numerator = above.getDefiningOp<math::ExpOp>();
    if (numerator && numerator.getOperand() == x) {
      rewriter.replaceOp(op, b.sigmoid(x));
    } else {
      Value sigmoid = b.sigmoid(b.neg(x));
      rewriter.replaceOp(op, isSplat(above, 1) ? sigmoid : b.mul(above, sigmoid));
    }
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

/// 1 - sigmoid(x) -> sigmoid(-x), through changes of shape.
struct OneMinusSigmoid : OpRewritePattern<arith::SubFOp> {
  OneMinusSigmoid(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(arith::SubFOp op, PatternRewriter &rewriter) const override {
    if (!tensorType(op.getLhs()) || !isSplat(op.getLhs(), 1))
      return failure();
    SmallVector<Operation *> shapes;
    Value value = op.getRhs();
    while (Operation *shape = value.getDefiningOp()) {
      if (!isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, StopGradientOp>(shape))
        break;
      shapes.push_back(shape);
      value = shape->getOperand(0);
    }
    auto sigmoid = value.getDefiningOp<SigmoidOp>();
    if (!sigmoid)
      return failure();
    Builder b{rewriter, op.getLoc()};
    Value mirrored = b.sigmoid(b.neg(sigmoid.getInput()));
    for (Operation *shape : llvm::reverse(shapes)) {
      Operation *copy = rewriter.clone(*shape);
      copy->setLoc(op.getLoc());
      copy->setOperand(0, mirrored);
      mirrored = copy->getResult(0);
    }
    rewriter.replaceOp(op, mirrored);
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

/// exp(x) / broadcast(sum(exp(x))) -> the same with x - max(x) for x.
struct ShiftSoftmax : OpRewritePattern<arith::DivFOp> {
  ShiftSoftmax(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(arith::DivFOp op, PatternRewriter &rewriter) const override {
    auto numerator = op.getLhs().getDefiningOp<math::ExpOp>();
    RankedTensorType type = tensorType(op.getLhs());
    if (!numerator || !type)
      return failure();
    // The sum, back through what puts its axes in place again.
    Value denominator = op.getRhs();
    while (Operation *shape = denominator.getDefiningOp()) {
      if (!isa<ReshapeOp, BroadcastOp>(shape))
        break;
      denominator = shape->getOperand(0);
    }
    auto sum = denominator.getDefiningOp<ReduceOp>();
    if (!sum || sum.getKind() != ReduceKind::Sum)
      return failure();
    auto exp = sum.getInput().getDefiningOp<math::ExpOp>();
    Value x = numerator.getOperand();
    if (!exp || exp.getOperand() != x || isShifted(x, sum.getDims()))
      return failure();
    Builder b{rewriter, op.getLoc()};
    // The sum must stand along its own axes: a transposed use is another thing.
    if (!repeatsAlong(op.getRhs(), sum, type))
      return failure();
    Value shift = b.expand(b.maxLike(sum, x), sum.getDims(), type);
    Value shifted = b.exp(b.sub(x, shift));
    Value total = b.expand(b.reduceLike(sum, ReduceKind::Sum, shifted), sum.getDims(), type);
    rewriter.replaceOpWithNewOp<arith::DivFOp>(op, shifted, total);
    ++count;
    return success();
  }

  /// Whether `value` is `sum` repeated along the axes that it removed, by
  /// following each kept axis through reshapes that only insert or drop axes of
  /// size 1 and through broadcasts.
  static bool repeatsAlong(Value value, ReduceOp sum, RankedTensorType type) {
    // From the value back to the sum; axes[i] is the axis of `type` at axis i.
    SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    while (value != sum.getResult()) {
      if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
        SmallVector<int64_t> inner;
        for (int64_t dim : broadcast.getDims())
          inner.push_back(axes[dim]);
        axes = inner;
        value = broadcast.getInput();
        continue;
      }
      auto reshape = value.getDefiningOp<ReshapeOp>();
      if (!reshape)
        return false;
      RankedTensorType from = tensorType(reshape.getInput()), to = reshape.getType();
      SmallVector<int64_t> inner(from.getRank(), -1);
      int64_t i = 0, j = 0;
      for (; i < from.getRank() || j < to.getRank();) {
        if (i < from.getRank() && j < to.getRank() && from.getDimSize(i) == to.getDimSize(j))
          inner[i++] = axes[j++];
        else if (i < from.getRank() && from.getDimSize(i) == 1)
          ++i;
        else if (j < to.getRank() && to.getDimSize(j) == 1)
          ++j;
        else
          return false;
      }
      axes = inner;
      value = reshape.getInput();
    }
    SmallVector<int64_t> kept;
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (!llvm::is_contained(sum.getDims(), axis))
        kept.push_back(axis);
    // An axis of size 1 is the same wherever it stands.
    for (auto [got, want] : llvm::zip_equal(axes, kept))
      if (got != want && type.getDimSize(want) != 1)
        return false;
    return true;
  }

  Pass::Statistic &count;
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

struct SafeNumerics : agon::impl::SafeNumericsPassBase<SafeNumerics> {
  using SafeNumericsPassBase::SafeNumericsPassBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    patterns.add<SigmoidFromExp, OneMinusSigmoid>(context, numSigmoids);
    patterns.add<ShiftSoftmax>(context, numSoftmaxes);
    patterns.add<SafeLog>(context, numLogs, maxDepth);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
