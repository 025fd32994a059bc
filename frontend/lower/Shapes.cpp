//===- Shapes.cpp - Broadcasts, boxes, contractions, reductions -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Sema counts sample axes; here the batch axis comes before them.
//===----------------------------------------------------------------------===//
#include "frontend/lower/GraphLowering.h"

using namespace mlir;

namespace agon::lowering {

SmallVector<int64_t> GraphLowering::shifted(const std::vector<int64_t> &axes, bool batched) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes)
    result.push_back(axis + batched);
  return result;
}

/// Sample axes aligned at the end; axes of size 1 that grow are dropped first,
/// for agon.broadcast only ever makes new axes.
Value GraphLowering::broadcast(const sema::Node &node) {
  Location loc = location(node);
  Value x = operand(node, 0);
  RankedTensorType from = cast<RankedTensorType>(x.getType()), to = type(node);
  if (from == to)
    return x;
  const sema::Type &source = node.operands[0]->type;
  SmallVector<int64_t> kept, dims;
  if (source.batched) {
    kept.push_back(from.getDimSize(0));
    dims.push_back(0);
  }
  int64_t offset = to.getRank() - from.getRank();
  for (int64_t axis = source.batched; axis < from.getRank(); ++axis) {
    if (from.getDimSize(axis) != to.getDimSize(axis + offset))
      continue;
    kept.push_back(from.getDimSize(axis));
    dims.push_back(axis + offset);
  }
  if (kept.size() != static_cast<size_t>(from.getRank()))
    x = ReshapeOp::create(b, loc, RankedTensorType::get(kept, from.getElementType()), x);
  return BroadcastOp::create(b, loc, to, x, dims);
}

Value GraphLowering::reshape(const sema::Node &node) {
  return ReshapeOp::create(b, location(node), type(node), operand(node, 0));
}

Value GraphLowering::transpose(const sema::Node &node) {
  SmallVector<int64_t> permutation = shifted(node.axes(), node.type.batched);
  if (node.type.batched)
    permutation.insert(permutation.begin(), 0);
  return TransposeOp::create(b, location(node), operand(node, 0), permutation);
}

/// One number for each axis, and before them the batch's.
static SmallVector<int64_t> withBatch(const sema::Node &node, int64_t ofBatch, const std::vector<int64_t> &numbers) {
  SmallVector<int64_t> result(numbers.begin(), numbers.end());
  if (node.type.batched)
    result.insert(result.begin(), ofBatch);
  return result;
}

Value GraphLowering::slice(const sema::Node &node) {
  return SliceOp::create(b, location(node), type(node), operand(node, 0), withBatch(node, 0, node.starts()),
                         withBatch(node, 1, node.strides()));
}

Value GraphLowering::pad(const sema::Node &node) {
  SmallVector<int64_t> low = withBatch(node, 0, node.starts()), strides(low.size(), 1);
  return PadOp::create(b, location(node), type(node), operand(node, 0), low, strides, llvm::APFloat(node.value()));
}

Value GraphLowering::reverse(const sema::Node &node) {
  return ReverseOp::create(b, location(node), operand(node, 0), shifted(node.axes(), node.type.batched));
}

Value GraphLowering::concat(const sema::Node &node) {
  return ConcatOp::create(b, location(node), operands(node), node.axis() + node.type.batched);
}

Value GraphLowering::oneHot(const sema::Node &node) {
  return OneHotOp::create(b, location(node), type(node), operand(node, 0));
}

/// The batch is an axis like any other here.
Value GraphLowering::sameValue(const sema::Node &node) { return operand(node, 0); }

Value GraphLowering::transposed(Location loc, Value x, ArrayRef<int64_t> permutation) {
  return llvm::is_sorted(permutation) ? x : TransposeOp::create(b, loc, x, permutation).getResult();
}

Value GraphLowering::reshaped(Location loc, Value x, ArrayRef<int64_t> shape) {
  auto from = cast<RankedTensorType>(x.getType());
  auto to = RankedTensorType::get(shape, from.getElementType());
  return from == to ? x : ReshapeOp::create(b, loc, to, x).getResult();
}

Value GraphLowering::contract(const sema::Node &node) {
  Location loc = location(node);
  const sema::Type &lhs = node.operands[0]->type, &rhs = node.operands[1]->type;
  SmallVector<int64_t> lhsBatch = shifted(node.lhsBatch(), lhs.batched);
  SmallVector<int64_t> rhsBatch = shifted(node.rhsBatch(), rhs.batched);
  SmallVector<int64_t> lhsReduce = shifted(node.lhsAxes(), lhs.batched);
  SmallVector<int64_t> rhsReduce = shifted(node.rhsAxes(), rhs.batched);
  if (lhs.batched && rhs.batched) {
    lhsBatch.insert(lhsBatch.begin(), 0);
    rhsBatch.insert(rhsBatch.begin(), 0);
  }
  Value result =
      ContractOp::create(b, loc, operand(node, 0), operand(node, 1), lhsBatch, rhsBatch, lhsReduce, rhsReduce);
  if (lhs.batched == rhs.batched)
    return result;
  // The samples are a free axis of one side; where it came out is where the
  // other axes before it end.
  int64_t place = node.lhsBatch().size();
  if (rhs.batched)
    place += lhs.shape.size() - node.lhsBatch().size() - node.lhsAxes().size();
  if (place == 0)
    return result;
  SmallVector<int64_t> permutation{place};
  for (int64_t axis = 0; axis < cast<RankedTensorType>(result.getType()).getRank(); ++axis)
    if (axis != place)
      permutation.push_back(axis);
  return transposed(loc, result, permutation);
}

Value GraphLowering::reduce(const sema::Node &node) {
  bool batched = node.operands[0]->type.batched;
  SmallVector<int64_t> dims = shifted(node.axes(), batched);
  if (batched && node.overBatch())
    dims.insert(dims.begin(), 0);
  ReduceKind kind = node.op == sema::Op::Sum         ? ReduceKind::Sum
                    : node.op == sema::Op::ReduceMax ? ReduceKind::Max
                                                     : ReduceKind::Min;
  return ReduceOp::create(b, location(node), kind, operand(node, 0), dims, batched && node.expectation());
}

} // namespace agon::lowering
