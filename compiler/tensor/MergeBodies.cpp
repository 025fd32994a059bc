//===- MergeBodies.cpp - Many elementwise bodies in one generic -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/MergeBodies.h"
#include "compiler/tensor/ToLinalg.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

BodyMerger::BodyMerger(const FusionGraph &graph, ArrayRef<int64_t> space, MLIRContext *context,
                       std::function<bool(unsigned)> isComputed, std::function<Value(Value)> leaf)
    : graph(graph), space(space), body(std::make_unique<Block>()), builder(context), isComputed(std::move(isComputed)),
      leaf(std::move(leaf)) {
  builder.setInsertionPointToEnd(body.get());
}

Value BodyMerger::constant(Operation *op) {
  // Constants stand first, where one serves every use.
  Value &value = constants[op->getAttr("value")];
  if (!value) {
    OpBuilder atStart(builder.getContext()); // a block without a region has no context
    atStart.setInsertionPointToStart(body.get());
    value = atStart.clone(*op)->getResult(0);
  }
  return value;
}

Value BodyMerger::index(AffineExpr expr, Location loc) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return linalg::IndexOp::create(builder, loc, dim.getPosition());
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return arith::ConstantIndexOp::create(builder, loc, number.getValue());
  // Views make sums and products only, and remainders that change nothing (View.cpp).
  auto binary = cast<AffineBinaryOpExpr>(expr);
  if (binary.getKind() == AffineExprKind::Mod)
    return index(binary.getLHS(), loc);
  Value lhs = index(binary.getLHS(), loc), rhs = index(binary.getRHS(), loc);
  if (binary.getKind() == AffineExprKind::Add)
    return arith::AddIOp::create(builder, loc, lhs, rhs);
  assert(binary.getKind() == AffineExprKind::Mul && "expected an affine view");
  return arith::MulIOp::create(builder, loc, lhs, rhs);
}

void BodyMerger::compute(unsigned node, AffineMap map) {
  Operation *op = graph.nodes[node].op;
  locations.push_back(op->getLoc());
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    elements[{fill.getResult(0), map}] = constant(fill.getInputs()[0].getDefiningOp());
    return;
  }
  auto generic = cast<linalg::GenericOp>(op);
  Block &from = generic.getRegion().front();
  IRMapping mapping;
  for (OpOperand *input : generic.getDpsInputOperands()) {
    BlockArgument argument = generic.getMatchingBlockArgument(input);
    if (!argument.use_empty())
      mapping.map(argument, read(input->get(), generic.getMatchingIndexingMap(input).compose(map)));
  }
  auto lookup = [&](Value value) {
    if (!mapping.contains(value))
      mapping.map(value, constant(value.getDefiningOp()));
    return mapping.lookup(value);
  };
  for (Operation &inner : from.without_terminator()) {
    if (inner.hasTrait<OpTrait::ConstantLike>()) {
      mapping.map(inner.getResult(0), constant(&inner));
    } else if (auto place = dyn_cast<linalg::IndexOp>(inner)) {
      mapping.map(place.getResult(), index(map.getResult(place.getDim()), inner.getLoc()));
    } else {
      llvm::for_each(inner.getOperands(), lookup);
      builder.clone(inner, mapping);
    }
  }
  for (auto [result, element] : llvm::zip_equal(generic.getResults(), from.getTerminator()->getOperands()))
    elements[{result, map}] = lookup(element);
}

Value BodyMerger::read(Value tensor, AffineMap map) {
  auto known = elements.find({tensor, map});
  if (known != elements.end())
    return known->second;
  std::optional<unsigned> node = graph.producer(tensor);
  if (node && graph.nodes[*node].kind != NodeKind::Insert && (graph.nodes[*node].recomputed || isComputed(*node))) {
    compute(*node, map);
    return elements.lookup({tensor, map});
  }
  inputs.push_back(leaf(tensor));
  maps.push_back(map);
  Value element = body->addArgument(tensorType(tensor).getElementType(), tensor.getLoc());
  elements[{tensor, map}] = element;
  return element;
}

Value BodyMerger::read(Value tensor) {
  return read(tensor, AffineMap::getMultiDimIdentityMap(space.size(), tensor.getContext()));
}

linalg::GenericOp BodyMerger::finish(OpBuilder &outer, ValueRange yielded) {
  Location loc = outer.getFusedLoc(locations);
  linalg::YieldOp::create(builder, loc, yielded);
  SmallVector<Value> inits;
  for (Value element : yielded) {
    inits.push_back(makeEmpty(outer, loc, RankedTensorType::get(space, element.getType())));
    maps.push_back(AffineMap::getMultiDimIdentityMap(space.size(), outer.getContext()));
    body->addArgument(element.getType(), loc);
  }
  SmallVector<utils::IteratorType> iterators(space.size(), utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(outer, loc, TypeRange(ValueRange(inits)), inputs, inits, maps, iterators);
  generic.getRegion().getBlocks().clear();
  generic.getRegion().push_back(body.release());
  return generic;
}

void tensors::internalizeConstants(Region &region) {
  llvm::DenseMap<Value, Value> copies;
  OpBuilder builder(&region.front(), region.front().begin());
  region.walk([&](Operation *op) {
    for (OpOperand &operand : op->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      if (!source || region.isAncestor(source->getParentRegion()))
        continue;
      Value &copy = copies[operand.get()];
      if (!copy)
        copy = builder.clone(*source)->getResult(0);
      operand.set(copy);
    }
  });
}
