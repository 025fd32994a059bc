//===- Windows.cpp - Convolutions, windows, gathers -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/GraphLowering.h"

using namespace mlir;

namespace agon::lowering {

static ArrayRef<int64_t> shapeOf(Value x) { return cast<RankedTensorType>(x.getType()).getShape(); }

static SmallVector<int64_t> joined(ArrayRef<int64_t> head, ArrayRef<int64_t> tail) {
  SmallVector<int64_t> shape(head);
  llvm::append_range(shape, tail);
  return shape;
}

/// IR wants a batch of inputs and one filter. One input is a batch of 1; filters
/// of each sample's own are groups of one filter, and the samples their channels.
Value GraphLowering::convolution(const sema::Node &node) {
  Location loc = location(node);
  Value x = operand(node, 0), w = operand(node, 1);
  RankedTensorType result = type(node);
  SmallVector<int64_t> shape(result.getShape());
  int64_t groups = node.groups();
  if (node.operands[1]->type.batched) {
    int64_t samples = shapeOf(x)[0];
    groups *= samples;
    auto merged = [&](ArrayRef<int64_t> from) {
      SmallVector<int64_t> to{1, from[0] * from[1]};
      llvm::append_range(to, from.drop_front(2));
      return to;
    };
    x = reshaped(loc, x, merged(shapeOf(x)));
    w = reshaped(loc, w, ArrayRef<int64_t>(merged(shapeOf(w))).drop_front());
    shape = merged(shape);
  } else if (!node.type.batched) {
    x = reshaped(loc, x, joined({1}, shapeOf(x)));
    shape = joined({1}, shape);
  }
  auto to = RankedTensorType::get(shape, result.getElementType());
  Value y = node.op == sema::Op::Conv ? ConvOp::create(b, loc, to, x, w, node.strides(), node.starts(), node.sizes(),
                                                       node.dilations(), groups)
                                            .getResult()
                                      : ConvInputGradientOp::create(b, loc, to, x, w, node.strides(), node.starts(),
                                                                    node.sizes(), node.dilations(), groups)
                                            .getResult();
  return reshaped(loc, y, result.getShape());
}

/// The windows' own axes are the last with or without a batch.
Value GraphLowering::windows(const sema::Node &node) {
  Location loc = location(node);
  SmallVector<int64_t> dims = shifted(node.axes(), node.type.batched);
  if (node.op == sema::Op::Unfold)
    return UnfoldOp::create(b, loc, operand(node, 0), dims, node.sizes(), node.strides(), node.dilations());
  return FoldOp::create(b, loc, type(node), operand(node, 0), dims, node.sizes(), node.strides(), node.dilations());
}

Value GraphLowering::cumSum(const sema::Node &node) {
  return CumSumOp::create(b, location(node), operand(node, 0), static_cast<uint64_t>(node.axis() + node.type.batched),
                          node.reversed());
}

/// `count` axes from `from` on moved to the place `to`, before or after.
static SmallVector<int64_t> moved(int64_t rank, int64_t from, int64_t count, int64_t to) {
  SmallVector<int64_t> others, permutation;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (axis < from || axis >= from + count)
      others.push_back(axis);
  permutation.append(others.begin(), others.begin() + to);
  for (int64_t axis = 0; axis < count; ++axis)
    permutation.push_back(from + axis);
  permutation.append(others.begin() + to, others.end());
  return permutation;
}

/// IR gathers along the axis that follows the paired ones: the batch, where both
/// sides have it, and nothing else.
Value GraphLowering::gather(const sema::Node &node) {
  Location loc = location(node);
  const sema::Type &from = node.operands[0]->type, &labels = node.operands[1]->type;
  Value x = operand(node, 0), index = operand(node, 1);
  int64_t paired = from.batched && labels.batched, axis = node.axis() + from.batched;
  x = transposed(loc, x, moved(shapeOf(x).size(), axis, 1, paired));
  SmallVector<int64_t> shape = joined(shapeOf(index), shapeOf(x).drop_front(paired + 1));
  auto to = RankedTensorType::get(shape, cast<RankedTensorType>(x.getType()).getElementType());
  Value y = GatherOp::create(b, loc, to, x, index, static_cast<uint64_t>(paired));
  // The labels' axes, without a batch that only they have, go back to `axis`.
  int64_t lead = labels.batched;
  return transposed(loc, y, moved(shape.size(), lead, labels.shape.size(), node.axis() + node.type.batched));
}

Value GraphLowering::scatterAdd(const sema::Node &node) {
  Location loc = location(node);
  const sema::Type &labels = node.operands[1]->type;
  Value x = operand(node, 0), index = operand(node, 1);
  int64_t paired = labels.batched, axis = node.axis() + node.type.batched;
  x = transposed(loc, x, moved(shapeOf(x).size(), axis, labels.shape.size(), paired));
  SmallVector<int64_t> shape = joined(shapeOf(index).take_front(paired), {node.type.shape[node.axis()]});
  llvm::append_range(shape, shapeOf(x).drop_front(shapeOf(index).size()));
  auto to = RankedTensorType::get(shape, cast<RankedTensorType>(x.getType()).getElementType());
  Value y = ScatterAddOp::create(b, loc, to, x, index, static_cast<uint64_t>(paired));
  return transposed(loc, y, moved(shape.size(), paired, 1, axis));
}

} // namespace agon::lowering
