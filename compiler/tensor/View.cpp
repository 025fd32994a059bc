//===- View.cpp - Tensors read through index maps -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/View.h"
#include <optional>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

TypedAttr tensors::splatValue(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return {};
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !elements.isSplat())
    return {};
  return elements.getSplatValue<TypedAttr>();
}

View tensors::resolveView(Value value) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  return resolveView(value, AffineMap::getMultiDimIdentityMap(rank, value.getContext()));
}

/// The place in the input of `op`, a view, that each element of its result comes from; nothing if
/// `op` is none.
static std::optional<SmallVector<AffineExpr>> inputPlace(Operation *op) {
  auto dim = [&](int64_t axis) { return getAffineDimExpr(axis, op->getContext()); };
  auto identity = [&](Value input) {
    SmallVector<AffineExpr> exprs;
    for (int64_t axis = 0; axis < cast<RankedTensorType>(input.getType()).getRank(); ++axis)
      exprs.push_back(dim(axis));
    return exprs;
  };
  if (auto broadcast = dyn_cast<BroadcastOp>(op))
    return llvm::map_to_vector(broadcast.getDims(), dim);
  if (auto transpose = dyn_cast<TransposeOp>(op)) {
    SmallVector<AffineExpr> exprs(transpose.getPermutation().size());
    for (auto [axis, from] : llvm::enumerate(transpose.getPermutation()))
      exprs[from] = dim(axis);
    return exprs;
  }
  if (auto slice = dyn_cast<SliceOp>(op)) {
    SmallVector<AffineExpr> exprs = identity(slice.getInput());
    for (auto [expr, start, stride] : llvm::zip_equal(exprs, slice.getStarts(), slice.getStrides()))
      expr = expr * stride + start;
    return exprs;
  }
  if (auto reverse = dyn_cast<ReverseOp>(op)) {
    SmallVector<AffineExpr> exprs = identity(reverse.getInput());
    for (int64_t axis : reverse.getDims())
      exprs[axis] = reverse.getType().getDimSize(axis) - 1 - exprs[axis];
    return exprs;
  }
  if (auto unfold = dyn_cast<UnfoldOp>(op)) {
    SmallVector<AffineExpr> exprs = identity(unfold.getInput());
    int64_t window = exprs.size();
    for (auto [axis, stride, dilation] : llvm::zip_equal(unfold.getDims(), unfold.getStrides(), unfold.getDilations()))
      exprs[axis] = exprs[axis] * stride + dim(window++) * dilation;
    return exprs;
  }
  if (auto stop = dyn_cast<StopGradientOp>(op))
    return identity(stop.getInput());
  return std::nullopt;
}

bool tensors::isElementwise(Operation *op) {
  return op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
         (OpTrait::hasElementwiseMappableTraits(op) || isa<SigmoidOp, SoftplusOp, StopGradientOp>(op));
}

bool tensors::isView(Operation *op) { return inputPlace(op).has_value(); }

View tensors::resolveView(Value value, AffineMap access) {
  MLIRContext *context = value.getContext();
  // How far the reader's dimensions go, where that is plain.
  SmallVector<int64_t> extents(access.getNumDims(), ShapedType::kDynamic);
  for (auto [expr, size] : llvm::zip_equal(access.getResults(), cast<RankedTensorType>(value.getType()).getShape()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      extents[dim.getPosition()] = size;
  while (Operation *op = value.getDefiningOp()) {
    std::optional<SmallVector<AffineExpr>> place = inputPlace(op);
    if (!place)
      break;
    access = AffineMap::get(access.getNumResults(), 0, *place, context).compose(access);
    value = op->getOperand(0);
  }
  // To linalg a bare dimension spans its whole axis. One that stops early is
  // written modulo the axis, which it never reaches.
  SmallVector<AffineExpr> exprs(access.getResults());
  for (auto [expr, size] : llvm::zip_equal(exprs, cast<RankedTensorType>(value.getType()).getShape()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (int64_t extent = extents[dim.getPosition()]; !ShapedType::isDynamic(extent) && extent != size)
        expr = expr % size;
  return {value, AffineMap::get(access.getNumDims(), 0, exprs, context), splatValue(value)};
}

Value tensors::makeEmpty(OpBuilder &builder, Location loc, RankedTensorType type) {
  return tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
}

Value tensors::makeFill(OpBuilder &builder, Location loc, RankedTensorType type, TypedAttr scalar) {
  Value value = arith::ConstantOp::create(builder, loc, scalar);
  Value empty = makeEmpty(builder, loc, type);
  return linalg::FillOp::create(builder, loc, ValueRange{value}, ValueRange{empty}).getResult(0);
}

linalg::GenericOp tensors::makeGeneric(OpBuilder &builder, Location loc, ArrayRef<View> views, ValueRange inits,
                                       ArrayRef<AffineMap> initMaps, ArrayRef<utils::IteratorType> iterators,
                                       BodyFn body) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  SmallVector<unsigned> argument(views.size(), 0);
  for (auto [index, view] : llvm::enumerate(views)) {
    if (view.scalar)
      continue;
    unsigned at = 0;
    while (at < inputs.size() && (inputs[at] != view.source || maps[at] != view.map))
      ++at;
    if (at == inputs.size()) {
      inputs.push_back(view.source);
      maps.push_back(view.map);
    }
    argument[index] = at;
  }
  unsigned numInputs = inputs.size();
  llvm::append_range(maps, initMaps);
  return linalg::GenericOp::create(builder, loc, TypeRange(inits), inputs, inits, maps, iterators,
                                   [&](OpBuilder &b, Location l, ValueRange arguments) {
                                     SmallVector<Value> scalars;
                                     for (auto [index, view] : llvm::enumerate(views))
                                       scalars.push_back(view.scalar
                                                             ? arith::ConstantOp::create(b, l, view.scalar).getResult()
                                                             : arguments[argument[index]]);
                                     llvm::append_range(scalars, arguments.drop_front(numInputs));
                                     linalg::YieldOp::create(b, l, body(b, l, scalars));
                                   });
}

linalg::GenericOp tensors::makeElementwise(OpBuilder &builder, Location loc, ArrayRef<View> views,
                                           ArrayRef<RankedTensorType> results, BodyFn body) {
  int64_t rank = results.front().getRank();
  SmallVector<Value> inits;
  for (RankedTensorType type : results)
    inits.push_back(makeEmpty(builder, loc, type));
  SmallVector<AffineMap> maps(results.size(), builder.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  return makeGeneric(builder, loc, views, inits, maps, iterators, [&](OpBuilder &b, Location l, ValueRange scalars) {
    return body(b, l, scalars.take_front(views.size()));
  });
}
