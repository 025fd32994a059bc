//===- ToLLVM.h - Kernels to the LLVM dialect -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_TOLLVM_H
#define AGON_COMPILER_GPU_TOLLVM_H

#include "mlir/Pass/PassManager.h"

namespace agon::gpu {

/// Lowers the device module of a program (scf, vector, memref, arith, math, gpu, cf, func) to the LLVM and NVVM
/// dialects. Memrefs are passed as bare pointers: a kernel becomes `void name(ptr, ..., ptr)`.
void addGpuToLLVMPasses(mlir::OpPassManager &manager);

} // namespace agon::gpu
#endif
