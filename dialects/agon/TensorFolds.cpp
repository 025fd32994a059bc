//===- TensorFolds.cpp - Folders and canonicalizers of shape operations ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Differentiation writes the general form of every pullback; what is trivial
// in a particular case (a reduction over no axis, a transposition undone, a
// repeated constant) disappears here.
//===----------------------------------------------------------------------===//
#include "dialects/agon/Agon.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace agon;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The same element everywhere, under `type`; null if `constant` is not a splat.
static OpFoldResult resplat(Attribute constant, Type type) {
  auto splat = dyn_cast_if_present<SplatElementsAttr>(constant);
  return splat ? splat.resizeSplat(cast<ShapedType>(type)) : OpFoldResult();
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  for (auto [index, axis] : llvm::enumerate(permutation))
    if (static_cast<int64_t>(index) != axis)
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

OpFoldResult ReduceOp::fold(FoldAdaptor adaptor) {
  if (getDims().empty())
    return getInput();
  auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getInput());
  if (!splat)
    return {};
  RankedTensorType input = tensorType(getInput()), result = getType();
  if (input.getNumElements() == 0)
    return {};
  APFloat value = splat.getSplatValue<APFloat>();
  if (getKind() == ReduceKind::Sum) {
    // The count must be exact in the element's precision for the fold to be.
    APFloat count(value.getSemantics());
    int64_t combined = 1;
    for (int64_t axis : getDims())
      combined *= input.getDimSize(axis);
    if (count.convertFromAPInt(APInt(64, combined), /*IsSigned=*/true, APFloat::rmNearestTiesToEven) != APFloat::opOK)
      return {};
    value.multiply(count, APFloat::rmNearestTiesToEven);
  }
  return DenseElementsAttr::get(result, value);
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return resplat(adaptor.getInput(), getType());
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto elements = dyn_cast_if_present<DenseElementsAttr>(adaptor.getInput()))
    return elements.reshape(getType());
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (isIdentity(getPermutation()))
    return getInput();
  if (OpFoldResult splat = resplat(adaptor.getInput(), getType()))
    return splat;
  if (auto inner = getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> composed;
    for (int64_t axis : getPermutation())
      composed.push_back(inner.getPermutation()[axis]);
    setPermutation(composed);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  // A box of the same sizes can only be the whole.
  if (getInput().getType() == getType())
    return getInput();
  if (OpFoldResult splat = resplat(adaptor.getInput(), getType()))
    return splat;
  if (auto inner = getInput().getDefiningOp<SliceOp>()) {
    SmallVector<int64_t> starts, strides;
    for (auto [start, stride, innerStart, innerStride] :
         llvm::zip_equal(getStarts(), getStrides(), inner.getStarts(), inner.getStrides())) {
      starts.push_back(innerStart + start * innerStride);
      strides.push_back(stride * innerStride);
    }
    setStarts(starts);
    setStrides(strides);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  // What pad put in, slice takes out.
  if (auto pad = getInput().getDefiningOp<PadOp>())
    if (pad.getInput().getType() == getType() && pad.getStarts() == getStarts() && pad.getStrides() == getStrides())
      return pad.getInput();
  return {};
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  // A border of what is inside, bit by bit.
  APFloat inside(0.0), border = getValue();
  if (matchPattern(adaptor.getInput(), m_ConstantFloat(&inside))) {
    bool inexact;
    border.convert(inside.getSemantics(), APFloat::rmNearestTiesToEven, &inexact);
    if (inside.bitwiseIsEqual(border))
      return resplat(adaptor.getInput(), getType());
  }
  auto inner = getInput().getDefiningOp<PadOp>();
  if (inner && inner.getValue().bitwiseIsEqual(getValue())) {
    SmallVector<int64_t> starts, strides;
    for (auto [start, stride, innerStart, innerStride] :
         llvm::zip_equal(getStarts(), getStrides(), inner.getStarts(), inner.getStrides())) {
      starts.push_back(start + innerStart * stride);
      strides.push_back(stride * innerStride);
    }
    setStarts(starts);
    setStrides(strides);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  SmallVector<int64_t> dims;
  for (int64_t dim : getDims())
    if (getType().getDimSize(dim) > 1)
      dims.push_back(dim);
  if (dims.empty())
    return getInput();
  if (OpFoldResult splat = resplat(adaptor.getInput(), getType()))
    return splat;
  // An axis that is reversed twice is not.
  if (auto inner = getInput().getDefiningOp<ReverseOp>()) {
    SmallVector<int64_t> once;
    for (int64_t dim : dims)
      if (!llvm::is_contained(inner.getDims(), dim))
        once.push_back(dim);
    for (int64_t dim : inner.getDims())
      if (!llvm::is_contained(dims, dim))
        once.push_back(dim);
    setDims(once);
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  if (dims.size() == getDims().size())
    return {};
  setDims(dims);
  return getResult();
}

OpFoldResult ModeProductOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getInput()) : OpFoldResult(); }

OpFoldResult UnfoldOp::fold(FoldAdaptor adaptor) {
  if (getDims().empty())
    return getInput();
  return resplat(adaptor.getInput(), getType());
}

OpFoldResult FoldOp::fold(FoldAdaptor adaptor) {
  if (getDims().empty())
    return getInput();
  if (matchPattern(adaptor.getInput(), m_PosZeroFloat()))
    return resplat(adaptor.getInput(), getType());
  return {};
}

OpFoldResult CumSumOp::fold(FoldAdaptor adaptor) {
  if (getType().getDimSize(getDim()) <= 1)
    return getInput();
  if (matchPattern(adaptor.getInput(), m_PosZeroFloat()))
    return adaptor.getInput();
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) {
  if (getInputs().size() == 1)
    return getInputs().front();
  // Equal splats side by side are one splat.
  Attribute element;
  for (Attribute input : adaptor.getInputs()) {
    auto splat = dyn_cast_if_present<SplatElementsAttr>(input);
    if (!splat || (element && splat.getSplatValue<Attribute>() != element))
      return {};
    element = splat.getSplatValue<Attribute>();
  }
  return resplat(adaptor.getInputs().front(), getType());
}

OpFoldResult StopGradientOp::fold(FoldAdaptor adaptor) {
  if (adaptor.getInput())
    return adaptor.getInput();
  if (getInput().getDefiningOp<StopGradientOp>())
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// Canonicalization patterns
//===----------------------------------------------------------------------===//

namespace {

/// reduce over axes of size 1 -> reshape.
struct ReduceUnitAxes : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &rewriter) const override {
    RankedTensorType input = tensorType(op.getInput());
    if (op.getExpectation() || !llvm::all_of(op.getDims(), [&](int64_t axis) { return input.getDimSize(axis) == 1; }))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

/// broadcast of broadcast -> one broadcast.
struct BroadcastOfBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<BroadcastOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> dims;
    for (int64_t dim : inner.getDims())
      dims.push_back(op.getDims()[dim]);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getInput(), dims);
    return success();
  }
};

