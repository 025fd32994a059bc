//===- SafeNumerics.h - What the safe forms are found with ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to the pass `agon-safe-numerics`, whose rules lie in a file a topic.
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_SAFENUMERICS_H
#define AGON_DIALECTS_AGON_SAFENUMERICS_H

#include "dialects/agon/Agon.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include <optional>

namespace agon::safe {

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

/// The type of a tensor; null for anything else.
mlir::RankedTensorType tensorType(mlir::Value value);

/// The number that `value` has in every element, if that is plain to see.
std::optional<double> splatOf(mlir::Value value);
bool isSplat(mlir::Value value, double number);

/// Whether the operation only moves, repeats or leaves out elements, so that
/// it may change places with any function of one element.
bool changesShape(mlir::Operation *op);

/// Whether x is already relative to its own maximum over `dims`: the form that
/// the pass writes, and that careful users write.
bool isShifted(mlir::Value x, llvm::ArrayRef<int64_t> dims);

/// Whether every element of `value` is a positive real number in exact
/// arithmetic, so that log(value) exists whatever becomes of the rounding.
bool isPositive(mlir::Value value, unsigned depth);

/// Whether a is -b, as written.
bool areOpposite(mlir::Value a, mlir::Value b);

/// A value as offset + scale * shape(core): how constants were added and
/// multiplied, signs changed and elements moved on the way from the core.
struct Term {
  explicit Term(mlir::Value value);

  /// The operation that made the core, if it is an `OpTy`.
  template <typename OpTy> OpTy coreAs() const { return core.getDefiningOp<OpTy>(); }
  /// Whether the core's elements were moved in the same way as the other's.
  bool hasShapeOf(const Term &other) const;

  mlir::Value core;
  double scale = 1, offset = 0;
  llvm::SmallVector<mlir::Operation *> shapes; ///< From the value back to the core.
};

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// Emits operations at one location.
struct Writer {
  mlir::Value splat(mlir::Type type, double number);
  mlir::Value neg(mlir::Value v);
  mlir::Value add(mlir::Value a, mlir::Value b) { return mlir::arith::AddFOp::create(builder, loc, a, b); }
  mlir::Value sub(mlir::Value a, mlir::Value b) { return mlir::arith::SubFOp::create(builder, loc, a, b); }
  mlir::Value mul(mlir::Value a, mlir::Value b) { return mlir::arith::MulFOp::create(builder, loc, a, b); }
  mlir::Value div(mlir::Value a, mlir::Value b) { return mlir::arith::DivFOp::create(builder, loc, a, b); }
  mlir::Value exp(mlir::Value v) { return mlir::math::ExpOp::create(builder, loc, v); }
  mlir::Value expm1(mlir::Value v) { return mlir::math::ExpM1Op::create(builder, loc, v); }
  mlir::Value log(mlir::Value v) { return mlir::math::LogOp::create(builder, loc, v); }
  mlir::Value log1p(mlir::Value v) { return mlir::math::Log1pOp::create(builder, loc, v); }
  mlir::Value erf(mlir::Value v) { return mlir::math::ErfOp::create(builder, loc, v); }
  mlir::Value erfc(mlir::Value v) { return mlir::math::ErfcOp::create(builder, loc, v); }
  mlir::Value sigmoid(mlir::Value v) { return SigmoidOp::create(builder, loc, v); }
  mlir::Value softplus(mlir::Value v) { return SoftplusOp::create(builder, loc, v); }
  mlir::Value select(mlir::Value c, mlir::Value a, mlir::Value b) {
    return mlir::arith::SelectOp::create(builder, loc, c, a, b);
  }
  /// Whether each element of v is more than a number.
  mlir::Value exceeds(mlir::Value v, double number);
  /// factor * v, without an operation where the factor is 1 or -1.
  mlir::Value scaled(double factor, mlir::Value v);
  /// v with its elements moved as by `shapes`, the last first.
  mlir::Value reshaped(llvm::ArrayRef<mlir::Operation *> shapes, mlir::Value v);
  /// v with its elements moved as the term's are.
  mlir::Value shaped(const Term &term, mlir::Value v) { return reshaped(term.shapes, v); }

  /// A reduction's result, repeated along the axes that it removed.
  mlir::Value expand(mlir::Value reduced, llvm::ArrayRef<int64_t> dims, mlir::RankedTensorType type);
  /// A reduction of x as `op` is one: over the same axes, an expectation if it is one.
  mlir::Value reduceLike(ReduceOp op, ReduceKind kind, mlir::Value x);
  /// The maximum of x over the axes of `op`, as a constant.
  mlir::Value maxLike(ReduceOp op, mlir::Value x);
  /// log(sum(exp(x))) over the axes of `op`, for an x that is not shifted yet.
  mlir::Value logSumExp(mlir::Value x, ReduceOp op);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

/// Logarithms of what exponentials and sigmoids are made into; with `last`, log(1 + x) and log(1 - exp(x)) too.
void addLogarithms(mlir::RewritePatternSet &patterns, mlir::Pass::Statistic &count, unsigned maxDepth, bool last);
/// Exponentials, expm1 and sigmoids in sums and quotients.
void addExponentials(mlir::RewritePatternSet &patterns, mlir::Pass::Statistic &exponentials,
                     mlir::Pass::Statistic &sigmoids, unsigned maxDepth);
/// exp over its own sum.
void addSoftmaxes(mlir::RewritePatternSet &patterns, mlir::Pass::Statistic &count);
/// a / exp(x) and softplus(x) - log(2): forms for what no other rule wants, in which none would know it again.
void addLastForms(mlir::RewritePatternSet &patterns, mlir::Pass::Statistic &count);

} // namespace agon::safe

#endif
