//===- ToLinalg.cpp - The pass agon-to-linalg -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tensor/ToLinalg.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace agon::tensors {
#define GEN_PASS_DEF_AGONTOLINALG
#include "compiler/tensor/Passes.h.inc"
} // namespace agon::tensors

/// Operations that only say where elements come from: code for their readers.
static bool isForReaders(Operation *op) {
  return isView(op) || (op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
                        splatValue(op->getResult(0)));
}

Value ToLinalg::elementwise(Location loc, ArrayRef<View> views, RankedTensorType result, BodyFn body) {
  ++numGenerics;
  return makeElementwise(builder, loc, views, result, body).getResult(0);
}

Value ToLinalg::materialize(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return value;
  View view = resolveView(value);
  if (!view.scalar && view.source.getType() == value.getType() && view.map.isIdentity())
    return view.source;
  Value &copy = materialized[value];
  if (!copy) {
    ++numCopies;
    copy = elementwise(value.getLoc(), view, tensorType(value),
                       [](OpBuilder &, Location, ValueRange scalars) { return SmallVector<Value>(scalars); });
  }
  return copy;
}

/// The only reader of `op`, if it is an `OpTy`.
template <typename OpTy> static OpTy onlyReader(Operation *op) {
  return op->hasOneUse() ? dyn_cast<OpTy>(*op->user_begin()) : OpTy();
}

/// The transposition that is the only reader of a contraction, which can as well write in its order
/// as long as what is contiguous stays so.
static TransposeOp onlyTransposed(ContractOp op) {
  auto transpose = onlyReader<TransposeOp>(op);
  return transpose && transpose.getPermutation().back() == transpose.getType().getRank() - 1 ? transpose
                                                                                             : TransposeOp();
}

/// Whether each axis of the result is some neighbouring axes of the input.
static bool onlyMerges(ReshapeOp op) {
  ArrayRef<int64_t> from = tensorType(op.getInput()).getShape();
  size_t next = 0;
  for (int64_t size : op.getType().getShape()) {
    int64_t merged = 1;
    do {
      if (next == from.size())
        return false;
      merged *= from[next++];
    } while (merged < size);
    if (merged != size)
      return false;
  }
  return next == from.size();
}

LogicalResult ToLinalg::lower(Operation *op) {
  builder.setInsertionPoint(op);
  if (isForReaders(op) || isa<arith::ConstantOp, tensor::EmptyOp, linalg::LinalgOp>(op))
    return success();
  if (isa<GradientOp>(op))
    return op->emitOpError("expected gradients to be expanded before agon-to-linalg");
  if (isa<ConvOp, ConvInputGradientOp, ConvFilterGradientOp, FoldOp, CumSumOp, GatherOp, ScatterAddOp>(op))
    return op->emitOpError("expected agon-decompose before agon-to-linalg");
  if (auto random = dyn_cast<RandomOp>(op); random && !random.getKey())
    return op->emitOpError("expected a key, given when turns are formed");

  bool onTensors = op->getNumResults() > 0 &&
                   llvm::all_of(op->getResultTypes(), [](Type type) { return isa<RankedTensorType>(type); });
  if (onTensors && OpTrait::hasElementwiseMappableTraits(op)) {
    FailureOr<ValueRange> values = lowerElementwise(op);
    if (failed(values))
      return failure();
    op->replaceAllUsesWith(*values);
    return success();
  }
  if (auto contract = dyn_cast<ContractOp>(op)) {
    TransposeOp transpose = onlyTransposed(contract);
    Operation *last = transpose ? transpose.getOperation() : op;
    last->getResult(0).replaceAllUsesWith(lower(contract, transpose));
    return success();
  }
  if (auto product = dyn_cast<ModeProductOp>(op)) {
    auto transpose = onlyReader<TransposeOp>(op);
    Operation *last = transpose ? transpose.getOperation() : op;
    auto merge = onlyReader<ReshapeOp>(last);
    if (merge && onlyMerges(merge))
      last = merge;
    else
      merge = {};
    last->getResult(0).replaceAllUsesWith(lower(product, transpose, merge));
    return success();
  }
  Value lowered = llvm::TypeSwitch<Operation *, Value>(op)
                      .Case<SigmoidOp, SoftplusOp, OneHotOp, IotaOp, RandomOp, ReduceOp, PadOp, ConcatOp>(
                          [&](auto typed) { return lower(typed); })
                      .Default([](Operation *) { return Value(); });
  if (lowered) {
    op->getResult(0).replaceAllUsesWith(lowered);
    return success();
  }
  // Reshapes, returns and operations of other dialects read whole tensors.
  for (OpOperand &operand : op->getOpOperands())
    operand.set(materialize(operand.get()));
  return success();
}

LogicalResult ToLinalg::run() {
  if (function.isExternal())
    return success();
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("expected straight-line code");
  SmallVector<Operation *> operations;
  for (Operation &op : function.getBody().front())
    operations.push_back(&op);
  for (Operation *op : operations)
    if (failed(lower(op)))
      return failure();
  for (Operation *op : llvm::reverse(operations))
    if (op->use_empty() && !op->hasTrait<OpTrait::IsTerminator>() && (isMemoryEffectFree(op) || isa<RandomOp>(op)))
      op->erase();
  return success();
}

namespace {
struct ToLinalgPass : tensors::impl::AgonToLinalgBase<ToLinalgPass> {
  void runOnOperation() override {
    ToLinalg lowering(getOperation());
    if (failed(lowering.run()))
      return signalPassFailure();
    numGenerics += lowering.numGenerics;
    numCopies += lowering.numCopies;
  }
};
} // namespace
