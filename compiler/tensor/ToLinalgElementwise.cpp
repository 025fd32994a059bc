//===- ToLinalgElementwise.cpp - Elementwise operations to linalg ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Philox.h"
#include "compiler/tensor/ToLinalg.h"
#include "dialects/agon/Locations.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

FailureOr<ValueRange> ToLinalg::lowerElementwise(Operation *op) {
  SmallVector<View> views;
  for (Value operand : op->getOperands()) {
    if (!isa<RankedTensorType>(operand.getType()))
      return op->emitOpError("expected tensor operands, got ") << operand.getType();
    views.push_back(resolveView(operand));
  }
  SmallVector<RankedTensorType> types;
  SmallVector<Type> elements;
  for (Type type : op->getResultTypes()) {
    types.push_back(cast<RankedTensorType>(type));
    elements.push_back(types.back().getElementType());
  }
  ++numGenerics;
  auto generic =
      makeElementwise(builder, op->getLoc(), views, types, [&](OpBuilder &b, Location loc, ValueRange scalars) {
        OperationState state(loc, op->getName(), scalars, elements, op->getAttrs());
        return SmallVector<Value>(b.create(state)->getResults());
      });
  return ValueRange(generic.getResults());
}

static Value constant(OpBuilder &b, Location loc, Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

/// exp(-|x|), which never overflows.
static Value expMinusAbs(OpBuilder &b, Location loc, Value x) {
  Value abs = math::AbsFOp::create(b, loc, x);
  Value minus = arith::NegFOp::create(b, loc, abs);
  return math::ExpOp::create(b, loc, minus);
}

/// With e = exp(-|x|): 1 / (1 + e) for x >= 0, e / (1 + e) below.
Value ToLinalg::lower(SigmoidOp op) {
  return elementwise(safeLocation(op.getLoc()), resolveView(op.getInput()), tensorType(op.getResult()),
                     [](OpBuilder &b, Location loc, ValueRange in) -> SmallVector<Value> {
                       Value x = in[0], e = expMinusAbs(b, loc, x);
                       Value one = constant(b, loc, x.getType(), 1);
                       Value zero = constant(b, loc, x.getType(), 0);
                       Value positive = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, x, zero);
                       Value above = arith::SelectOp::create(b, loc, positive, one, e);
                       Value below = arith::AddFOp::create(b, loc, one, e);
                       return {arith::DivFOp::create(b, loc, above, below)};
                     });
}

Value ToLinalg::lower(SoftplusOp op) {
  return elementwise(safeLocation(op.getLoc()), resolveView(op.getInput()), tensorType(op.getResult()),
                     [](OpBuilder &b, Location loc, ValueRange in) -> SmallVector<Value> {
                       Value x = in[0], e = expMinusAbs(b, loc, x);
                       Value zero = constant(b, loc, x.getType(), 0);
                       Value ramp = arith::MaximumFOp::create(b, loc, x, zero);
                       Value rest = math::Log1pOp::create(b, loc, e);
                       return {arith::AddFOp::create(b, loc, ramp, rest)};
                     });
}

Value ToLinalg::lower(OneHotOp op) {
  RankedTensorType type = tensorType(op.getResult());
  int64_t last = type.getRank() - 1;
  AffineMap labels = AffineMap::getMultiDimIdentityMap(type.getRank(), op.getContext());
  return elementwise(op.getLoc(), resolveView(op.getLabels(), labels.dropResult(last)), type,
                     [&](OpBuilder &b, Location loc, ValueRange in) -> SmallVector<Value> {
                       Value index = linalg::IndexOp::create(b, loc, last);
                       Value number = arith::IndexCastOp::create(b, loc, in[0].getType(), index);
                       Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, in[0], number);
                       return {arith::SelectOp::create(b, loc, equal, constant(b, loc, type.getElementType(), 1),
                                                       constant(b, loc, type.getElementType(), 0))};
                     });
}

Value ToLinalg::lower(IotaOp op) {
  RankedTensorType type = tensorType(op.getResult());
  Type element = type.getElementType();
  return elementwise(op.getLoc(), {}, type, [&](OpBuilder &b, Location loc, ValueRange) -> SmallVector<Value> {
    Value index = linalg::IndexOp::create(b, loc, op.getDim());
    if (isa<IntegerType>(element))
      return {arith::IndexCastOp::create(b, loc, element, index)};
    Value number = arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
    return {arith::SIToFPOp::create(b, loc, element, number)};
  });
}

Value ToLinalg::lower(RandomOp op) {
  RankedTensorType type = tensorType(op.getResult());
  auto keyWord = [&](int64_t word) {
    return resolveView(op.getKey(), AffineMap::get(type.getRank(), 0, builder.getAffineConstantExpr(word)));
  };
  return elementwise(safeLocation(op.getLoc()), {keyWord(0), keyWord(1)}, type,
                     [&](OpBuilder &b, Location loc, ValueRange in) -> SmallVector<Value> {
                       PhiloxBuilder philox(b, loc);
                       PhiloxWords words = philox.draw(in[0], in[1], *op.getStream(), philox.element(type.getShape()),
                                                       type.getNumElements());
                       Type element = type.getElementType();
                       switch (op.getKind()) {
                       case RandomKind::Uniform:
                         return {philox.uniform(words, element)};
                       case RandomKind::Normal:
                         return {philox.normal(words, element)};
                       case RandomKind::Categorical:
                         return {philox.categorical(words, *op.getClasses())};
                       }
                       return {};
                     });
}
