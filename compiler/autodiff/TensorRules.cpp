//===- TensorRules.cpp - Pullbacks of shape changes and sums --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Rules.h"

using namespace mlir;
using namespace agon;
using namespace agon::autodiff;

namespace {

/// One operand of a contraction, and where its axes go in the one that is wanted.
struct Side {
  Value value;
  SmallVector<int64_t> batch, reduce; ///< Its own axes, paired with the other side's.
  SmallVector<int64_t> places;        ///< What each free axis, ascending, is in the wanted tensor.
};

/// Contracts `a` with `b` into a tensor of type `wanted`; batch axis i of the
/// result is axis `batchPlaces[i]` there. Of the two orders of the operands
/// one that needs no transposition is preferred.
Value contractInto(Pullback &p, Side a, Side b, ArrayRef<int64_t> batchPlaces, RankedTensorType wanted) {
  auto places = [&](const Side &first, const Side &second) {
    SmallVector<int64_t> all(batchPlaces);
    llvm::append_range(all, first.places);
    llvm::append_range(all, second.places);
    return all;
  };
  if (!llvm::is_sorted(places(a, b)) && llvm::is_sorted(places(b, a)))
    std::swap(a, b);
  SmallVector<int64_t> place = places(a, b), shape;
  for (int64_t axis : place)
    shape.push_back(wanted.getDimSize(axis));
  Value product = p.create<ContractOp>(wanted.clone(shape), a.value, b.value, a.batch, b.batch, a.reduce, b.reduce);
  return p.transpose(product, inverse(place));
}

// The result is linear in each operand, so each cotangent is a contraction of
// the result's with the other operand, over that operand's free axes.
void contract(ContractOp op, Pullback &p) {
  auto lhsType = cast<RankedTensorType>(op.getLhs().getType());
  auto rhsType = cast<RankedTensorType>(op.getRhs().getType());
  auto used = [](ArrayRef<int64_t> batch, ArrayRef<int64_t> reduce) {
    SmallVector<int64_t> axes(batch);
    llvm::append_range(axes, reduce);
    return axes;
  };
  SmallVector<int64_t> lhsFree = axesWithout(lhsType.getRank(), used(op.getLhsBatch(), op.getLhsReduce()));
  SmallVector<int64_t> rhsFree = axesWithout(rhsType.getRank(), used(op.getRhsBatch(), op.getRhsReduce()));
  int64_t batches = op.getLhsBatch().size();
  auto range = [](int64_t begin, size_t count) { return llvm::to_vector(llvm::seq<int64_t>(begin, begin + count)); };
  SmallVector<int64_t> batchAxes = range(0, batches);
  SmallVector<int64_t> lhsInResult = range(batches, lhsFree.size());
  SmallVector<int64_t> rhsInResult = range(batches + lhsFree.size(), rhsFree.size());

  // Where the reduced axes of one operand, ascending, lie in the other.
  auto partners = [](ArrayRef<int64_t> axes, ArrayRef<int64_t> others) {
    SmallVector<std::pair<int64_t, int64_t>> pairs;
    for (auto [axis, other] : llvm::zip(axes, others))
      pairs.emplace_back(axis, other);
    llvm::sort(pairs);
    return llvm::to_vector(llvm::make_second_range(pairs));
  };
  if (p.needs(0))
    p.give(0, contractInto(p, {p.cotangent(), batchAxes, rhsInResult, lhsFree},
                           {op.getRhs(), SmallVector<int64_t>(op.getRhsBatch()), rhsFree,
                            partners(op.getRhsReduce(), op.getLhsReduce())},
                           op.getLhsBatch(), lhsType));
  if (p.needs(1))
    p.give(1, contractInto(p,
                           {op.getLhs(), SmallVector<int64_t>(op.getLhsBatch()), lhsFree,
                            partners(op.getLhsReduce(), op.getRhsReduce())},
                           {p.cotangent(), batchAxes, lhsInResult, rhsFree}, op.getRhsBatch(), rhsType));
}

// A sum's cotangent goes to every element; a maximum's is shared equally among
// the elements that attain it.
void reduce(ReduceOp op, Pullback &p) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  SmallVector<int64_t> kept = axesWithout(type.getRank(), op.getDims());
  auto spread = [&](Value value) { return p.create<BroadcastOp>(type, value, kept); };
  if (op.getKind() == ReduceKind::Sum)
    return p.give(0, spread(p.cotangent()));
  Value attained = p.compare(arith::CmpFPredicate::OEQ, op.getInput(), spread(op.getResult()));
  Value mask = p.indicator(attained, type);
  Value count = p.create<ReduceOp>(op.getType(), ReduceKind::Sum, mask, op.getDims());
  p.give(0, p.mul(spread(p.div(p.cotangent(), count)), mask));
}

void broadcast(BroadcastOp op, Pullback &p) {
  auto type = cast<RankedTensorType>(op.getType());
  p.give(0, p.create<ReduceOp>(op.getInput().getType(), ReduceKind::Sum, p.cotangent(),
                               axesWithout(type.getRank(), op.getDims())));
}

void point(PointOp, Pullback &p) { p.give(0, p.cotangent()); }

void reshape(ReshapeOp op, Pullback &p) { p.give(0, p.create<ReshapeOp>(op.getInput().getType(), p.cotangent())); }

void transpose(TransposeOp op, Pullback &p) { p.give(0, p.transpose(p.cotangent(), inverse(op.getPermutation()))); }

void slice(SliceOp op, Pullback &p) {
  p.give(0, p.create<PadOp>(op.getInput().getType(), p.cotangent(), op.getStarts(), op.getStrides()));
}

// Whatever the border is, it does not depend on the input.
void pad(PadOp op, Pullback &p) {
  p.give(0, p.create<SliceOp>(op.getInput().getType(), p.cotangent(), op.getStarts(), op.getStrides()));
}

void concat(ConcatOp op, Pullback &p) {
  int64_t rank = cast<RankedTensorType>(op.getType()).getRank(), dim = op.getDim();
  SmallVector<int64_t> starts(rank, 0), strides(rank, 1);
  for (auto [i, input] : llvm::enumerate(op.getInputs())) {
    if (p.needs(i))
      p.give(i, p.create<SliceOp>(input.getType(), p.cotangent(), starts, strides));
    starts[dim] += cast<RankedTensorType>(input.getType()).getDimSize(dim);
  }
}

void attachRules(MLIRContext *context, AgonDialect *) {
  attach<contract, reduce, broadcast, point, reshape, transpose, slice, pad, concat>(*context);
  attachConstant<StopGradientOp, OneHotOp, IotaOp, RandomOp>(*context);
}

} // namespace

void agon::autodiff::registerTensorRules(DialectRegistry &registry) { registry.addExtension(attachRules); }
