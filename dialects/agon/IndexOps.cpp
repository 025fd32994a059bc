//===- IndexOps.cpp - Verifiers of gather, scatter_add and cumsum ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Checks.h"

using namespace mlir;
using namespace agon;
using namespace agon::detail;

/// Gather and scatter_add are transposes of each other: `table` is [b..., k,
/// rest...], `slices` [b..., i..., rest...], the labels [b..., i...].
static LogicalResult verifyIndexed(Operation *op, RankedTensorType table, RankedTensorType labels,
                                   RankedTensorType slices, int64_t batch) {
  bool gathers = isa<GatherOp>(op);
  if (failed(checkElement(op, gathers ? table : slices, gathers ? slices : table)))
    return failure();
  int64_t most = std::min(labels.getRank(), table.getRank() - 1);
  if (batch < 0 || batch > most)
    return op->emitOpError() << "expected batch in [0, " << most << "] for " << table << " and " << labels << ", got "
                             << batch;
  if (table.getShape().take_front(batch) != labels.getShape().take_front(batch))
    return op->emitOpError() << "expected the first " << batch << " axes of " << table << " and " << labels
                             << " to be equal, got [" << table.getShape().take_front(batch) << "] and ["
                             << labels.getShape().take_front(batch) << "]";
  SmallVector<int64_t> shape(labels.getShape());
  llvm::append_range(shape, table.getShape().drop_front(batch + 1));
  RankedTensorType expected = RankedTensorType::get(shape, table.getElementType());
  if (slices == expected)
    return success();
  return op->emitOpError() << "expected " << (gathers ? "result" : "input") << " of type " << expected << ", got "
                           << slices;
}

LogicalResult GatherOp::verify() {
  return verifyIndexed(*this, tensorType(getInput()), tensorType(getLabels()), getType(), getBatch());
}

LogicalResult ScatterAddOp::verify() {
  RankedTensorType table = getType();
  // A result without axes has no place for the labels to name.
  if (table.getRank() == 0)
    return emitOpError() << "expected a result of at least one axis, got " << table;
  return verifyIndexed(*this, table, tensorType(getLabels()), tensorType(getInput()), getBatch());
}

LogicalResult CumSumOp::verify() {
  return checkAxes(*this, {static_cast<int64_t>(getDim())}, getType().getRank(), "summed");
}
