//===- Rules.cpp - What a rule is written with ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Rules.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agon::autodiff;

Value Emitter::splat(double value, Type type) {
  FloatAttr number = FloatAttr::get(getElementTypeOrSelf(type), value);
  TypedAttr attribute = number;
  if (auto shaped = dyn_cast<ShapedType>(type))
    attribute = DenseElementsAttr::get(shaped, Attribute(number));
  return create<arith::ConstantOp>(attribute);
}

Value Emitter::add(Value a, Value b) { return create<arith::AddFOp>(a, b); }
Value Emitter::sub(Value a, Value b) { return create<arith::SubFOp>(a, b); }
Value Emitter::mul(Value a, Value b) { return create<arith::MulFOp>(a, b); }
Value Emitter::div(Value a, Value b) { return create<arith::DivFOp>(a, b); }
Value Emitter::neg(Value a) { return create<arith::NegFOp>(a); }

Value Emitter::scale(double factor, Value a) { return mul(a, splat(factor, a.getType())); }

Value Emitter::compare(arith::CmpFPredicate predicate, Value a, Value b) {
  return create<arith::CmpFOp>(predicate, a, b);
}

Value Emitter::isZero(Value a) { return compare(arith::CmpFPredicate::OEQ, a, splat(0, a.getType())); }

Value Emitter::select(Value condition, Value a, Value b) { return create<arith::SelectOp>(condition, a, b); }

Value Emitter::indicator(Value condition, Type type) { return select(condition, splat(1, type), splat(0, type)); }

Value Emitter::transpose(Value a, ArrayRef<int64_t> permutation) {
  bool identity = true;
  auto type = cast<RankedTensorType>(a.getType());
  SmallVector<int64_t> shape;
  for (auto [i, axis] : llvm::enumerate(permutation)) {
    identity &= static_cast<int64_t>(i) == axis;
    shape.push_back(type.getDimSize(axis));
  }
  return identity ? a : create<agon::TransposeOp>(type.clone(shape), a, permutation);
}

std::optional<double> agon::autodiff::splatValue(Value value) {
  while (auto broadcast = value.getDefiningOp<agon::BroadcastOp>())
    value = broadcast.getInput();
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto splat = dyn_cast<SplatElementsAttr>(attribute))
    attribute = splat.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  return std::nullopt;
}

SmallVector<int64_t> agon::autodiff::axesWithout(int64_t rank, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> rest;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      rest.push_back(i);
  return rest;
}

SmallVector<int64_t> agon::autodiff::inverse(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> result(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    result[axis] = i;
  return result;
}
