//===- SafeTerms.cpp - What the safe forms are found with -----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Constants.h"
#include "dialects/agon/SafeNumerics.h"
#include "mlir/IR/OperationSupport.h"
#include <cmath>

using namespace mlir;
using namespace agon;
using namespace agon::safe;

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

RankedTensorType safe::tensorType(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

std::optional<double> safe::splatOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, arith::TruncFOp, arith::ExtFOp>(op))
      break;
    value = op->getOperand(0);
  }
  return constantNumber(value);
}

bool safe::isSplat(Value value, double number) { return splatOf(value) == number; }

bool safe::changesShape(Operation *op) {
  return isa<ReshapeOp, TransposeOp, SliceOp, BroadcastOp, ReverseOp, StopGradientOp>(op);
}

bool safe::isShifted(Value x, ArrayRef<int64_t> dims) {
  auto difference = x.getDefiningOp<arith::SubFOp>();
  if (!difference)
    return false;
  Value shift = difference.getRhs();
  while (Operation *op = shift.getDefiningOp()) {
    if (!isa<BroadcastOp, ReshapeOp, StopGradientOp>(op))
      break;
    shift = op->getOperand(0);
  }
  auto max = shift.getDefiningOp<ReduceOp>();
  return max && max.getKind() == ReduceKind::Max && max.getInput() == difference.getLhs() && max.getDims() == dims;
}

bool safe::isPositive(Value value, unsigned depth) {
  if (std::optional<double> number = splatOf(value))
    return *number > 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth == 0)
    return false;
  auto all = [&](auto &&values) { return llvm::all_of(values, [&](Value v) { return isPositive(v, depth - 1); }); };
  if (isa<math::ExpOp, SigmoidOp, SoftplusOp>(op))
    return true;
  if (changesShape(op) || isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, math::SqrtOp, ReduceOp, ConcatOp>(op))
    return all(op->getOperands());
  if (isa<math::PowFOp>(op))
    return isPositive(op->getOperand(0), depth - 1);
  if (isa<arith::SelectOp>(op))
    return all(op->getOperands().drop_front());
  return false;
}

bool safe::areOpposite(Value a, Value b) {
  auto negA = a.getDefiningOp<arith::NegFOp>(), negB = b.getDefiningOp<arith::NegFOp>();
  return (negA && negA.getOperand() == b) || (negB && negB.getOperand() == a);
}

/// Splits an operation with one constant operand: the number and the other operand.
static std::optional<double> constantOperand(Operation *op, unsigned index, Value &other) {
  other = op->getOperand(1 - index);
  std::optional<double> number = splatOf(op->getOperand(index));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

Term::Term(Value value) : core(value) {
  while (Operation *op = core.getDefiningOp()) {
    Value other;
    if (changesShape(op)) {
      shapes.push_back(op);
      core = op->getOperand(0);
    } else if (isa<arith::NegFOp>(op)) {
      scale = -scale;
      core = op->getOperand(0);
    } else if (isa<arith::AddFOp, arith::SubFOp>(op)) {
      bool isSub = isa<arith::SubFOp>(op);
      if (std::optional<double> right = constantOperand(op, 1, other)) {
        offset += scale * (isSub ? -*right : *right);
      } else if (std::optional<double> left = constantOperand(op, 0, other)) {
        offset += scale * *left;
        scale = isSub ? -scale : scale;
      } else {
        return;
      }
      core = other;
    } else if (isa<arith::MulFOp, arith::DivFOp>(op)) {
      bool isDiv = isa<arith::DivFOp>(op);
      std::optional<double> factor = constantOperand(op, 1, other);
      if (!factor && !isDiv)
        factor = constantOperand(op, 0, other);
      if (!factor || *factor == 0)
        return;
      scale = isDiv ? scale / *factor : scale * *factor;
      core = other;
    } else {
      return;
    }
  }
}

bool Term::hasShapeOf(const Term &other) const {
  return llvm::equal(shapes, other.shapes, [](Operation *a, Operation *b) {
    return OperationEquivalence::isEquivalentTo(a, b, OperationEquivalence::ignoreValueEquivalence, nullptr,
                                                OperationEquivalence::IgnoreLocations);
  });
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

Value Writer::splat(Type type, double number) {
  auto tensor = cast<RankedTensorType>(type);
  auto value = DenseElementsAttr::get(tensor, builder.getFloatAttr(tensor.getElementType(), number).getValue());
  return arith::ConstantOp::create(builder, loc, value);
}

Value Writer::neg(Value v) {
  if (auto inner = v.getDefiningOp<arith::NegFOp>())
    return inner.getOperand();
  return arith::NegFOp::create(builder, loc, v);
}

Value Writer::exceeds(Value v, double number) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT, v, splat(v.getType(), number));
}

Value Writer::scaled(double factor, Value v) {
  if (factor == 1)
    return v;
  return factor == -1 ? neg(v) : mul(v, splat(v.getType(), factor));
}

Value Writer::reshaped(ArrayRef<Operation *> shapes, Value v) {
  for (Operation *shape : llvm::reverse(shapes)) {
    Operation *copy = builder.clone(*shape);
    copy->setLoc(loc);
    copy->setOperand(0, v);
    v = copy->getResult(0);
  }
  return v;
}

Value Writer::expand(Value reduced, ArrayRef<int64_t> dims, RankedTensorType type) {
  SmallVector<int64_t> kept;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (!llvm::is_contained(dims, axis))
      kept.push_back(axis);
  return BroadcastOp::create(builder, loc, type, reduced, kept);
}

Value Writer::reduceLike(ReduceOp op, ReduceKind kind, Value x) {
  return ReduceOp::create(builder, loc, kind, x, op.getDims(), op.getExpectation());
}

Value Writer::maxLike(ReduceOp op, Value x) {
  return StopGradientOp::create(builder, loc, reduceLike(op, ReduceKind::Max, x));
}

Value Writer::logSumExp(Value x, ReduceOp op) {
  Value m = maxLike(op, x);
  Value shifted = sub(x, expand(m, op.getDims(), cast<RankedTensorType>(x.getType())));
  return add(m, log(reduceLike(op, ReduceKind::Sum, exp(shifted))));
}
