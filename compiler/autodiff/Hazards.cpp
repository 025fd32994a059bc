//===- Hazards.cpp - Where functions and slopes are not finite ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Hazards.h"
#include "compiler/autodiff/Rules.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::autodiff;

using Hazards = SmallVector<Hazard>;

static bool isNumber(Value value) { return splatValue(value).has_value(); }

/// Moves, repeats or adds up elements, or scales them by a positive number.
static bool keepsSigns(Operation *op) {
  if (isa<arith::MulFOp, arith::DivFOp>(op)) {
    std::optional<double> factor = splatValue(op->getOperand(1));
    return factor && *factor > 0;
  }
  return isa<ReduceOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp, StopGradientOp, math::SqrtOp>(op);
}

constexpr unsigned depthOfProofs = 16;

/// Whether no element is negative, by the value's form.
static bool isNonNegative(Value value, unsigned depth = depthOfProofs) {
  if (std::optional<double> number = splatValue(value))
    return *number >= 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth-- == 0)
    return false;
  auto operand = [&](unsigned i) { return isNonNegative(op->getOperand(i), depth); };
  if (keepsSigns(op))
    return operand(0);
  if (isa<math::ExpOp, math::AbsFOp, SigmoidOp, SoftplusOp>(op))
    return true;
  if (isa<math::PowFOp>(op))
    return splatValue(op->getOperand(1)) == 2 || operand(0);
  if (isa<arith::MulFOp>(op) && op->getOperand(0) == op->getOperand(1))
    return true;
  if (isa<arith::MaximumFOp>(op))
    return operand(0) || operand(1);
  return isa<arith::AddFOp, arith::MulFOp, arith::DivFOp, arith::MinimumFOp>(op) && operand(0) && operand(1);
}

/// Whether every element is a positive number or more, by the value's form.
static bool isPositive(Value value, unsigned depth = depthOfProofs) {
  if (std::optional<double> number = splatValue(value))
    return *number > 0;
  Operation *op = value.getDefiningOp();
  if (!op || depth-- == 0)
    return false;
  auto operand = [&](unsigned i) { return isPositive(op->getOperand(i), depth); };
  if (keepsSigns(op))
    return operand(0);
  if (isa<arith::AddFOp>(op))
    return (operand(0) && isNonNegative(op->getOperand(1))) || (operand(1) && isNonNegative(op->getOperand(0)));
  if (isa<arith::MaximumFOp>(op))
    return operand(0) || operand(1);
  return isa<arith::MinimumFOp>(op) && operand(0) && operand(1);
}

unsigned agon::autodiff::degreeOf(Operation *op, const Degrees &operands) {
  auto of = [&](unsigned i) {
    Value value = op->getOperand(i);
    auto known = operands.find(value);
    return known != operands.end() ? known->second : isNumber(value) ? 0 : 1;
  };
  if (isa<arith::MulFOp>(op))
    return of(0) + of(1);
  if (isa<math::PowFOp>(op) && splatValue(op->getOperand(1)) == 2)
    return 2 * of(0);
  // Others are bounded, slow, or guarded.
  if (isa<SigmoidOp>(op) || (isa<math::MathDialect>(op->getDialect()) && !isa<math::AbsFOp>(op)))
    return isa<SigmoidOp, math::TanhOp, math::SinOp, math::CosOp, math::ErfOp, math::ErfcOp>(op) ? 0 : 1;
  if (isa<arith::DivFOp, arith::RemFOp>(op))
    return of(0);
  unsigned most = 0;
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    most = std::max(most, of(i));
  return most;
}

Hazards agon::autodiff::hazardsOf(Operation *op, const Degrees &operands, bool withRoots) {
  Hazards hazards;
  auto add = [&](unsigned operand, double safe, bool condition = true) {
    // What may have overflowed is a factor of a slope, or makes a NaN.
    bool isLarge = operands.lookup(op->getOperand(operand)) > 2;
    if (condition || isLarge)
      hazards.push_back({operand, safe});
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case<math::ExpOp, math::ExpM1Op, math::Log1pOp>([&](Operation *) { add(0, 0); })
      .Case<math::LogOp, math::RsqrtOp>([&](Operation *op) { add(0, 1, !isPositive(op->getOperand(0))); })
      .Case([&](math::SqrtOp op) { add(0, 1, withRoots && !isNonNegative(op.getOperand())); })
      .Case([&](math::PowFOp op) {
        std::optional<double> exponent = splatValue(op.getRhs());
        if (!exponent) {
          add(0, 1);
          add(1, 1);
        } else if (*exponent != 0 && *exponent != 1) {
          add(0, 1, *exponent != 2 && !isPositive(op.getLhs()));
        }
      })
      .Case<arith::DivFOp, arith::RemFOp>([&](Operation *op) {
        Value below = op->getOperand(1);
        add(0, 1, false);
        add(1, 1, !isNumber(below) && !isPositive(below));
      })
      .Case([&](arith::MulFOp op) {
        if (isNumber(op.getLhs()) || isNumber(op.getRhs()))
          return;
        add(0, 1, false);
        add(1, 1, false);
      })
      .Case<math::AbsFOp, math::FloorOp, math::CeilOp, math::TruncOp>([](Operation *) {})
      .Default([&](Operation *op) {
        if (isa<SigmoidOp, SoftplusOp>(op) || isa<math::MathDialect>(op->getDialect()))
          add(0, 0, false);
      });
  return hazards;
}
