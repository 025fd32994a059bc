//===- RegionWork.cpp - What one execution of a region takes --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/RegionWork.h"
#include "compiler/tensor/FusionGraph.h"
#include "compiler/tensor/ToLinalg.h"
#include "dialects/agon/ModeProduct.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

/// The work of a mode product: its matrices one after the other, the last one first.
static int64_t modeProductFlops(linalg::GenericOp op, ArrayRef<ModeMatrix> matrices) {
  SmallVector<int64_t> space = op.getStaticLoopRanges();
  int64_t elements = computeProduct(space), flops = 0;
  for (const ModeMatrix &matrix : matrices)
    elements /= space[matrix.to];
  for (const ModeMatrix &matrix : llvm::reverse(matrices)) {
    int64_t nonzero =
        llvm::count_if(matrix.elements.getValues<APFloat>(), [](const APFloat &value) { return !value.isZero(); });
    elements /= space[matrix.from];
    flops += elements * 2 * nonzero;
    elements *= space[matrix.to];
  }
  return flops;
}

int64_t tensors::countFlops(Block &body) {
  int64_t flops = 0;
  for (auto op : body.getOps<linalg::GenericOp>()) {
    auto matrices = matchModeProduct(op);
    flops += matrices ? modeProductFlops(op, *matrices) : bodyCost(op).flops * computeProduct(op.getStaticLoopRanges());
  }
  return flops;
}

int64_t tensors::countBytes(Block &body) {
  int64_t bytes = 0;
  for (BlockArgument input : body.getArguments()) {
    int64_t elements = 0, all = tensorType(input).getNumElements();
    for (OpOperand &use : input.getUses()) {
      auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
      elements += generic ? std::min(all, computeProduct(generic.getStaticLoopRanges())) : all;
    }
    bytes += std::min(elements, all) * elementBytes(input.getType());
  }
  for (Type type : body.getTerminator()->getOperandTypes())
    bytes += tensorBytes(type);
  return bytes;
}
