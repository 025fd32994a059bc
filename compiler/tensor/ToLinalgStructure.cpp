//===- ToLinalgStructure.cpp - Contractions, reductions, insertions -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/ToLinalg.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

static TypedAttr neutral(Builder &builder, ReduceKind kind, FloatType type) {
  if (kind == ReduceKind::Sum)
    return builder.getFloatAttr(type, 0.0);
  return FloatAttr::get(type, APFloat::getInf(type.getFloatSemantics(), /*Negative=*/kind == ReduceKind::Max));
}

static Value combine(OpBuilder &b, Location loc, ReduceKind kind, Value element, Value sum) {
  switch (kind) {
  case ReduceKind::Sum:
    return arith::AddFOp::create(b, loc, sum, element);
  case ReduceKind::Max:
    return arith::MaximumFOp::create(b, loc, sum, element);
  case ReduceKind::Min:
    return arith::MinimumFOp::create(b, loc, sum, element);
  }
  return {};
}

/// The map from an iteration space to its axes that are not in `dims`.
static AffineMap keptAxes(int64_t rank, ArrayRef<int64_t> dims, MLIRContext *context) {
  SmallVector<AffineExpr> kept;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(dims, axis))
      kept.push_back(getAffineDimExpr(axis, context));
  return AffineMap::get(rank, 0, kept, context);
}

/// Whether the results of `map` are bare dimensions in each of `dims`, so that linalg knows how far these go.
static bool knowsExtents(AffineMap map, ArrayRef<int64_t> dims) {
  return llvm::all_of(
      dims, [&](int64_t dim) { return llvm::is_contained(map.getResults(), getAffineDimExpr(dim, map.getContext())); });
}

Value ToLinalg::reduce(Location loc, ReduceKind kind, View input, ArrayRef<int64_t> inputShape, ArrayRef<int64_t> dims,
                       RankedTensorType result) {
  int64_t rank = inputShape.size();
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  for (int64_t dim : dims)
    iterators[dim] = utils::IteratorType::reduction;
  auto element = cast<FloatType>(result.getElementType());
  Value init = makeFill(builder, loc, result, neutral(builder, kind, element));
  ++numGenerics;
  return makeGeneric(builder, loc, input, init, keptAxes(rank, dims, loc.getContext()), iterators,
                     [&](OpBuilder &b, Location l, ValueRange in) -> SmallVector<Value> {
                       return {combine(b, l, kind, in[0], in[1])};
                     })
      .getResult(0);
}

/// Sums of as many terms are taken in two steps, if the first one has as many.
static constexpr int64_t longSum = 1024, shortSum = 16;

Value ToLinalg::lower(ReduceOp op) {
  if (op.getDims().empty())
    return materialize(op.getInput());
  RankedTensorType input = tensorType(op.getInput());
  View view = resolveView(op.getInput());
  // The extents of the reduced axes are known from the input alone.
  if (view.scalar || !knowsExtents(view.map, op.getDims()))
    view = resolveView(materialize(op.getInput()));
  SmallVector<int64_t> dims(op.getDims());
  llvm::sort(dims);
  int64_t terms = 1;
  for (int64_t dim : dims)
    terms *= input.getDimSize(dim);
  int64_t rows = input.getDimSize(dims.front());
  if (op.getKind() != ReduceKind::Sum || terms < longSum || rows < 2 || terms / rows < shortSum)
    return reduce(op.getLoc(), op.getKind(), view, input.getShape(), dims, tensorType(op.getResult()));
  // A long sum is taken of the sums of its rows: rounding errors stay small, and rows are tasks.
  SmallVector<int64_t> inner(dims.begin() + 1, dims.end());
  RankedTensorType partial = ReduceOp::inferType(input, inner);
  Value sums = reduce(op.getLoc(), ReduceKind::Sum, view, input.getShape(), inner, partial);
  return reduce(op.getLoc(), ReduceKind::Sum, resolveView(sums), partial.getShape(), dims.front(),
                tensorType(op.getResult()));
}

