//===- Gpu.cpp - The dialect of plans on a GPU ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Gpu.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon::gpu;

#include "compiler/gpu/GpuDialect.cpp.inc"
#include "compiler/gpu/GpuEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/gpu/GpuAttributes.cpp.inc"

void AgonGpuDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/gpu/GpuAttributes.cpp.inc"
      >();
}

/// Threads that a block may have.
static constexpr int64_t mostThreads = 1024;
/// Tiles of a kind that shared memory holds; the products of all but the first ones are emitted one by one.
static constexpr int64_t mostStages = 4;

LogicalResult GridAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, GridForm form, int64_t blocks,
                               int64_t threads, int64_t lanes, int64_t group, bool, int64_t split) {
  if (blocks < 1 || lanes < 1)
    return emitError() << "expected at least one block and one lane, got " << blocks << " and " << lanes;
  if (threads < 32 || threads > mostThreads || threads % 32)
    return emitError() << "expected whole warps of threads, " << mostThreads << " at most, got " << threads;
  if (group < 1 || group > threads || (group & (group - 1)) || threads % group)
    return emitError() << "expected a group of a power of two of threads that divides them, got " << group;
  if (split < 1 || (split > 1 && (form != GridForm::Reduction || group == 1 || blocks % split)))
    return emitError() << "expected one part, or of reductions by groups as many as divide the blocks, got " << split;
  return success();
}

LogicalResult TilesAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, int64_t rows, int64_t columns,
                                int64_t depth, int64_t threadRows, int64_t threadColumns, int64_t stages, int64_t split,
                                Precision precision) {
  for (int64_t size : {rows, columns, depth, threadRows, threadColumns})
    if (size < 1)
      return emitError() << "expected positive sizes of tiles, got " << size;
  if (stages < 2 || stages > mostStages)
    return emitError() << "expected 2 to " << mostStages << " stages, got " << stages;
  if (split < 1)
    return emitError() << "expected at least one part of k, got " << split;
  bool isFull = precision == Precision::F32;
  int64_t rowGrain = threadRows * (isFull ? 1 : 16), columnGrain = threadColumns * (isFull ? 1 : 8);
  if (rows % rowGrain || columns % columnGrain)
    return emitError() << "expected a tile of whole parts of " << rowGrain << " x " << columnGrain << ", got " << rows
                       << " x " << columns;
  if (!isFull && depth % 16)
    return emitError() << "expected a depth in multiples of 16, got " << depth;
  int64_t threads = rows / rowGrain * (columns / columnGrain) * (isFull ? 1 : 32);
  if (threads < 32 || threads > mostThreads || threads % 32)
    return emitError() << "expected whole warps of threads, " << mostThreads << " at most, got " << threads;
  return success();
}
