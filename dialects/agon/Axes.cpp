//===- Axes.cpp - How the axes of an operation's values go together -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Axes.h"
#include "dialects/agon/Agon.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;

using Tie = AxisTie;
using Use = AxisUse;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

/// Axes between which the same elements lie: where one axis became one axis, they are the same.
static void relateReshape(Operation &op, Tie tie, Use use) {
  Value from = op.getOperand(0), to = op.getResult(0);
  ArrayRef<int64_t> in = shapeOf(from), out = shapeOf(to);
  size_t i = 0, j = 0;
  while (i < in.size() || j < out.size()) {
    size_t i0 = i, j0 = j;
    int64_t left = i < in.size() ? in[i++] : 1, right = j < out.size() ? out[j++] : 1;
    while (left != right)
      (left < right ? left : right) *= left < right ? in[i++] : out[j++];
    if (i == i0 + 1 && j == j0 + 1) {
      tie(from, int64_t(i0), to, int64_t(j0));
      continue;
    }
    for (; i0 < i; ++i0)
      if (in[i0] != 1)
        use(from, int64_t(i0));
    for (; j0 < j; ++j0)
      if (out[j0] != 1)
        use(to, int64_t(j0));
  }
}

void agon::relateAxes(Operation &op, Tie tie, Use use) {
  if (op.getNumResults() == 0)
    return;
  Value result = op.getResult(0);
  int64_t rank = int64_t(shapeOf(result).size());
  auto tieAll = [&](Value operand) {
    for (int64_t axis = 0; axis < rank; ++axis)
      tie(operand, axis, result, axis);
  };
  // An axis that is read as it stands is the same; any other is used.
  auto tieOrUse = [&](Value operand, int64_t axis, bool same) {
    if (same)
      return tie(operand, axis, result, axis);
    use(operand, axis);
    use(result, axis);
  };
  auto sameExtent = [&](Value operand, int64_t axis) { return shapeOf(operand)[axis] == shapeOf(result)[axis]; };
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](ReshapeOp) { relateReshape(op, tie, use); })
      .Case([&](BroadcastOp each) {
        for (auto [axis, to] : llvm::enumerate(each.getDims()))
          tie(each.getInput(), int64_t(axis), result, to);
      })
      .Case([&](TransposeOp each) {
        for (auto [axis, from] : llvm::enumerate(each.getPermutation()))
          tie(each.getInput(), from, result, int64_t(axis));
      })
      .Case<SliceOp, PadOp>([&](auto each) {
        for (int64_t axis = 0; axis < rank; ++axis)
          tieOrUse(each.getInput(), axis, sameExtent(each.getInput(), axis));
      })
      .Case([&](ReverseOp each) {
        for (int64_t axis = 0; axis < rank; ++axis)
          tieOrUse(each.getInput(), axis, !llvm::is_contained(each.getDims(), axis));
      })
      .Case([&](CumSumOp each) {
        for (int64_t axis = 0; axis < rank; ++axis)
          tieOrUse(each.getInput(), axis, axis != int64_t(each.getDim()));
      })
      .Case([&](ConcatOp each) {
        for (Value input : each.getInputs())
          for (int64_t axis = 0; axis < rank; ++axis)
            tieOrUse(input, axis, axis != int64_t(each.getDim()));
      })
      .Case([&](ReduceOp each) {
        int64_t to = 0;
        for (int64_t axis = 0, n = int64_t(shapeOf(each.getInput()).size()); axis < n; ++axis)
          if (llvm::is_contained(each.getDims(), axis))
            use(each.getInput(), axis);
          else
            tie(each.getInput(), axis, result, to++);
      })
      .Case([&](ContractOp each) {
        int64_t to = 0;
        for (auto [i, j] : llvm::zip(each.getLhsBatch(), each.getRhsBatch())) {
          tie(each.getLhs(), i, result, to);
          tie(each.getRhs(), j, result, to++);
        }
        for (auto [value, batch, reduce] : {std::tuple(each.getLhs(), each.getLhsBatch(), each.getLhsReduce()),
                                            std::tuple(each.getRhs(), each.getRhsBatch(), each.getRhsReduce())})
          for (int64_t axis = 0, n = int64_t(shapeOf(value).size()); axis < n; ++axis)
            if (llvm::is_contained(reduce, axis))
              use(value, axis);
            else if (!llvm::is_contained(batch, axis))
              tie(value, axis, result, to++);
      })
      .Case([&](OneHotOp each) {
        for (int64_t axis = 0; axis + 1 < rank; ++axis)
          tie(each.getLabels(), axis, result, axis);
      })
      .Case([&](IotaOp each) { use(result, int64_t(each.getDim())); })
      .Case([&](GatherOp each) {
        int64_t labels = int64_t(shapeOf(each.getLabels()).size()), batch = int64_t(each.getBatch());
        for (int64_t axis = 0; axis < labels; ++axis)
          tie(each.getLabels(), axis, result, axis);
        for (int64_t axis = 0, n = int64_t(shapeOf(each.getInput()).size()); axis < n; ++axis)
          if (axis == batch)
            use(each.getInput(), axis);
          else
            tie(each.getInput(), axis, result, axis < batch ? axis : labels + axis - batch - 1);
      })
      .Case([&](ScatterAddOp each) {
        int64_t labels = int64_t(shapeOf(each.getLabels()).size()), batch = int64_t(each.getBatch());
        for (int64_t axis = 0, n = int64_t(shapeOf(each.getInput()).size()); axis < n; ++axis) {
          if (axis < labels)
            tie(each.getLabels(), axis, each.getInput(), axis);
          if (axis < batch)
            tie(each.getInput(), axis, result, axis);
          else if (axis < labels)
            use(each.getInput(), axis);
          else
            tie(each.getInput(), axis, result, batch + 1 + axis - labels);
        }
        use(result, batch);
      })
      .Case<ConvOp, ConvInputGradientOp>([&](auto each) {
        tie(each.getLhs(), 0, result, 0);
        for (Value value : {Value(each.getLhs()), Value(each.getRhs()), result})
          for (int64_t axis = value != each.getRhs(); axis < rank; ++axis)
            use(value, axis);
      })
      .Case([&](ConvFilterGradientOp) {
        for (Value value : {op.getOperand(0), op.getOperand(1), result})
          for (int64_t axis = 0; axis < rank; ++axis)
            use(value, axis);
      })
      .Case<UnfoldOp, FoldOp>([&](auto each) {
        for (int64_t axis = 0, n = std::min(rank, int64_t(shapeOf(each.getInput()).size())); axis < n; ++axis)
          tieOrUse(each.getInput(), axis, !llvm::is_contained(each.getDims(), axis));
      })
      .Default([&](Operation *) {
        // Elementwise; a constant whose elements differ knows how many there are.
        if (auto constant = dyn_cast<arith::ConstantOp>(op);
            constant && !cast<DenseElementsAttr>(constant.getValue()).isSplat())
          for (int64_t axis = 0; axis < rank; ++axis)
            use(result, axis);
        for (Value operand : op.getOperands())
          if (int64_t(shapeOf(operand).size()) == rank && !isa<RandomOp>(op))
            tieAll(operand);
      });
}