/// broadcast that repeats nothing -> reshape.
struct BroadcastToUnitAxes : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const override {
    if (tensorType(op.getInput()).getNumElements() != op.getType().getNumElements())
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

/// transpose that moves axes of size 1 only -> reshape.
struct TransposeUnitAxes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override {
    RankedTensorType input = tensorType(op.getInput());
    int64_t last = -1;
    for (int64_t axis : op.getPermutation()) {
      if (input.getDimSize(axis) == 1)
        continue;
      if (axis < last)
        return failure();
      last = axis;
    }
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

/// slice that lies within one input of a concat -> slice of that input.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    int64_t size = 0;
    if (!concat || (size = op.getType().getDimSize(concat.getDim())) == 0)
      return failure();
    int64_t dim = concat.getDim(), start = op.getStarts()[dim];
    int64_t last = start + (size - 1) * op.getStrides()[dim], offset = 0;
    for (Value input : concat.getInputs()) {
      int64_t end = offset + tensorType(input).getDimSize(dim);
      if (start >= offset && last < end) {
        SmallVector<int64_t> starts(op.getStarts());
        starts[dim] -= offset;
        rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), input, starts, op.getStrides());
        return success();
      }
      offset = end;
    }
    return failure();
  }
};

/// concat of broadcasts of one value, along a new axis -> broadcast.
struct ConcatOfBroadcasts : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInputs().front().getDefiningOp<BroadcastOp>();
    if (!first || llvm::is_contained(first.getDims(), int64_t(op.getDim())) ||
        !llvm::all_of(op.getInputs(), [&](Value input) {
          auto broadcast = input.getDefiningOp<BroadcastOp>();
          return broadcast && broadcast.getInput() == first.getInput() && broadcast.getDims() == first.getDims();
        }))
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), first.getInput(), first.getDims());
    return success();
  }
};

/// concat of a concat that nothing else reads, along the same axis -> concat.
struct ConcatOfConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner->hasOneUse() && inner.getDim() == op.getDim())
        llvm::append_range(inputs, inner.getInputs());
      else
        inputs.push_back(input);
    }
    if (inputs.size() == op.getInputs().size())
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, inputs, op.getDim());
    return success();
  }
};

/// Whether windows of one element at every place: only new axes of size 1.
bool isTrivial(ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides) {
  auto isOne = [](int64_t n) { return n == 1; };
  return llvm::all_of(sizes, isOne) && llvm::all_of(strides, isOne);
}

