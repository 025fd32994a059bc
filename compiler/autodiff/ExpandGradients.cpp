//===- ExpandGradients.cpp - Write out agon.gradient ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Gradient.h"
#include "compiler/autodiff/Passes.h"
#include "dialects/agon/Agon.h"

namespace agon::autodiff {
#define GEN_PASS_DEF_EXPANDGRADIENTS
#include "compiler/autodiff/Passes.h.inc"
} // namespace agon::autodiff

using namespace mlir;
using namespace agon;

namespace {

struct ExpandGradients : autodiff::impl::ExpandGradientsBase<ExpandGradients> {
  void runOnOperation() override {
    SmallVector<GradientOp> pending;
    getOperation()->walk<WalkOrder::PreOrder>([&](GradientOp op) { pending.push_back(op); });
    for (GradientOp op : pending)
      if (failed(expand(op)))
        return signalPassFailure();
  }

  LogicalResult expand(GradientOp op) {
    OpBuilder builder(op);
    Value one = autodiff::splatConstant(builder, op.getLoc(), 1, op.getY().getType());
    auto result = autodiff::gradients(builder, {{op.getY(), one}}, op.getX());
    if (failed(result))
      return failure();
    Value gradient = result->front();
    if (!gradient) {
      gradient = autodiff::splatConstant(builder, op.getLoc(), 0, op.getType());
      ++numZero;
    }
    op.replaceAllUsesWith(gradient);
    if (one.use_empty())
      one.getDefiningOp()->erase();
    op.erase();
    ++numExpanded;
    return success();
  }
};

} // namespace
