//===- Arithmetic.h - Straight lines of arithmetic --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_ARITHMETIC_H
#define AGON_COMPILER_KERNEL_ARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace agon::kernels {

/// Arithmetic on values of one shape: scalars, or vectors of one length.
class Arithmetic {
public:
  using Value = mlir::Value;
  using Type = mlir::Type;
  using Real = mlir::arith::CmpFPredicate;
  using Whole = mlir::arith::CmpIPredicate;

  Arithmetic(mlir::OpBuilder &b, mlir::Location loc, Type like)
      : b(b), loc(loc), vector(mlir::dyn_cast<mlir::VectorType>(like)) {}

  Type shaped(Type element) const { return vector ? Type(mlir::VectorType::get(vector.getShape(), element)) : element; }
  Value constant(mlir::TypedAttr value) {
    if (vector)
      value =
          mlir::DenseElementsAttr::get(mlir::cast<mlir::VectorType>(shaped(value.getType())), mlir::Attribute(value));
    return mlir::arith::ConstantOp::create(b, loc, value);
  }
  Value f(float value) { return constant(b.getF32FloatAttr(value)); }
  Value d(double value) { return constant(b.getF64FloatAttr(value)); }
  Value i(int32_t value) { return constant(b.getI32IntegerAttr(value)); }
  Value l(int64_t value) { return constant(b.getI64IntegerAttr(value)); }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, loc, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, loc, x); }
  /// x * y + z, fused where the hardware can.
  Value fma(Value x, Value y, Value z) {
    return mlir::LLVM::FMulAddOp::create(b, loc, x.getType(), mlir::ValueRange{x, y, z});
  }
  /// x * y + z, rounded once.
  Value fused(Value x, Value y, Value z) {
    return mlir::LLVM::FMAOp::create(b, loc, x.getType(), mlir::ValueRange{x, y, z});
  }
  Value copySign(Value x, Value sign) { return mlir::math::CopySignOp::create(b, loc, x, sign); }
  Value truncate(Value x) { return mlir::math::TruncOp::create(b, loc, x); }
  Value select(Value c, Value x, Value y) { return mlir::arith::SelectOp::create(b, loc, c, x, y); }
  Value cmp(Real p, Value x, Value y) { return mlir::arith::CmpFOp::create(b, loc, p, x, y); }
  Value cmp(Whole p, Value x, Value y) { return mlir::arith::CmpIOp::create(b, loc, p, x, y); }
  Value widen(Value x) { return mlir::arith::ExtFOp::create(b, loc, shaped(b.getF64Type()), x); }
  Value narrow(Value x) { return mlir::arith::TruncFOp::create(b, loc, shaped(b.getF32Type()), x); }

  // Integers of either width; the numbers that shift them are constants.
  Value iadd(Value x, Value y) { return mlir::arith::AddIOp::create(b, loc, x, y); }
  Value isub(Value x, Value y) { return mlir::arith::SubIOp::create(b, loc, x, y); }
  Value iand(Value x, Value y) { return mlir::arith::AndIOp::create(b, loc, x, y); }
  Value ior(Value x, Value y) { return mlir::arith::OrIOp::create(b, loc, x, y); }
  Value shl(Value x, int n) { return mlir::arith::ShLIOp::create(b, loc, x, whole(x, n)); }
  Value sar(Value x, int n) { return mlir::arith::ShRSIOp::create(b, loc, x, whole(x, n)); }
  Value shr(Value x, int n) { return mlir::arith::ShRUIOp::create(b, loc, x, whole(x, n)); }
  Value nonzero(Value x) { return cmp(Whole::ne, x, whole(x, 0)); }
  Value toInt(Value x) { return mlir::arith::TruncIOp::create(b, loc, shaped(b.getI32Type()), x); }
  /// A float's bits, and the float that has them.
  Value bits(Value x) { return mlir::arith::BitcastOp::create(b, loc, shaped(b.getIntegerType(width(x))), x); }
  Value real(Value x) { return mlir::arith::BitcastOp::create(b, loc, floatAs(x), x); }
  /// The float next to an integer of the same width.
  Value toReal(Value x) { return mlir::arith::SIToFPOp::create(b, loc, floatAs(x), x); }

  /// ((c0 x + c1) x + c2) ...
  Value horner(Value x, std::initializer_list<float> c) {
    Value sum;
    for (float coefficient : c)
      sum = sum ? fma(sum, x, f(coefficient)) : f(coefficient);
    return sum;
  }
  Value hornerDouble(Value x, std::initializer_list<double> c) {
    Value sum;
    for (double coefficient : c)
      sum = sum ? fused(sum, x, d(coefficient)) : d(coefficient);
    return sum;
  }
  /// Whether a condition holds, in a vector for any lane.
  Value any(Value condition) {
    if (!vector)
      return condition;
    return mlir::vector::ReductionOp::create(b, loc, mlir::vector::CombiningKind::OR, condition);
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::VectorType vector;

private:
  static unsigned width(Value x) { return mlir::getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth(); }
  Value whole(Value like, int64_t value) { return constant(b.getIntegerAttr(b.getIntegerType(width(like)), value)); }
  Type floatAs(Value x) { return shaped(width(x) == 64 ? Type(b.getF64Type()) : Type(b.getF32Type())); }
};

} // namespace agon::kernels
#endif
