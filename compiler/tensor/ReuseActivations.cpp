//===- ReuseActivations.cpp - Sign tests on a rectifier's output ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/View.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONREUSEACTIVATIONS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

/// The number that fills `value`, through broadcasts; none if it varies.
static std::optional<APFloat> constantValue(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return std::nullopt;
  if (auto number = dyn_cast_or_null<FloatAttr>(resolveView(value).scalar))
    return number.getValue();
  return std::nullopt;
}

static bool isZero(Value value) {
  std::optional<APFloat> number = constantValue(value);
  return number && number->isZero();
}

/// True for the tests that are equally true of x and of its rectification.
static bool keepsMeaning(arith::CmpFPredicate predicate) {
  using P = arith::CmpFPredicate;
  return predicate == P::OGT || predicate == P::UGT || predicate == P::OLE || predicate == P::ULE;
}

/// max(x, 0), or x > 0 ? x : s * x with s >= 0, or x <= 0 ? 0 : x, which keeps a NaN.
static bool isRectification(Operation *op, Value x) {
  if (auto max = dyn_cast<arith::MaximumFOp>(op))
    return (max.getLhs() == x && isZero(max.getRhs())) || (max.getRhs() == x && isZero(max.getLhs()));
  auto select = dyn_cast<arith::SelectOp>(op);
  auto test = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : arith::CmpFOp();
  if (!test || test.getLhs() != x || !isZero(test.getRhs()))
    return false;
  if (test.getPredicate() == arith::CmpFPredicate::OLE)
    return select.getFalseValue() == x && isZero(select.getTrueValue());
  if (test.getPredicate() != arith::CmpFPredicate::OGT || select.getTrueValue() != x)
    return false;
  if (isZero(select.getFalseValue()))
    return true;
  auto scaled = select.getFalseValue().getDefiningOp<arith::MulFOp>();
  if (!scaled || (scaled.getLhs() != x && scaled.getRhs() != x))
    return false;
  std::optional<APFloat> slope = constantValue(scaled.getLhs() == x ? scaled.getRhs() : scaled.getLhs());
  return slope && !slope->isNegative() && slope->isFinite();
}

namespace {
struct ReuseActivationsPass : tensors::impl::AgonReuseActivationsBase<ReuseActivationsPass> {
  void runOnOperation() override {
    SmallVector<arith::CmpFOp> tests;
    getOperation().walk([&](arith::CmpFOp test) {
      if (keepsMeaning(test.getPredicate()) && isZero(test.getRhs()))
        tests.push_back(test);
    });
    for (arith::CmpFOp test : tests)
      reuse(test);
  }

  void reuse(arith::CmpFOp test) {
    Value x = test.getLhs();
    Operation *output = nullptr;
    for (Operation *user : x.getUsers())
      if (user->getBlock() == test->getBlock() && isRectification(user, x) &&
          (!output || user->isBeforeInBlock(output)))
        output = user;
    if (!output)
      return;
    // Everything after the output may ask it; what makes the output may not.
    OpBuilder builder(output->getContext());
    builder.setInsertionPointAfter(test->isBeforeInBlock(output) ? output : test.getOperation());
    Operation *later = nullptr;
    for (OpOperand &use : llvm::make_early_inc_range(test->getUses())) {
      Operation *user = test->getBlock()->findAncestorOpInBlock(*use.getOwner());
      if (!user || !output->isBeforeInBlock(user) || isRectification(user, x))
        continue;
      if (!later) {
        IRMapping onOutput;
        onOutput.map(x, output->getResult(0));
        later = builder.clone(*test, onOutput);
        ++numReused;
      }
      use.set(later->getResult(0));
    }
    if (test->use_empty())
      test->erase();
  }
};
} // namespace
