//===- Gradient.cpp - Reverse-mode differentiation ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Gradient.h"
#include "compiler/autodiff/Rules.h"
#include "dialects/agon/Agon.h"
#include "dialects/agon/Locations.h"

using namespace mlir;
using namespace agon::autodiff;

namespace {

/// The operations of `block` that the seeds depend on, in order.
SmallVector<Operation *> historyOf(ArrayRef<std::pair<Value, Value>> seeds, Block *block) {
  DenseSet<Operation *> seen;
  SmallVector<Operation *> history;
  auto visit = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (op && op->getBlock() == block && seen.insert(op).second)
      history.push_back(op);
  };
  for (auto [value, cotangent] : seeds)
    visit(value);
  for (size_t i = 0; i < history.size(); ++i)
    llvm::for_each(history[i]->getOperands(), visit);
  llvm::sort(history, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return history;
}

bool isReal(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

/// The values among the results of `history` that depend on `wrt`, and `wrt`. The players' gradients do not: with them
/// a turn goes on to other parameters, and a derivative within an objective, by data, holds the parameters.
DenseSet<Value> activeValues(ArrayRef<Operation *> history, ValueRange wrt) {
  DenseSet<Value> active(wrt.begin(), wrt.end());
  for (Operation *op : history) {
    auto pullback = dyn_cast<PullbackOpInterface>(op);
    if ((pullback && pullback.isLocallyConstant()) || isa<agon::DifferentiateOp>(op))
      continue;
    if (llvm::none_of(op->getOperands(), [&](Value v) { return active.contains(v); }))
      continue;
    for (Value result : op->getResults())
      if (isReal(result))
        active.insert(result);
  }
  return active;
}

} // namespace

FailureOr<SmallVector<Value>> agon::autodiff::gradients(OpBuilder &builder, ArrayRef<std::pair<Value, Value>> seeds,
                                                        ValueRange wrt) {
  SmallVector<Operation *> history = historyOf(seeds, builder.getInsertionBlock());
  DenseSet<Value> active = activeValues(history, wrt);

  DenseMap<Value, Value> cotangents;
  auto accumulate = [&](Location loc, Value value, Value cotangent) {
    Value &sum = cotangents[value];
    sum = sum ? Emitter(builder, loc).add(sum, cotangent) : cotangent;
  };
  for (auto [value, cotangent] : seeds)
    if (active.contains(value))
      accumulate(cotangent.getLoc(), value, cotangent);

  for (Operation *op : llvm::reverse(history)) {
    auto isActive = [&](Value v) { return active.contains(v) && isReal(v); };
    if (llvm::none_of(op->getOperands(), isActive))
      continue;
    auto cotangentOf = [&](Value v) { return cotangents.lookup(v); };
    auto results = llvm::map_to_vector(op->getResults(), cotangentOf);
    if (llvm::none_of(results, [](Value v) { return static_cast<bool>(v); }))
      continue;
    auto pullback = dyn_cast<PullbackOpInterface>(op);
    if (!pullback)
      return op->emitOpError("has no derivative"), failure();
    // A value that is asked for may come out of an operation without derivative.
    if (pullback.isLocallyConstant())
      continue;
    auto needed = llvm::map_to_vector(op->getOperands(), isActive);
    SmallVector<Value> operands(op->getNumOperands());
    Block::iterator last = std::prev(builder.getInsertionPoint());
    pullback.pullback(builder, results, needed, operands);
    for (Operation &made : llvm::make_range(std::next(last), builder.getInsertionPoint()))
      made.setLoc(gradientLocation(made.getLoc()));
    for (auto [operand, need, cotangent] : llvm::zip(op->getOperands(), needed, operands))
      if (need && cotangent)
        accumulate(gradientLocation(op->getLoc()), operand, cotangent);
  }
  return llvm::map_to_vector(wrt, [&](Value v) { return cotangents.lookup(v); });
}

Value agon::autodiff::splatConstant(OpBuilder &builder, Location loc, double number, Type type) {
  return Emitter(builder, loc).splat(number, type);
}
