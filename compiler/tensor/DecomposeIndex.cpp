//===- DecomposeIndex.cpp - Look-ups and running sums ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Decompose.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

using Sizes = SmallVector<int64_t>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static Sizes range(int64_t begin, int64_t end) { return llvm::to_vector(llvm::seq<int64_t>(begin, end)); }

/// Labels [...] as indicators [..., classes] of the element type of `like`.
static Value oneHot(OpBuilder &b, Location loc, Value labels, int64_t classes, RankedTensorType like) {
  Sizes shape(typeOf(labels).getShape());
  shape.push_back(classes);
  return OneHotOp::create(b, loc, like.clone(shape), labels);
}

/// `value`, through `dims`, where the indicators, through `hotDims`, are 1, else 0. Not a product:
/// an infinity must not become NaN where it is not chosen.
static Value chosen(OpBuilder &b, Location loc, RankedTensorType type, Value hot, ArrayRef<int64_t> hotDims,
                    Value value, ArrayRef<int64_t> dims) {
  auto constant = [&](RankedTensorType type, double number) -> Value {
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, b.getFloatAttr(type.getElementType(), number)));
  };
  Value isOne = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, hot, constant(typeOf(hot), 1));
  Value mask = BroadcastOp::create(b, loc, type.clone(b.getI1Type()), isOne, hotDims);
  Value spread = BroadcastOp::create(b, loc, type, value, dims);
  return arith::SelectOp::create(b, loc, mask, spread, constant(type, 0));
}

Value tensors::decompose(GatherOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  RankedTensorType input = typeOf(op.getInput());
  int64_t batch = op.getBatch(), labelRank = typeOf(op.getLabels()).getRank();
  Value hot = oneHot(builder, loc, op.getLabels(), input.getDimSize(batch), input);
  // [b..., i..., k] x [b..., k, rest...]
  if (input.getRank() > batch + 1)
    return ContractOp::create(builder, loc, hot, op.getInput(), range(0, batch), range(0, batch), Sizes{labelRank},
                              Sizes{batch});
  Sizes dims = range(0, batch);
  dims.push_back(labelRank);
  Value value = chosen(builder, loc, typeOf(hot), hot, range(0, labelRank + 1), op.getInput(), dims);
  return ReduceOp::create(builder, loc, ReduceKind::Sum, value, Sizes{labelRank});
}

Value tensors::decompose(ScatterAddOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  RankedTensorType result = op.getType();
  int64_t batch = op.getBatch(), labelRank = typeOf(op.getLabels()).getRank();
  Value hot = oneHot(builder, loc, op.getLabels(), result.getDimSize(batch), result);
  // [b..., i..., k] x [b..., i..., rest...]
  if (labelRank > batch) {
    Sizes summed = range(batch, labelRank);
    return ContractOp::create(builder, loc, hot, op.getInput(), range(0, batch), range(0, batch), summed, summed);
  }
  Sizes dims = range(0, batch);
  llvm::append_range(dims, range(batch + 1, result.getRank()));
  return chosen(builder, loc, result, hot, range(0, batch + 1), op.getInput(), dims);
}

// Sums of 1, 2, 4, ... elements, each from two of the sums before (Hillis and
// Steele 1986): as many passes as the length has binary digits.
Value tensors::decompose(CumSumOp op, OpBuilder &builder) {
  Location loc = op.getLoc();
  RankedTensorType type = op.getType();
  int64_t dim = op.getDim(), length = type.getDimSize(dim);
  Value sums = op.getInput();
  for (int64_t shift = 1; shift < length; shift *= 2) {
    Sizes sizes(type.getShape()), near(sizes.size(), 0), far(sizes.size(), 0), ones(sizes.size(), 1);
    sizes[dim] -= shift;
    far[dim] = shift;
    const Sizes &from = op.getReverse() ? far : near, &to = op.getReverse() ? near : far;
    Value moved = SliceOp::create(builder, loc, type.clone(sizes), sums, from, ones);
    moved = PadOp::create(builder, loc, type, moved, to, ones);
    sums = arith::AddFOp::create(builder, loc, sums, moved);
  }
  return sums;
}
