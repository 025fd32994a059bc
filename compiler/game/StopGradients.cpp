//===- StopGradients.cpp - Stopped values held at one point ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/game/StopGradients.h"

using namespace mlir;
using namespace agon;

/// `value` computed from what `base` maps values to, by copies at `builder`'s place.
static Value atBase(Value value, IRMapping &base, OpBuilder &builder) {
  // Operands first, without recursion: a network may be thousands of operations deep.
  SmallVector<Operation *> worklist;
  auto pending = [&](Value v) { return v.getDefiningOp() && !base.contains(v); };
  if (pending(value))
    worklist.push_back(value.getDefiningOp());
  while (!worklist.empty()) {
    Operation *op = worklist.back();
    size_t before = worklist.size();
    for (Value operand : op->getOperands())
      if (pending(operand))
        worklist.push_back(operand.getDefiningOp());
    if (worklist.size() != before)
      continue;
    worklist.pop_back();
    if (base.contains(op->getResult(0)))
      continue;
    bool moves = llvm::any_of(op->getOperands(), [&](Value v) { return base.lookupOrDefault(v) != v; });
    if (moves)
      builder.clone(*op, base);
    else
      base.map(op->getResults(), op->getResults());
  }
  return base.lookupOrDefault(value);
}

void agon::game::holdStopped(Block &block, IRMapping base) {
  for (StopGradientOp stop : llvm::to_vector(block.getOps<StopGradientOp>())) {
    OpBuilder builder(stop);
    Value held = atBase(stop.getInput(), base, builder);
    // A copy of `stop` itself, in what a later one stops, is at the base as well.
    base.map(stop.getResult(), held);
    if (held != stop.getInput())
      stop.getInputMutable().assign(held);
  }
}