/// Whether `inner` depends on all that `outer` depends on.
static bool usesAllOf(AffineMap inner, AffineMap outer) {
  for (unsigned dim = 0; dim < outer.getNumDims(); ++dim)
    if (outer.isFunctionOfDim(dim) && !inner.isFunctionOfDim(dim))
      return false;
  return true;
}

namespace {

/// The loops of a contraction: the result's axes, in the order in which they are wanted, then the reduced ones.
struct ContractionLoops {
  ContractionLoops(ContractOp op, TransposeOp transpose, RankedTensorType result);

  int64_t rank;
  AffineMap lhs, rhs;
  SmallVector<int64_t> shape;   ///< extents of the loops
  SmallVector<int64_t> reduced; ///< loops
  bool isOuter;                 ///< Every reduced axis has one element: there is nothing to sum.
  bool hasFreeAxes;
};

ContractionLoops::ContractionLoops(ContractOp op, TransposeOp transpose, RankedTensorType result)
    : shape(result.getShape()) {
  MLIRContext *context = op.getContext();
  RankedTensorType left = tensorType(op.getLhs()), right = tensorType(op.getRhs());
  SmallVector<int64_t> loopOfAxis = llvm::to_vector(llvm::seq<int64_t>(0, result.getRank()));
  if (transpose)
    for (auto [place, axis] : llvm::enumerate(transpose.getPermutation()))
      loopOfAxis[axis] = place;
  SmallVector<AffineExpr> lhsExprs(left.getRank()), rhsExprs(right.getRank());
  int64_t loop = 0;
  for (auto [l, r] : llvm::zip_equal(op.getLhsBatch(), op.getRhsBatch()))
    lhsExprs[l] = rhsExprs[r] = getAffineDimExpr(loopOfAxis[loop++], context);
  int64_t numBatch = loop;
  auto freeAxes = [&](SmallVector<AffineExpr> &exprs, ArrayRef<int64_t> reducedAxes) {
    for (auto [axis, expr] : llvm::enumerate(exprs))
      if (!expr && !llvm::is_contained(reducedAxes, static_cast<int64_t>(axis)))
        expr = getAffineDimExpr(loopOfAxis[loop++], context);
  };
  freeAxes(lhsExprs, op.getLhsReduce());
  freeAxes(rhsExprs, op.getRhsReduce());
  hasFreeAxes = loop != numBatch;
  isOuter = llvm::all_of(op.getLhsReduce(), [&](int64_t l) { return left.getDimSize(l) == 1; });
  for (auto [l, r] : llvm::zip_equal(op.getLhsReduce(), op.getRhsReduce())) {
    lhsExprs[l] = rhsExprs[r] = isOuter ? getAffineConstantExpr(0, context) : getAffineDimExpr(loop, context);
    if (isOuter)
      continue;
    shape.push_back(left.getDimSize(l));
    reduced.push_back(loop++);
  }
  rank = loop;
  lhs = AffineMap::get(rank, 0, lhsExprs, context);
  rhs = AffineMap::get(rank, 0, rhsExprs, context);
}

/// Whether a factor is one number everywhere, with no axis of its own to repeat the result along.
bool isNumber(Value value, ArrayRef<int64_t> batch, ArrayRef<int64_t> reduced) {
  RankedTensorType type = tensorType(value);
  int64_t paired = 1;
  for (ArrayRef<int64_t> axes : {batch, reduced})
    for (int64_t axis : axes)
      paired *= type.getDimSize(axis);
  return type.getNumElements() == paired && resolveView(value).scalar;
}

} // namespace

