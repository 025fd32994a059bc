//===- View.cpp - Tensors read through index maps -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/View.h"

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

View tensors::resolveView(Value value, AffineMap access) {
  MLIRContext *context = value.getContext();
  while (Operation *op = value.getDefiningOp()) {
    unsigned rank = access.getNumResults();
    SmallVector<AffineExpr> exprs;
    Value input;
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      input = broadcast.getInput();
      for (int64_t dim : broadcast.getDims())
        exprs.push_back(getAffineDimExpr(dim, context));
    } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
      input = transpose.getInput();
      exprs.resize(rank);
      for (auto [axis, from] : llvm::enumerate(transpose.getPermutation()))
        exprs[from] = getAffineDimExpr(axis, context);
    } else if (auto slice = dyn_cast<SliceOp>(op)) {
      input = slice.getInput();
      ArrayRef<int64_t> whole = cast<RankedTensorType>(input.getType()).getShape();
      for (unsigned axis = 0; axis < rank; ++axis) {
        AffineExpr dim = getAffineDimExpr(axis, context);
        AffineExpr expr = dim * slice.getStrides()[axis] + slice.getStarts()[axis];
        // To linalg a bare dimension spans its whole axis. One that stops
        // early is written modulo the axis, which it never reaches.
        if (expr == dim && slice.getType().getDimSize(axis) != whole[axis])
          expr = dim % whole[axis];
        exprs.push_back(expr);
      }
    } else if (auto stop = dyn_cast<StopGradientOp>(op)) {
      value = stop.getInput();
      continue;
    } else {
      break;
    }
    access = AffineMap::get(rank, 0, exprs, context).compose(access);
    value = input;
  }
  return {value, access, splatValue(value)};
}

Value tensors::makeEmpty(OpBuilder &builder, Location loc, RankedTensorType type) {
  return tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
}

Value tensors::makeFill(OpBuilder &builder, Location loc, RankedTensorType type, TypedAttr scalar) {
  Value value = arith::ConstantOp::create(builder, loc, scalar);
  Value empty = makeEmpty(builder, loc, type);
  return linalg::FillOp::create(builder, loc, ValueRange{value}, ValueRange{empty}).getResult(0);
}

linalg::GenericOp tensors::makeGeneric(OpBuilder &builder, Location loc, ArrayRef<View> views,
                                       ValueRange inits, ArrayRef<AffineMap> initMaps,
                                       ArrayRef<utils::IteratorType> iterators, BodyFn body) {
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
  return linalg::GenericOp::create(
      builder, loc, TypeRange(inits), inputs, inits, maps, iterators,
      [&](OpBuilder &b, Location l, ValueRange arguments) {
        SmallVector<Value> scalars;
        for (auto [index, view] : llvm::enumerate(views))
          scalars.push_back(view.scalar ? arith::ConstantOp::create(b, l, view.scalar).getResult()
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
  return makeGeneric(builder, loc, views, inits, maps, iterators,
                     [&](OpBuilder &b, Location l, ValueRange scalars) {
                       return body(b, l, scalars.take_front(views.size()));
                     });
}
