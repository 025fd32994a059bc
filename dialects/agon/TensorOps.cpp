//===- TensorOps.cpp - Verifiers of the tensor and random operations ------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Checks.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace agon;
using namespace agon::detail;

//===----------------------------------------------------------------------===//
// Shared checks
//===----------------------------------------------------------------------===//

LogicalResult agon::detail::checkAxes(Operation *op, ArrayRef<int64_t> axes, int64_t rank, StringRef what) {
  llvm::SmallBitVector seen(rank);
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= rank)
      return op->emitOpError() << "expected " << what << " axes in [0, " << rank << "), got " << axis;
    if (seen.test(axis))
      return op->emitOpError() << "expected each " << what << " axis once, got " << axis << " twice";
    seen.set(axis);
  }
  return success();
}

LogicalResult agon::detail::checkElement(Operation *op, RankedTensorType operand, RankedTensorType result) {
  if (operand.getElementType() == result.getElementType())
    return success();
  return op->emitOpError() << "expected result elements of type " << operand.getElementType() << ", got "
                           << result.getElementType();
}

LogicalResult agon::detail::checkResult(Operation *op, RankedTensorType expected) {
  Type got = op->getResult(0).getType();
  if (got == expected)
    return success();
  return op->emitOpError() << "expected result of type " << expected << ", got " << got;
}

LogicalResult agon::detail::checkLength(Operation *op, ArrayRef<int64_t> list, int64_t count, StringRef what,
                                        StringRef each) {
  if (static_cast<int64_t>(list.size()) == count)
    return success();
  return op->emitOpError() << "expected " << count << " " << what << ", one " << each << ", got " << list.size();
}

LogicalResult agon::detail::checkAtLeast(Operation *op, ArrayRef<int64_t> list, int64_t least, StringRef what) {
  for (int64_t entry : list)
    if (entry < least)
      return op->emitOpError() << "expected " << what << " of at least " << least << ", got " << entry;
  return success();
}

//===----------------------------------------------------------------------===//
// Contraction and reduction
//===----------------------------------------------------------------------===//

RankedTensorType ContractOp::inferType(RankedTensorType lhs, RankedTensorType rhs, ArrayRef<int64_t> lhsBatch,
                                       ArrayRef<int64_t> rhsBatch, ArrayRef<int64_t> lhsReduce,
                                       ArrayRef<int64_t> rhsReduce) {
  SmallVector<int64_t> shape;
  for (int64_t axis : lhsBatch)
    shape.push_back(lhs.getDimSize(axis));
  auto appendFree = [&](RankedTensorType type, ArrayRef<int64_t> batch, ArrayRef<int64_t> reduce) {
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (!llvm::is_contained(batch, axis) && !llvm::is_contained(reduce, axis))
        shape.push_back(type.getDimSize(axis));
  };
  appendFree(lhs, lhsBatch, lhsReduce);
  appendFree(rhs, rhsBatch, rhsReduce);
  return RankedTensorType::get(shape, lhs.getElementType());
}

void ContractOp::build(OpBuilder &builder, OperationState &state, Value lhs, Value rhs, ArrayRef<int64_t> lhsBatch,
                       ArrayRef<int64_t> rhsBatch, ArrayRef<int64_t> lhsReduce, ArrayRef<int64_t> rhsReduce) {
  build(builder, state, inferType(tensorType(lhs), tensorType(rhs), lhsBatch, rhsBatch, lhsReduce, rhsReduce), lhs, rhs,
        lhsBatch, rhsBatch, lhsReduce, rhsReduce);
}

LogicalResult ContractOp::verify() {
  RankedTensorType lhs = tensorType(getLhs()), rhs = tensorType(getRhs());
  if (lhs.getElementType() != rhs.getElementType())
    return emitOpError() << "expected operands of one element type, got " << lhs.getElementType() << " and "
                         << rhs.getElementType();
  SmallVector<int64_t> lhsAxes(getLhsBatch()), rhsAxes(getRhsBatch());
  llvm::append_range(lhsAxes, getLhsReduce());
  llvm::append_range(rhsAxes, getRhsReduce());
  if (getLhsBatch().size() != getRhsBatch().size())
    return emitOpError() << "expected batch axes in pairs, got " << getLhsBatch().size() << " and "
                         << getRhsBatch().size();
  if (getLhsReduce().size() != getRhsReduce().size())
    return emitOpError() << "expected reduced axes in pairs, got " << getLhsReduce().size() << " and "
                         << getRhsReduce().size();
  if (failed(checkAxes(*this, lhsAxes, lhs.getRank(), "left")) ||
      failed(checkAxes(*this, rhsAxes, rhs.getRank(), "right")))
    return failure();
  for (auto [l, r] : llvm::zip_equal(lhsAxes, rhsAxes))
    if (lhs.getDimSize(l) != rhs.getDimSize(r))
      return emitOpError() << "expected paired axes of equal size, got " << lhs.getDimSize(l) << " (left axis " << l
                           << ") and " << rhs.getDimSize(r) << " (right axis " << r << ")";
  return checkResult(*this, inferType(lhs, rhs, getLhsBatch(), getRhsBatch(), getLhsReduce(), getRhsReduce()));
}