Value ToLinalg::lower(ContractOp op, TransposeOp transpose) {
  Location loc = op.getLoc();
  RankedTensorType result = tensorType(transpose ? transpose.getResult() : op.getResult());
  ContractionLoops loops(op, transpose, result);
  auto multiply = [](OpBuilder &b, Location l, ValueRange in) -> SmallVector<Value> {
    return {arith::MulFOp::create(b, l, in[0], in[1])};
  };

  // No element of a sum is read twice without reduced or without free axes: an
  // outer product is elementwise, a product of rows a reduction.
  if (loops.isOuter || !loops.hasFreeAxes) {
    auto type = RankedTensorType::get(loops.shape, result.getElementType());
    Value product =
        elementwise(loc, {resolveView(op.getLhs(), loops.lhs), resolveView(op.getRhs(), loops.rhs)}, type, multiply);
    if (loops.isOuter)
      return product;
    return reduce(loc, ReduceKind::Sum, resolveView(product), loops.shape, loops.reduced, result);
  }

  // A number and what is repeated along an axis of the operand are tensors of
  // their own, that fusion may make prologues; other views, windows among them,
  // go into the maps.
  auto whole = [&](Value value, AffineMap map) { return resolveView(materialize(value), map); };
  auto operand = [&](Value value, AffineMap map) {
    View view = resolveView(value, map);
    return view.scalar || !usesAllOf(view.map, map) ? whole(value, map) : view;
  };

  // Where one factor is a number, what is left is the sum of the other one.
  bool leftNumber = isNumber(op.getLhs(), op.getLhsBatch(), op.getLhsReduce());
  if (leftNumber || isNumber(op.getRhs(), op.getRhsBatch(), op.getRhsReduce())) {
    View number = resolveView(leftNumber ? op.getLhs() : op.getRhs());
    Value factor = leftNumber ? op.getRhs() : op.getLhs();
    AffineMap map = leftNumber ? loops.rhs : loops.lhs;
    View other = operand(factor, map);
    if (!knowsExtents(other.map, loops.reduced))
      other = whole(factor, map);
    Value sum = reduce(loc, ReduceKind::Sum, other, loops.shape, loops.reduced, result);
    if (cast<FloatAttr>(number.scalar).getValue().isExactlyValue(1.0))
      return sum;
    return elementwise(loc, {resolveView(sum), number}, result, multiply);
  }

  View left = operand(op.getLhs(), loops.lhs), right = operand(op.getRhs(), loops.rhs);
  // What meets windows meets each of its elements often: it is written out in the order of its axes.
  // That also tells how far the sums go, which windows do not. Of two such operands it is the smaller.
  bool leftWindows = !left.map.isProjectedPermutation(), rightWindows = !right.map.isProjectedPermutation();
  if (leftWindows &&
      (!rightWindows || tensorType(op.getRhs()).getNumElements() <= tensorType(op.getLhs()).getNumElements()))
    right = whole(op.getRhs(), loops.rhs);
  else if (rightWindows)
    left = whole(op.getLhs(), loops.lhs);
  SmallVector<utils::IteratorType> iterators(loops.rank, utils::IteratorType::parallel);
  for (int64_t dim : loops.reduced)
    iterators[dim] = utils::IteratorType::reduction;
  Value init = makeFill(builder, loc, result, builder.getFloatAttr(result.getElementType(), 0.0));
  ++numGenerics;
  return makeGeneric(builder, loc, {left, right}, init, keptAxes(loops.rank, loops.reduced, op.getContext()), iterators,
                     [&](OpBuilder &b, Location l, ValueRange in) -> SmallVector<Value> {
                       Value product = multiply(b, l, in.take_front(2)).front();
                       return {arith::AddFOp::create(b, l, in[2], product)};
                     })
      .getResult(0);
}

