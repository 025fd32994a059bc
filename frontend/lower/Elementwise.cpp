//===- Elementwise.cpp - Elementwise nodes to arith and math --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/GraphLowering.h"
#include <limits>

using namespace mlir;

namespace agon::lowering {

static bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

Value GraphLowering::unary(const sema::Node &node) {
  using sema::Op;
  Location loc = location(node);
  Value x = operand(node, 0);
  switch (node.op) {
  case Op::Neg:
    if (isFloat(x))
      return arith::NegFOp::create(b, loc, x);
    return arith::SubIOp::create(b, loc, context.splat(loc, type(node), 0), x);
  case Op::Abs:
    if (isFloat(x))
      return math::AbsFOp::create(b, loc, x);
    return math::AbsIOp::create(b, loc, x);
  case Op::Exp:
    return math::ExpOp::create(b, loc, x);
  case Op::Log:
    return math::LogOp::create(b, loc, x);
  case Op::Sqrt:
    return math::SqrtOp::create(b, loc, x);
  case Op::Tanh:
    return math::TanhOp::create(b, loc, x);
  case Op::Sigmoid:
    return SigmoidOp::create(b, loc, x);
  case Op::Softplus:
    return SoftplusOp::create(b, loc, x);
  case Op::Sin:
    return math::SinOp::create(b, loc, x);
  case Op::Cos:
    return math::CosOp::create(b, loc, x);
  case Op::Erf:
    return math::ErfOp::create(b, loc, x);
  case Op::Floor:
    return math::FloorOp::create(b, loc, x);
  case Op::Ceil:
    return math::CeilOp::create(b, loc, x);
  case Op::Not:
    return arith::XOrIOp::create(b, loc, x, context.splat(loc, type(node), 1));
  default:
    llvm_unreachable("expected an operation of one operand");
  }
}

/// One of two operations, by whether the operands are real numbers or labels.
template <typename FloatOp, typename IntegerOp>
static Value floatOrInteger(OpBuilder &b, Location loc, Value x, Value y) {
  if (isFloat(x))
    return FloatOp::create(b, loc, x, y);
  return IntegerOp::create(b, loc, x, y);
}

Value GraphLowering::binary(const sema::Node &node) {
  using sema::Op;
  Location loc = location(node);
  Value x = operand(node, 0), y = operand(node, 1);
  switch (node.op) {
  case Op::Add:
    return floatOrInteger<arith::AddFOp, arith::AddIOp>(b, loc, x, y);
  case Op::Sub:
    return floatOrInteger<arith::SubFOp, arith::SubIOp>(b, loc, x, y);
  case Op::Mul:
    return floatOrInteger<arith::MulFOp, arith::MulIOp>(b, loc, x, y);
  case Op::Div:
    return floatOrInteger<arith::DivFOp, arith::DivSIOp>(b, loc, x, y);
  case Op::Mod:
    return floatOrInteger<arith::RemFOp, arith::RemSIOp>(b, loc, x, y);
  case Op::Max:
    return floatOrInteger<arith::MaximumFOp, arith::MaxSIOp>(b, loc, x, y);
  case Op::Min:
    return floatOrInteger<arith::MinimumFOp, arith::MinSIOp>(b, loc, x, y);
  case Op::Pow:
    return math::PowFOp::create(b, loc, x, y);
  case Op::And:
    return arith::AndIOp::create(b, loc, x, y);
  case Op::Or:
    return arith::OrIOp::create(b, loc, x, y);
  default:
    llvm_unreachable("expected an operation of two operands");
  }
}

Value GraphLowering::compare(const sema::Node &node) {
  using sema::Op;
  Location loc = location(node);
  Value x = operand(node, 0), y = operand(node, 1);
  // As IEEE 754 has it, a NaN is unequal to everything and neither more nor less.
  auto [real, label] = [&]() -> std::pair<arith::CmpFPredicate, arith::CmpIPredicate> {
    switch (node.op) {
    case Op::Lt:
      return {arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt};
    case Op::Le:
      return {arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle};
    case Op::Gt:
      return {arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt};
    case Op::Ge:
      return {arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge};
    case Op::Eq:
      return {arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq};
    case Op::Ne:
      return {arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne};
    default:
      llvm_unreachable("expected a comparison");
    }
  }();
  if (isFloat(x))
    return arith::CmpFOp::create(b, loc, real, x, y);
  return arith::CmpIOp::create(b, loc, label, x, y);
}

/// 1, -1, 0 at 0, and NaN of NaN. The results are constants, so the derivative is 0.
Value GraphLowering::sign(const sema::Node &node) {
  Location loc = location(node);
  Value x = operand(node, 0);
  Value zero = context.splat(loc, type(node), 0);
  Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, zero);
  Value below = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, zero);
  Value number = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, x, x);
  Value nan = context.splat(loc, type(node), std::numeric_limits<double>::quiet_NaN());
  Value rest = arith::SelectOp::create(b, loc, number, zero, nan);
  rest = arith::SelectOp::create(b, loc, below, context.splat(loc, type(node), -1), rest);
  return arith::SelectOp::create(b, loc, above, context.splat(loc, type(node), 1), rest);
}

Value GraphLowering::convert(const sema::Node &node) {
  Location loc = location(node);
  Value x = operand(node, 0);
  RankedTensorType to = type(node);
  if (x.getType() == to)
    return x;
  Type source = getElementTypeOrSelf(x.getType()), target = to.getElementType();
  if (isa<FloatType>(source) && isa<FloatType>(target)) {
    if (source.getIntOrFloatBitWidth() < target.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(b, loc, to, x);
    return arith::TruncFOp::create(b, loc, to, x);
  }
  if (target.isInteger(1)) {
    Value zero = context.splat(loc, cast<RankedTensorType>(x.getType()), 0);
    if (isFloat(x))
      return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, zero);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, zero);
  }
  if (source.isInteger(1) && isa<FloatType>(target))
    return arith::UIToFPOp::create(b, loc, to, x);
  if (isa<FloatType>(target))
    return arith::SIToFPOp::create(b, loc, to, x);
  if (source.isInteger(1))
    return arith::ExtUIOp::create(b, loc, to, x);
  return arith::FPToSIOp::create(b, loc, to, x);
}

} // namespace agon::lowering
