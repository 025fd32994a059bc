//===- SampleAxes.cpp - Regions for a part of the samples -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/SampleAxes.h"
#include "compiler/tensor/RegionWork.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

SampleAxis tensors::axisBefore(ReshapeOp reshape, unsigned axis) {
  ArrayRef<int64_t> from = cast<RankedTensorType>(reshape.getInput().getType()).getShape(),
                    to = reshape.getType().getShape();
  int64_t before = llvm::product_of(to.take_front(axis)), passed = 1;
  for (auto [candidate, size] : llvm::enumerate(from)) {
    if (passed == before && size == to[axis])
      return unsigned(candidate);
    passed *= size;
  }
  return std::nullopt;
}

RankedTensorType tensors::partOf(Type type, SampleAxis axis, int64_t size) {
  auto whole = cast<RankedTensorType>(type);
  if (!axis)
    return whole;
  SmallVector<int64_t> shape(whole.getShape());
  shape[*axis] = size;
  return whole.clone(shape);
}

//===----------------------------------------------------------------------===//
// From results to inputs
//===----------------------------------------------------------------------===//

SampleAxis SampleAxes::at(Value tensor) const { return axes.lookup(tensor); }

/// Notes that `tensor` is read with the samples along `axis`; false if another reader has them elsewhere.
bool SampleAxes::demand(Value tensor, SampleAxis axis) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type)
    return true;
  if (axis && type.getDimSize(*axis) != samples)
    return false;
  return axes.try_emplace(tensor, axis).first->second == axis;
}

/// The axis of an operand that is dimension `dim`, if its map has it; false if the dimension is only part of an index.
static bool findAxis(AffineMap map, unsigned dim, SampleAxis &axis) {
  axis = std::nullopt;
  for (auto [position, index] : llvm::enumerate(map.getResults())) {
    if (!index.isFunctionOfDim(dim))
      continue;
    if (axis || index != getAffineDimExpr(dim, map.getContext()))
      return false;
    axis = unsigned(position);
  }
  return true;
}

/// The dimension that the samples are in a generic that has them along `axis` of what `map` is the map of; none if
/// that is no parallel dimension.
static std::optional<unsigned> sampleDimension(linalg::GenericOp generic, AffineMap map, unsigned axis) {
  auto dim = dyn_cast<AffineDimExpr>(map.getResult(axis));
  if (!dim || generic.getIteratorTypesArray()[dim.getPosition()] != utils::IteratorType::parallel)
    return std::nullopt;
  return dim.getPosition();
}

bool SampleAxes::followBack(linalg::GenericOp generic) {
  std::optional<unsigned> dim;
  for (OpResult result : generic->getOpResults())
    if (SampleAxis axis = at(result)) {
      std::optional<unsigned> own = sampleDimension(generic, generic.getIndexingMapMatchingResult(result), *axis);
      if (!own || (dim && dim != own))
        return false;
      dim = own;
    }
  bool asks = generic.getBody()
                  ->walk([&](linalg::IndexOp index) {
                    return index.getDim() == *dim ? WalkResult::interrupt() : WalkResult::advance();
                  })
                  .wasInterrupted();
  if (asks)
    return false;
  SampleAxis axis;
  for (OpOperand &operand : generic->getOpOperands())
    if (!findAxis(generic.getMatchingIndexingMap(&operand), *dim, axis) || !demand(operand.get(), axis))
      return false;
  return llvm::all_of(generic->getOpResults(), [&](OpResult result) {
    return findAxis(generic.getIndexingMapMatchingResult(result), *dim, axis) && demand(result, axis);
  });
}

bool SampleAxes::followBack(tensor::InsertSliceOp insert, unsigned axis) {
  if (insert.getStaticOffsets()[axis] != 0 || insert.getStaticSizes()[axis] != samples ||
      insert.getStaticStrides()[axis] != 1)
    return false;
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  if (dropped.test(axis))
    return false;
  unsigned before = 0;
  for (unsigned dim = 0; dim != axis; ++dim)
    before += !dropped.test(dim);
  return demand(insert.getSource(), before) && demand(insert.getDest(), axis);
}

