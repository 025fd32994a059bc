//===- ToLLVM.h - Kernels to the LLVM dialect -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_TOLLVM_H
#define AGON_COMPILER_CPU_TOLLVM_H

#include "compiler/cpu/Emit.h"
#include "mlir/Pass/PassManager.h"

namespace agon::cpu {

/// Lowers the functions of a module (scf, vector, memref, arith, math, index, cf, func) to
/// the LLVM dialect. Memrefs are passed as bare pointers: a kernel becomes
/// `void name(ptr, ..., ptr, i64 begin, i64 end)`.
void addCpuToLLVMPasses(mlir::OpPassManager &manager, const KernelOptions &options);

} // namespace agon::cpu
#endif
