//===- Decompose.cpp - The pass agon-decompose ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Decompose.h"
#include "compiler/tensor/Winograd.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONDECOMPOSE
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

namespace {
struct DecomposePass : tensors::impl::AgonDecomposeBase<DecomposePass> {
  using AgonDecomposeBase::AgonDecomposeBase;

  void runOnOperation() override {
    TargetAttr machine = targets::machineOf(getOperation());
    const targets::Target *target = targets::targetOf(machine, getOperation());
    if (!target)
      return signalPassFailure();
    targets::ConvolutionCosts costs = target->getConvolutionCosts(machine);
    bool isBf16 = machine.hasMultiplyAdd(BFloat16Type::get(&getContext()));
    int64_t maxPoints = isBf16 ? Winograd::maxPointsInBf16 : Winograd::maxPoints;
    SmallVector<Operation *> operations;
    getOperation().walk([&](Operation *op) { operations.push_back(op); });
    OpBuilder builder(&getContext());
    for (Operation *op : operations) {
      builder.setInsertionPoint(op);
      Value value =
          llvm::TypeSwitch<Operation *, Value>(op)
              .Case<ConvOp, ConvInputGradientOp, ConvFilterGradientOp>([&](auto conv) {
                Value value = winograd == WinogradUse::Never
                                  ? Value()
                                  : decomposeByWinograd(conv, builder, winograd, costs, maxPoints);
                numWinograd += value ? 1 : 0;
                return value ? value : decompose(conv, builder);
              })
              .Case<FoldOp, CumSumOp, GatherOp, ScatterAddOp>([&](auto typed) { return decompose(typed, builder); })
              .Default([](Operation *) { return Value(); });
      if (!value)
        continue;
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
      ++numDecomposed;
    }
  }
};
} // namespace