RankedTensorType ReduceOp::inferType(RankedTensorType input, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> shape;
  for (int64_t axis = 0; axis < input.getRank(); ++axis)
    if (!llvm::is_contained(dims, axis))
      shape.push_back(input.getDimSize(axis));
  return RankedTensorType::get(shape, input.getElementType());
}

void ReduceOp::build(OpBuilder &builder, OperationState &state, ReduceKind kind, Value input, ArrayRef<int64_t> dims,
                     bool expectation) {
  build(builder, state, inferType(tensorType(input), dims), kind, input, dims, expectation);
}

LogicalResult ReduceOp::verify() {
  RankedTensorType input = tensorType(getInput());
  if (failed(checkAxes(*this, getDims(), input.getRank(), "reduced")))
    return failure();
  if (getExpectation() && (input.getRank() == 0 || int64_t(getDims().size()) != input.getRank()))
    return emitOpError() << "expected an expectation over all axes, got " << getDims().size() << " of "
                         << input.getRank();
  if (getKind() != ReduceKind::Sum)
    for (int64_t axis : getDims())
      if (input.getDimSize(axis) == 0)
        return emitOpError() << "expected a nonempty axis " << axis << " under " << stringifyReduceKind(getKind());
  return checkResult(*this, inferType(input, getDims()));
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  RankedTensorType input = tensorType(getInput()), result = tensorType(getResult());
  if (failed(checkElement(*this, input, result)) || failed(checkLength(*this, getDims(), input.getRank(), "dims")) ||
      failed(checkAxes(*this, getDims(), result.getRank(), "result")))
    return failure();
  for (auto [axis, dim] : llvm::enumerate(getDims())) {
    if (axis > 0 && getDims()[axis - 1] > dim)
      return emitOpError() << "expected increasing dims, got " << getDims()[axis - 1] << " before " << dim;
    if (input.getDimSize(axis) != result.getDimSize(dim))
      return emitOpError() << "expected result axis " << dim << " of size " << input.getDimSize(axis)
                           << " as input axis " << axis << ", got " << result.getDimSize(dim);
  }
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType input = tensorType(getInput()), result = tensorType(getResult());
  if (failed(checkElement(*this, input, result)))
    return failure();
  if (input.getNumElements() != result.getNumElements())
    return emitOpError() << "expected " << input.getNumElements() << " elements as in " << input << ", got "
                         << result.getNumElements();
  return success();
}

RankedTensorType TransposeOp::inferType(RankedTensorType input, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(input.getDimSize(axis));
  return RankedTensorType::get(shape, input.getElementType());
}

void TransposeOp::build(OpBuilder &builder, OperationState &state, Value input, ArrayRef<int64_t> permutation) {
  build(builder, state, inferType(tensorType(input), permutation), input, permutation);
}

LogicalResult TransposeOp::verify() {
  RankedTensorType input = tensorType(getInput());
  if (failed(checkLength(*this, getPermutation(), input.getRank(), "permutation entries")) ||
      failed(checkAxes(*this, getPermutation(), input.getRank(), "permutation")))
    return failure();
  return checkResult(*this, inferType(input, getPermutation()));
}

/// Slice and pad are transposes of each other: `box` lies inside `whole`.
static LogicalResult verifyBox(Operation *op, RankedTensorType box, RankedTensorType whole, ArrayRef<int64_t> starts,
                               ArrayRef<int64_t> strides) {
  if (box.getElementType() != whole.getElementType())
    return checkElement(op, cast<RankedTensorType>(op->getOperand(0).getType()),
                        cast<RankedTensorType>(op->getResult(0).getType()));
  if (box.getRank() != whole.getRank())
    return op->emitOpError() << "expected input and result of equal rank, got " << whole.getRank() << " and "
                             << box.getRank();
  if (failed(checkLength(op, starts, whole.getRank(), "starts")) ||
      failed(checkLength(op, strides, whole.getRank(), "strides")))
    return failure();
  for (int64_t axis = 0; axis < whole.getRank(); ++axis) {
    if (strides[axis] < 1)
      return op->emitOpError() << "expected a positive stride on axis " << axis << ", got " << strides[axis];
    if (starts[axis] < 0)
      return op->emitOpError() << "expected a nonnegative start on axis " << axis << ", got " << starts[axis];
    int64_t size = box.getDimSize(axis);
    int64_t end = size == 0 ? starts[axis] : starts[axis] + (size - 1) * strides[axis] + 1;
    if (end > whole.getDimSize(axis))
      return op->emitOpError() << "expected the box within axis " << axis << " of size " << whole.getDimSize(axis)
                               << ", got its end at " << end;
  }
  return success();
}

