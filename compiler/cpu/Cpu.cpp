//===- Cpu.cpp - The dialect of plans on a CPU ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Cpu.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon::cpu;

#include "compiler/cpu/CpuDialect.cpp.inc"
#include "compiler/cpu/CpuEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/cpu/CpuAttributes.cpp.inc"

void AgonCpuDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/cpu/CpuAttributes.cpp.inc"
      >();
}

LogicalResult ContractionAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, TileForm, bool, int64_t rows,
                                      int64_t vectors, int64_t mBlock, int64_t nBlock, int64_t mShared, int64_t kBlock,
                                      bool, ArrayAttr readings, int64_t, Precision) {
  for (int64_t size : {rows, vectors, mBlock, nBlock, mShared, kBlock})
    if (size < 1)
      return emitError() << "expected positive sizes of tiles and blocks, got " << size;
  if (readings.empty() || !llvm::all_of(readings, llvm::IsaPred<ReadingAttr>))
    return emitError() << "expected a #agon_cpu.reading for each pair of operands";
  return success();
}

LogicalResult LoopsAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, LoopForm, int64_t tasks, int64_t) {
  if (tasks < 1)
    return emitError() << "expected at least one task, got " << tasks;
  return success();
}