/// unfold or fold of windows of one element -> reshape.
template <typename OpTy> struct UnitWindows : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    if (!isTrivial(op.getSizes(), op.getStrides()))
      return failure();
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
    return success();
  }
};

bool isZeroSplat(Value value) { return matchPattern(value, m_AnyZeroFloat()); }

/// x + 0 -> x, 0 + x -> x on tensors. The sign of a zero sum is not kept.
struct AddZero : OpRewritePattern<arith::AddFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AddFOp op, PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()))
      return failure();
    if (isZeroSplat(op.getRhs()))
      rewriter.replaceOp(op, op.getLhs());
    else if (isZeroSplat(op.getLhs()))
      rewriter.replaceOp(op, op.getRhs());
    else
      return failure();
    return success();
  }
};

/// What puts in the inputs of two pads, side by side along the first axis; null if they do not lie so. (Along other
/// axes, too, it made kernels of many insertions: an LSTM of 80 steps took 7.6 s to compile instead of 2.8.)
Value joinPads(PatternRewriter &rewriter, Location loc, PadOp a, PadOp b) {
  if (!a || !b || a.getType().getRank() == 0 || !a.isLinear() || !b.isLinear() || a.getStrides() != b.getStrides())
    return {};
  auto rows = [](PadOp pad) { return tensorType(pad.getInput()).getDimSize(0); };
  if (b.getStarts()[0] < a.getStarts()[0])
    std::swap(a, b);
  if (a.getStarts()[0] + rows(a) * a.getStrides()[0] != b.getStarts()[0] ||
      a.getStarts().drop_front() != b.getStarts().drop_front() ||
      tensorType(a.getInput()).getShape().drop_front() != tensorType(b.getInput()).getShape().drop_front())
    return {};
  Value both = ConcatOp::create(rewriter, loc, ValueRange{a.getInput(), b.getInput()}, 0);
  return PadOp::create(rewriter, loc, a.getType(), both, a.getStarts(), a.getStrides());
}

/// The sum of pads side by side -> pad of their inputs' concat, also where another term is between them. The sign of a
/// zero sum is not kept.
struct AddPads : OpRewritePattern<arith::AddFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::AddFOp op, PatternRewriter &rewriter) const override {
    for (auto [x, y] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto pad = x.getDefiningOp<PadOp>();
      if (!pad)
        continue;
      if (Value both = joinPads(rewriter, op.getLoc(), pad, y.getDefiningOp<PadOp>())) {
        rewriter.replaceOp(op, both);
        return success();
      }
      auto sum = y.getDefiningOp<arith::AddFOp>();
      if (!sum || !sum->hasOneUse())
        continue;
      for (auto [term, other] : {std::pair(sum.getLhs(), sum.getRhs()), std::pair(sum.getRhs(), sum.getLhs())})
        if (Value both = joinPads(rewriter, op.getLoc(), pad, term.getDefiningOp<PadOp>())) {
          rewriter.replaceOpWithNewOp<arith::AddFOp>(op, both, other);
          return success();
        }
    }
    return failure();
  }
};

/// 0 - x -> -x on tensors. The sign of a zero difference is not kept.
struct SubFromZero : OpRewritePattern<arith::SubFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::SubFOp op, PatternRewriter &rewriter) const override {
    if (!isa<RankedTensorType>(op.getType()) || !isZeroSplat(op.getLhs()))
      return failure();
    rewriter.replaceOpWithNewOp<arith::NegFOp>(op, op.getRhs());
    return success();
  }
};

/// x * -1 -> -x on tensors.
struct MulMinusOne : OpRewritePattern<arith::MulFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::MulFOp op, PatternRewriter &rewriter) const override {
    APFloat factor(0.0);
    if (!isa<RankedTensorType>(op.getType()) || !matchPattern(op.getRhs(), m_ConstantFloat(&factor)) ||
        !factor.isExactlyValue(-1.0))
      return failure();
    rewriter.replaceOpWithNewOp<arith::NegFOp>(op, op.getLhs());
    return success();
  }
};

} // namespace

void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<ReduceUnitAxes>(context);
}
void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<BroadcastOfBroadcast, BroadcastToUnitAxes>(context);
}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<TransposeUnitAxes>(context);
}
void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SliceOfConcat>(context);
}
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<ConcatOfBroadcasts, ConcatOfConcat>(context);
}

void UnfoldOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<UnitWindows<UnfoldOp>>(context);
}
void FoldOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<UnitWindows<FoldOp>>(context);
}

void AgonDialect::getCanonicalizationPatterns(RewritePatternSet &patterns) const {
  patterns.add<AddPads, AddZero, SubFromZero, MulMinusOne>(getContext());
}

Operation *AgonDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}
