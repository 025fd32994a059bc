//===- Elementwise.cpp - Elementwise nodes to arith and math --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/lower/GraphLowering.h"
#include <limits>

using namespace mlir;

namespace agon::lowering {

static bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

/// The expansions of what the table has and MLIR has not.
namespace {

/// 1, -1, 0 at 0, and NaN of NaN. The results are constants, so the derivative is 0.
struct Signum {
  static Value create(OpBuilder &b, Location loc, Value x) {
    auto type = cast<RankedTensorType>(x.getType());
    Value zero = splat(b, loc, type, 0);
    Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, zero);
    Value below = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, zero);
    Value number = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, x, x);
    Value nan = splat(b, loc, type, std::numeric_limits<double>::quiet_NaN());
    Value rest = arith::SelectOp::create(b, loc, number, zero, nan);
    rest = arith::SelectOp::create(b, loc, below, splat(b, loc, type, -1), rest);
    return arith::SelectOp::create(b, loc, above, splat(b, loc, type, 1), rest);
  }
};

/// `not` of a truth value.
struct Negation {
  static Value create(OpBuilder &b, Location loc, Value x) {
    return arith::XOrIOp::create(b, loc, x, splat(b, loc, cast<RankedTensorType>(x.getType()), 1));
  }
};

} // namespace

/// As IEEE 754 has it, a NaN is unequal to everything and neither more nor less.
static Value compare(OpBuilder &b, Location loc, arith::CmpFPredicate real, arith::CmpIPredicate label, Value x,
                     Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, loc, real, x, y);
  return arith::CmpIOp::create(b, loc, label, x, y);
}

Value GraphLowering::elementwise(const sema::Node &node) {
  Location loc = location(node);
  switch (node.op) {
#define UNARY(id, name, passes, made, fold)                                                                            \
  case sema::Op::id:                                                                                                   \
    return made::create(b, loc, operand(node, 0));
#define BINARY(id, name, passes, made, fold)                                                                           \
  case sema::Op::id:                                                                                                   \
    return made::create(b, loc, operand(node, 0), operand(node, 1));
#define COMPARISON(id, name, real, label, sign)                                                                        \
  case sema::Op::id:                                                                                                   \
    return compare(b, loc, arith::CmpFPredicate::real, arith::CmpIPredicate::label, operand(node, 0), operand(node, 1));
#include "frontend/sema/Operations.def"
  default:
    llvm_unreachable("expected an elementwise operation");
  }
}

Value GraphLowering::select(const sema::Node &node) {
  return arith::SelectOp::create(b, location(node), operand(node, 0), operand(node, 1), operand(node, 2));
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
    Value zero = splat(b, loc, cast<RankedTensorType>(x.getType()), 0);
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