LogicalResult SliceOp::verify() {
  return verifyBox(*this, tensorType(getResult()), tensorType(getInput()), getStarts(), getStrides());
}

LogicalResult PadOp::verify() {
  return verifyBox(*this, tensorType(getInput()), tensorType(getResult()), getStarts(), getStrides());
}

LogicalResult ReverseOp::verify() { return checkAxes(*this, getDims(), getType().getRank(), "reversed"); }

RankedTensorType ConcatOp::inferType(ValueRange inputs, int64_t dim) {
  RankedTensorType first = tensorType(inputs.front());
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : inputs.drop_front())
    shape[dim] += tensorType(input).getDimSize(dim);
  return RankedTensorType::get(shape, first.getElementType());
}

void ConcatOp::build(OpBuilder &builder, OperationState &state, ValueRange inputs, int64_t dim) {
  build(builder, state, inferType(inputs, dim), inputs, static_cast<uint64_t>(dim));
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("expected at least one input");
  RankedTensorType first = tensorType(getInputs().front());
  int64_t dim = getDim();
  if (failed(checkAxes(*this, {dim}, first.getRank(), "concatenated")))
    return failure();
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    RankedTensorType type = tensorType(input);
    bool alike = type.getElementType() == first.getElementType() && type.getRank() == first.getRank();
    for (int64_t axis = 0; alike && axis < first.getRank(); ++axis)
      alike = axis == dim || type.getDimSize(axis) == first.getDimSize(axis);
    if (!alike)
      return emitOpError() << "expected inputs alike but for axis " << dim << ", got " << first << " and, as input "
                           << index << ", " << type;
  }
  return checkResult(*this, inferType(getInputs(), dim));
}

//===----------------------------------------------------------------------===//
// Sources of values
//===----------------------------------------------------------------------===//

LogicalResult OneHotOp::verify() {
  RankedTensorType labels = tensorType(getLabels()), result = tensorType(getResult());
  if (result.getRank() != labels.getRank() + 1 || result.getShape().drop_back() != labels.getShape())
    return emitOpError() << "expected a result of the labels' shape and one more axis, got " << labels << " and "
                         << result;
  return success();
}

LogicalResult IotaOp::verify() {
  RankedTensorType result = tensorType(getResult());
  if (result.getElementType().isInteger(1))
    return emitOpError() << "expected numbers, got " << result;
  return checkAxes(*this, {static_cast<int64_t>(getDim())}, result.getRank(), "counted");
}

LogicalResult RandomOp::verify() {
  Type element = tensorType(getResult()).getElementType();
  if (getKind() == RandomKind::Categorical) {
    if (!getClasses())
      return emitOpError("expected classes with categorical");
    if (static_cast<int64_t>(*getClasses()) < 1)
      return emitOpError() << "expected at least one class, got " << static_cast<int64_t>(*getClasses());
    if (!element.isInteger(32))
      return emitOpError() << "expected i32 elements with categorical, got " << element;
  } else {
    if (getClasses())
      return emitOpError() << "expected classes with categorical only, got " << stringifyRandomKind(getKind());
    if (!isa<FloatType>(element))
      return emitOpError() << "expected floating-point elements with " << stringifyRandomKind(getKind()) << ", got "
                           << element;
  }
  if (static_cast<bool>(getKey()) != getStream().has_value())
    return emitOpError("expected key and stream together");
  if (Value key = getKey())
    if (tensorType(key).getShape() != ArrayRef<int64_t>{2})
      return emitOpError() << "expected a key of type tensor<2xi64>, got " << key.getType();
  return success();
}

/// Without a key a draw brings something new into the world each time, as an
/// allocation does: unused it may go, but two are never one. With a key it is a
/// pure function.
void RandomOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (!getKey())
    effects.emplace_back(MemoryEffects::Allocate::get(), getOperation()->getOpResult(0));
}
