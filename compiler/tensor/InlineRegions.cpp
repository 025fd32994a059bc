//===- InlineRegions.cpp - Regions back into their function ---------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/Passes.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace agon;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONINLINEREGIONS
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

/// Through one dimension, which every shape collapses to and expands from.
static Value reshape(OpBuilder &builder, ReshapeOp op) {
  Value value = op.getInput();
  auto grouped = [](int64_t rank) {
    SmallVector<ReassociationIndices> groups;
    if (rank > 0)
      groups.push_back(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    return groups;
  };
  auto from = cast<RankedTensorType>(value.getType());
  auto to = cast<RankedTensorType>(op.getResult().getType());
  auto flat = RankedTensorType::get({from.getNumElements()}, from.getElementType());
  if (from.getRank() == 0)
    value = tensor::ExpandShapeOp::create(builder, op.getLoc(), flat, value, grouped(0));
  else if (from.getRank() > 1)
    value = tensor::CollapseShapeOp::create(builder, op.getLoc(), flat, value, grouped(from.getRank()));
  if (to.getRank() == 0)
    value = tensor::CollapseShapeOp::create(builder, op.getLoc(), to, value, grouped(0));
  else if (to.getRank() > 1)
    value = tensor::ExpandShapeOp::create(builder, op.getLoc(), to, value, grouped(to.getRank()));
  return value;
}

namespace {
struct InlineRegionsPass : tensors::impl::AgonInlineRegionsBase<InlineRegionsPass> {
  void runOnOperation() override {
    OpBuilder builder(&getContext());
    // What is done in parts has no form upstream.
    auto chunks = getOperation().walk([](RegionOp region) {
      return region.getKind() == agon::RegionKind::Chunks ? WalkResult(region.emitOpError("cannot be inlined"))
                                                          : WalkResult::advance();
    });
    if (chunks.wasInterrupted())
      return signalPassFailure();
    getOperation().walk([&](RegionOp region) {
      Block &body = region.getBody().front();
      for (auto [argument, input] : llvm::zip_equal(body.getArguments(), region.getInputs()))
        argument.replaceAllUsesWith(input);
      Operation *yield = body.getTerminator();
      region->replaceAllUsesWith(yield->getOperands());
      yield->erase();
      region->getBlock()->getOperations().splice(region->getIterator(), body.getOperations());
      region->erase();
    });
    getOperation().walk([&](ReshapeOp op) {
      builder.setInsertionPoint(op);
      op.getResult().replaceAllUsesWith(reshape(builder, op));
      op->erase();
    });
  }
};
} // namespace
