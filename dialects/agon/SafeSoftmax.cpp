//===- SafeSoftmax.cpp - Softmaxes relative to their maximum ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/SafeNumerics.h"

using namespace mlir;
using namespace agon;
using namespace agon::safe;

namespace {

/// exp(x) / broadcast(sum(exp(x))) -> the same with x - max(x) for x.
struct ShiftSoftmax : OpRewritePattern<arith::DivFOp> {
  ShiftSoftmax(MLIRContext *context, Pass::Statistic &count) : OpRewritePattern(context), count(count) {}

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
    Writer b{rewriter, op.getLoc()};
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

} // namespace

void agon::safe::addSoftmaxes(RewritePatternSet &patterns, Pass::Statistic &count) {
  patterns.add<ShiftSoftmax>(patterns.getContext(), count);
}
