//===- ModelTable.h - agon.program to the ABI's table -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_MODELTABLE_H
#define AGON_COMPILER_CODEGEN_MODELTABLE_H

#include "compiler/codegen/DeviceData.h"
#include "compiler/codegen/Object.h"
#include "dialects/agon/Agon.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace agon::codegen {

/// What the program's real numbers are: f32 or f64.
mlir::FloatType realTypeOf(ProgramOp program);

/// Adds the table `machine.table` (see runtime/abi/agon_abi.h) to `llvmModule`, which holds the functions that
/// `functions` were translated to. Cells, fields, players and networks come from `program`, a device's code from
/// `device`.
void addModelTable(ProgramOp program, llvm::ArrayRef<mlir::LLVM::LLVMFuncOp> functions, llvm::Module &llvmModule,
                   const targets::Machine &machine, const DeviceData &device);

} // namespace agon::codegen
#endif