/// A constant tensor with the entries of a matrix of f64.
static Value makeMatrix(OpBuilder &builder, Location loc, DenseFPElementsAttr matrix, FloatType element) {
  auto type = cast<RankedTensorType>(matrix.getType()).clone(element);
  auto converted = matrix.mapValues(element, [&](const APFloat &value) {
    bool inexact;
    APFloat rounded = value;
    rounded.convert(element.getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
    return rounded.bitcastToAPInt();
  });
  return arith::ConstantOp::create(builder, loc, type, cast<TypedAttr>(Attribute(converted)));
}

Value ToLinalg::lower(ModeProductOp op, TransposeOp transpose, ReshapeOp merge) {
  MLIRContext *context = op.getContext();
  Location loc = op.getLoc();
  RankedTensorType input = tensorType(op.getInput());
  RankedTensorType product = tensorType(transpose ? transpose.getResult() : op.getResult());
  int64_t kept = product.getRank(), rank = kept + op.getDims().size();
  auto dim = [&](int64_t loop) { return getAffineDimExpr(loop, context); };

  // Loops: the product's axes, in the order in which they are wanted, then the sums.
  SmallVector<AffineExpr> inputExprs(input.getRank());
  for (int64_t axis = 0; axis < kept; ++axis)
    inputExprs[transpose ? transpose.getPermutation()[axis] : axis] = dim(axis);
  SmallVector<View> views;
  for (auto [i, axis] : llvm::enumerate(op.getDims())) {
    Value matrix = makeMatrix(builder, loc, op.getMatrix(i), cast<FloatType>(input.getElementType()));
    AffineExpr sum = dim(kept + i);
    views.push_back({matrix, AffineMap::get(rank, 0, {inputExprs[axis], sum}, context), {}});
    inputExprs[axis] = sum;
  }
  AffineMap inputMap = AffineMap::get(rank, 0, inputExprs, context);
  View view = resolveView(op.getInput(), inputMap);
  if (view.scalar)
    view = resolveView(materialize(op.getInput()), inputMap);
  views.push_back(view);

  // Merged axes: a result's index is the number of the element of those that it is made of.
  RankedTensorType result = merge ? tensorType(merge.getResult()) : product;
  SmallVector<AffineExpr> resultExprs;
  int64_t next = 0;
  for (int64_t size : result.getShape()) {
    AffineExpr expr = dim(next);
    for (int64_t merged = product.getDimSize(next++); merged < size; merged *= product.getDimSize(next++))
      expr = expr * product.getDimSize(next) + dim(next);
    resultExprs.push_back(expr);
  }
  SmallVector<utils::IteratorType> iterators(kept, utils::IteratorType::parallel);
  iterators.append(rank - kept, utils::IteratorType::reduction);
  Value init = makeFill(builder, loc, result, builder.getFloatAttr(result.getElementType(), 0.0));
  ++numGenerics;
  return makeGeneric(builder, loc, views, init, AffineMap::get(rank, 0, resultExprs, context), iterators,
                     [](OpBuilder &b, Location l, ValueRange in) -> SmallVector<Value> {
                       Value term = in.front();
                       for (Value factor : in.drop_front().drop_back())
                         term = arith::MulFOp::create(b, l, term, factor);
                       return {arith::AddFOp::create(b, l, in.back(), term)};
                     })
      .getResult(0);
}

static Value insert(OpBuilder &builder, Location loc, Value source, Value into, ArrayRef<int64_t> starts,
                    ArrayRef<int64_t> strides) {
  SmallVector<OpFoldResult> sizes = getAsIndexOpFoldResult(builder.getContext(), tensorType(source).getShape());
  return tensor::InsertSliceOp::create(builder, loc, source, into, getAsIndexOpFoldResult(builder.getContext(), starts),
                                       sizes, getAsIndexOpFoldResult(builder.getContext(), strides));
}

Value ToLinalg::lower(PadOp op) {
  RankedTensorType type = tensorType(op.getResult());
  Value border = makeFill(builder, op.getLoc(), type,
                          builder.getFloatAttr(type.getElementType(), op.getValue().convertToDouble()));
  return insert(builder, op.getLoc(), materialize(op.getInput()), border, op.getStarts(), op.getStrides());
}

Value ToLinalg::lower(ConcatOp op) {
  RankedTensorType type = tensorType(op.getResult());
  Value whole = makeEmpty(builder, op.getLoc(), type);
  SmallVector<int64_t> starts(type.getRank(), 0), strides(type.getRank(), 1);
  for (Value input : op.getInputs()) {
    whole = insert(builder, op.getLoc(), materialize(input), whole, starts, strides);
    starts[op.getDim()] += tensorType(input).getDimSize(op.getDim());
  }
  return whole;
}
