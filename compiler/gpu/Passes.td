//===- Passes.td - Passes of the GPU's room ------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_GPU_PASSES_TD
#define AGON_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertGridsToLLVM : Pass<"agon-convert-grids-to-llvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "a device's kernels to the LLVM and NVVM dialects";
  let description = [{
    Everything but `scf` and the functions of math, in one conversion. Memrefs are passed as
    bare pointers; indices have 32 bits unless a buffer has more than 2^30 elements
    or a loop as many rounds. It fails, at the operation, where something is left that a GPU has no
    instruction for, instead of leaving a call of a library that is not there.

    The pipeline `agon-gpu-to-llvm` is the whole way: `agon-math-approximation=libm=false`,
    `convert-scf-to-cf`, this pass, and `reconcile-unrealized-casts`, on the device
    module of a program.

    ```mlir
    func.func @kernel_0(%a: memref<8xf32>, %b: memref<8xf32>) attributes {nvvm.reqntid = array<i32: 256>} { ... }
    ```
    becomes
    ```mlir
    llvm.func @kernel_0(%a: !llvm.ptr, %b: !llvm.ptr) attributes {nvvm.kernel, nvvm.reqntid = array<i32: 256>} { ... }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}

#endif
