//===- Survey.cpp - What evaluating a tensor will touch -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/Survey.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace agon::regions;

bool agon::regions::isEvaluable(linalg::GenericOp generic) {
  for (AffineMap map : generic.getIndexingMapsArray())
    for (AffineExpr expr : map.getResults())
      if (map.getNumSymbols() || !linearize(expr, map.getNumDims()))
        return false;
  for (Operation &op : generic.getBody()->without_terminator()) {
    if (isa<linalg::IndexOp, arith::ConstantOp>(op))
      continue;
    if (op.getNumRegions() || !OpTrait::hasElementwiseMappableTraits(&op))
      return false;
  }
  // Values from outside the body can only be scalar constants.
  bool outside = true;
  generic.getBody()->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (operand.getParentBlock() != generic.getBody() && !operand.getDefiningOp<arith::ConstantOp>())
        outside = false;
  });
  return outside;
}

AffineMap agon::regions::iterationPoint(linalg::GenericOp generic, AffineMap map) {
  AffineMap first;
  for (OpOperand &init : generic.getDpsInitsMutable()) {
    AffineMap result = generic.getMatchingIndexingMap(&init);
    if (first && result != first)
      return {};
    first = result;
  }
  if (!first || !first.isPermutation())
    return {};
  return inversePermutation(first).compose(map);
}

/// A rough price of an operation on one vector.
static int64_t price(Operation &op) {
  if (isa<math::AbsFOp, math::FloorOp, math::CeilOp, math::CopySignOp, math::FmaOp>(op))
    return 1;
  if (isa<math::SqrtOp, math::RsqrtOp, arith::DivFOp>(op))
    return 8;
  if (isa<math::PowFOp>(op))
    return 200;
  if (isa<math::MathDialect>(op.getDialect()))
    return 25;
  return isa<arith::ConstantOp, linalg::IndexOp>(op) ? 0 : 1;
}

bool Survey::visitInputs(linalg::GenericOp generic, AffineMap dims) {
  if (!isEvaluable(generic))
    return false;
  for (Operation &op : generic.getBody()->without_terminator()) {
    usesIndex |= isa<linalg::IndexOp>(op);
    work += price(op);
  }
  for (OpOperand *input : generic.getDpsInputOperands()) {
    if (!isa<RankedTensorType>(input->get().getType()))
      return false;
    if (!visit(input->get(), readingMap(generic, input).compose(dims)))
      return false;
  }
  return true;
}

bool Survey::visit(Value tensor, AffineMap map) {
  if (!seen.insert({tensor, map}).second)
    return true;
  Operation *op = tensor.getDefiningOp();
  if (op && op == root) {
    rootReads.push_back({tensor, map});
    return true;
  }
  auto constant = dyn_cast_or_null<arith::ConstantOp>(op);
  bool splat = constant && isa<SplatElementsAttr>(constant.getValue());
  if (!op || (constant && !splat)) {
    if (constant && !isa<DenseElementsAttr>(constant.getValue()))
      return false;
    auto form = linearAddress(map, cast<RankedTensorType>(tensor.getType()).getShape());
    if (!form)
      return false;
    leaves.push_back({tensor, map, *form});
    ++work;
    return true;
  }
  if (splat || isa<tensor::EmptyOp>(op))
    return true;
  if (auto fill = dyn_cast<linalg::FillOp>(op))
    return bool(fill.getInputs()[0].getDefiningOp<arith::ConstantOp>());
  if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    std::optional<PaddedRead> read = readThroughPadding(insert, map);
    if (!read)
      return false;
    for (auto [index, limit] : read->bounds) {
      std::optional<LinearForm> form = linearize(index, map.getNumDims());
      if (!form)
        return false;
      bounded.push_back(*form);
    }
    ++work;
    return visit(read->source, read->map);
  }
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops())
    return false;
  AffineMap dims = iterationPoint(generic, map);
  if (!dims || !visitInputs(generic, dims))
    return false;
  for (OpOperand &init : generic.getDpsInitsMutable())
    if (generic.payloadUsesValueFromOperand(&init) && !visit(init.get(), map))
      return false;
  for (Value result : generic.getResults())
    seen.insert({result, map});
  return true;
}

const Survey::Leaf *Survey::largestLeaf() const {
  const Leaf *largest = nullptr;
  int64_t most = 0;
  for (const Leaf &leaf : leaves) {
    int64_t elements = cast<RankedTensorType>(leaf.tensor.getType()).getNumElements();
    if (elements > most) {
      most = elements;
      largest = &leaf;
    }
  }
  return largest;
}

SmallVector<LinearForm> Survey::forms() const {
  SmallVector<LinearForm> forms = bounded;
  for (const Leaf &leaf : leaves)
    forms.push_back(leaf.form);
  return forms;
}
