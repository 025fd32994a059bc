//===- DifferentiatePlayers.cpp - Write out the players' gradients --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Gradient.h"
#include "compiler/game/Passes.h"
#include "dialects/agon/Agon.h"
#include "llvm/ADT/BitVector.h"

namespace agon::game {
#define GEN_PASS_DEF_DIFFERENTIATEPLAYERS
#include "compiler/game/Passes.h.inc"
} // namespace agon::game

using namespace mlir;
using namespace agon;

namespace {

struct DifferentiatePlayers : game::impl::DifferentiatePlayersBase<DifferentiatePlayers> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && failed(differentiate(function)))
        return signalPassFailure();
  }

  LogicalResult differentiate(func::FuncOp function) {
    // In program order: the gradient of a gradient comes after it.
    SmallVector<DifferentiateOp> pending;
    function.walk<WalkOrder::PreOrder>([&](DifferentiateOp op) { pending.push_back(op); });
    for (DifferentiateOp op : pending)
      if (failed(expand(op)))
        return failure();
    function.walk([](Operation *op) {
      if (!isa<StopGradientOp, PointOp>(op))
        return;
      op->replaceAllUsesWith(op->getOperands());
      op->erase();
    });
    eraseDead(function);
    return dropArguments(function);
  }

  LogicalResult expand(DifferentiateOp op) {
    OpBuilder builder(op);
    Value one = autodiff::splatConstant(builder, op.getLoc(), 1, op.getValue().getType());
    auto cotangents = autodiff::gradients(builder, {{op.getValue(), one}}, op.getWrt());
    if (failed(cotangents))
      return failure();
    for (auto [result, cotangent] : llvm::zip(op.getCotangents(), *cotangents)) {
      ++numGradients;
      if (!cotangent) {
        ++numDead;
        cotangent = autodiff::splatConstant(builder, op.getLoc(), 0, result.getType());
      }
      result.replaceAllUsesWith(cotangent);
    }
    op.erase();
    return success();
  }

  void eraseDead(func::FuncOp function) {
    for (Block &block : function.getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOpTriviallyDead(&op))
          op.erase();
  }

  /// What is no argument is not drawn, for data, before the turn.
  LogicalResult dropArguments(func::FuncOp function) {
    llvm::BitVector unread(function.getNumArguments());
    for (BlockArgument argument : function.getArguments())
      if (argument.use_empty())
        unread.set(argument.getArgNumber());
    numArguments += unread.count();
    return function.eraseArguments(unread);
  }
};

} // namespace
