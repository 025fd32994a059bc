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
  return isView(op) ||
         (op->getNumResults() == 1 && isa<RankedTensorType>(op->getResult(0).getType()) &&
          splatValue(op->getResult(0)));
}

Value ToLinalg::elementwise(Location loc, ArrayRef<View> views, RankedTensorType result,
                            BodyFn body) {
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
                       [](OpBuilder &, Location, ValueRange scalars) {
                         return SmallVector<Value>(scalars);
                       });
  }
  return copy;
}

/// The transposition that is the only reader of a contraction, which can as well write in its order
/// as long as what is contiguous stays so.
static TransposeOp onlyTransposed(ContractOp op) {
  auto transpose = op->hasOneUse() ? dyn_cast<TransposeOp>(*op->user_begin()) : TransposeOp();
  return transpose && transpose.getPermutation().back() == transpose.getType().getRank() - 1 ? transpose
                                                                                             : TransposeOp();
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

  bool onTensors = op->getNumResults() > 0 && llvm::all_of(op->getResultTypes(), [](Type type) {
                     return isa<RankedTensorType>(type);
                   });
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
  Value lowered = llvm::TypeSwitch<Operation *, Value>(op)
                      .Case<SigmoidOp, SoftplusOp, OneHotOp, IotaOp, RandomOp, ReduceOp, PadOp,
                            ConcatOp>([&](auto typed) { return lower(typed); })
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
  Block &block = function.getBody().front();
  SmallVector<Operation *> operations;
  for (Operation &op : block)
    operations.push_back(&op);
  for (Operation *op : operations)
    if (failed(lower(op)))
      return failure();
  for (Operation *op : llvm::reverse(operations))
    if (op->use_empty() && !op->hasTrait<OpTrait::IsTerminator>() &&
        (isMemoryEffectFree(op) || isa<RandomOp>(op)))
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
