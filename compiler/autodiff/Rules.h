//===- Rules.h - What a rule is written with --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Private to the room. A rule is a function `void rule(OpTy op, Pullback &p)`;
// `attach<rule>(context)` makes it the operation's external model.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_AUTODIFF_RULES_H
#define AGON_COMPILER_AUTODIFF_RULES_H

#include "compiler/autodiff/Pullback.h"
#include "dialects/agon/Agon.h"
#include <optional>

namespace agon::autodiff {

/// Emits operations of the closed set at one location.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  /// `value` in every element of the floating-point type `type`.
  mlir::Value splat(double value, mlir::Type type);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value neg(mlir::Value a);
  mlir::Value scale(double factor, mlir::Value a);
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value a, mlir::Value b);
  /// Whether an element is 0, of either sign.
  mlir::Value isZero(mlir::Value a);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  /// 1 where `condition` (a tensor of i1) holds, else 0, with the type `type`.
  mlir::Value indicator(mlir::Value condition, mlir::Type type);
  mlir::Value transpose(mlir::Value a, mlir::ArrayRef<int64_t> permutation);

  template <typename OpTy, typename... Args> mlir::Value create(Args &&...args) {
    return OpTy::create(builder, loc, std::forward<Args>(args)...);
  }

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// One application of a rule.
class Pullback : public Emitter {
public:
  Pullback(mlir::OpBuilder &builder, mlir::Location loc, mlir::ArrayRef<mlir::Value> results,
           mlir::ArrayRef<bool> needed, mlir::MutableArrayRef<mlir::Value> operands)
      : Emitter(builder, loc), results(results), needed(needed), operands(operands) {}

  /// The result's cotangent. Operations of the closed set have one result, so
  /// it is never the symbolic zero.
  mlir::Value cotangent() const { return results.front(); }
  bool needs(unsigned operand) const { return needed[operand]; }
  void give(unsigned operand, mlir::Value cotangent) { operands[operand] = cotangent; }
  /// cotangent * slope
  void giveScaled(unsigned operand, mlir::Value slope) { give(operand, mul(cotangent(), slope)); }

private:
  mlir::ArrayRef<mlir::Value> results;
  mlir::ArrayRef<bool> needed;
  mlir::MutableArrayRef<mlir::Value> operands;
};

/// The number in every element of a constant, seen through broadcasts.
std::optional<double> splatValue(mlir::Value value);

/// The axes of a tensor of `rank` axes that are not in `axes`, ascending.
llvm::SmallVector<int64_t> axesWithout(int64_t rank, llvm::ArrayRef<int64_t> axes);

llvm::SmallVector<int64_t> inverse(llvm::ArrayRef<int64_t> permutation);

namespace detail {

template <typename OpTy, void (*rule)(OpTy, Pullback &)>
struct RuleModel : PullbackOpInterface::ExternalModel<RuleModel<OpTy, rule>, OpTy> {
  void pullback(mlir::Operation *op, mlir::OpBuilder &builder, mlir::ArrayRef<mlir::Value> results,
                mlir::ArrayRef<bool> needed, mlir::MutableArrayRef<mlir::Value> operands) const {
    Pullback context(builder, op->getLoc(), results, needed, operands);
    rule(llvm::cast<OpTy>(op), context);
  }
};

template <typename OpTy> struct ConstantModel : PullbackOpInterface::ExternalModel<ConstantModel<OpTy>, OpTy> {
  void pullback(mlir::Operation *, mlir::OpBuilder &, mlir::ArrayRef<mlir::Value>, mlir::ArrayRef<bool>,
                mlir::MutableArrayRef<mlir::Value>) const {}
  bool isLocallyConstant(mlir::Operation *) const { return true; }
};

template <auto rule> struct OpOf;
template <typename OpTy, void (*rule)(OpTy, Pullback &)> struct OpOf<rule> {
  static void attach(mlir::MLIRContext &context) { OpTy::template attachInterface<RuleModel<OpTy, rule>>(context); }
};

} // namespace detail

/// Makes each rule the pullback of the operation it takes.
template <auto... rules> void attach(mlir::MLIRContext &context) { (detail::OpOf<rules>::attach(context), ...); }

/// Declares that the operations' derivative is zero wherever it exists.
template <typename... Ops> void attachConstant(mlir::MLIRContext &context) {
  (Ops::template attachInterface<detail::ConstantModel<Ops>>(context), ...);
}

} // namespace agon::autodiff

#endif