bool SampleAxes::followBack(Operation &op) {
  bool isNeeded = false;
  SampleAxis axis;
  for (Value result : op.getResults())
    if (axes.contains(result)) {
      isNeeded = true;
      axis = axis ? axis : at(result);
    }
  if (!isNeeded)
    return true;
  if (!axis)
    return llvm::all_of(op.getOperands(), [&](Value operand) { return demand(operand, std::nullopt); });
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return followBack(generic);
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
    return followBack(insert, *axis);
  if (auto fill = dyn_cast<linalg::FillOp>(op))
    return demand(fill.getOutputs()[0], axis);
  auto constant = dyn_cast<arith::ConstantOp>(op);
  return isa<tensor::EmptyOp>(op) || (constant && isa<SplatElementsAttr>(constant.getValue()));
}

std::optional<SampleAxes> SampleAxes::of(RegionOp region, unsigned axis, int64_t samples) {
  SampleAxes found(region, samples);
  Block &body = region.getBody().front();
  for (Value value : body.getTerminator()->getOperands())
    if (axis >= cast<RankedTensorType>(value.getType()).getRank() || !found.demand(value, axis))
      return std::nullopt;
  for (Operation &op : llvm::drop_begin(llvm::reverse(body)))
    if (!found.followBack(op))
      return std::nullopt;
  return found;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

int64_t SampleAxes::rowsOfASample() {
  for (auto root : region.getBody().front().getOps<linalg::GenericOp>()) {
    if (root.getNumReductionLoops() == 0)
      continue;
    SmallVector<AffineMap> maps = root.getIndexingMapsArray();
    bool first = bool(at(root.getInputs()[0]));
    if (first == bool(at(root.getInputs()[1])))
      return 0;
    int64_t rows = 1;
    for (auto [dim, size] : llvm::enumerate(root.getStaticLoopRanges()))
      if (maps[!first].isFunctionOfDim(dim) && maps.back().isFunctionOfDim(dim) && !maps[first].isFunctionOfDim(dim))
        rows *= size;
    return rows / samples;
  }
  return 0;
}

RegionOp SampleAxes::cut(OpBuilder &builder, ValueRange inputs, int64_t part) {
  auto resized = [&](Value tensor) { return partOf(tensor.getType(), at(tensor), part); };
  Block &whole = region.getBody().front();
  auto body = std::make_unique<Block>();
  IRMapping mapping;
  for (BlockArgument argument : whole.getArguments())
    mapping.map(argument, body->addArgument(resized(argument), argument.getLoc()));
  OpBuilder inner(region.getContext());
  inner.setInsertionPointToEnd(body.get());
  for (Operation &op : whole) {
    bool isNeeded = op.hasTrait<OpTrait::IsTerminator>() || isa<arith::ConstantOp>(op) ||
                    llvm::any_of(op.getResults(), [&](Value result) { return axes.contains(result); });
    if (!isNeeded)
      continue;
    Operation *copy = inner.clone(op, mapping);
    for (auto [old, result] : llvm::zip_equal(op.getResults(), copy->getResults()))
      if (SampleAxis axis = at(old)) {
        result.setType(resized(old));
        if (auto constant = dyn_cast<arith::ConstantOp>(copy))
          constant.setValueAttr(
              cast<TypedAttr>(Attribute(cast<DenseElementsAttr>(constant.getValue()).resizeSplat(resized(old)))));
        if (auto insert = dyn_cast<tensor::InsertSliceOp>(copy)) {
          SmallVector<int64_t> sizes(insert.getStaticSizes());
          sizes[*axis] = part;
          insert.setStaticSizes(sizes);
        }
      }
  }
  int64_t flops = countFlops(*body), bytes = countBytes(*body);
  auto copy = RegionOp::create(builder, region.getLoc(), body->getTerminator()->getOperandTypes(), region.getKind(),
                               inputs, flops, bytes, /*places=*/ArrayAttr(), /*plan=*/Attribute());
  copy.getBody().push_back(body.release());
  return copy;
}
