//===- Passes.td - Passes of the CPU's room ------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_CPU_PASSES_TD
#define AGON_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmitKernels : Pass<"agon-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "emit every fused region as a CPU kernel with a buffer a value (for tests)";
  let description = [{
    Each `agon.region` of the module's functions becomes the kernel `FUNCTION_N`,
    every value with a buffer of its own; the functions go. `agon.tasks` says how
    many tasks the kernel has. The compiler itself runs `agon-emit`, which knows
    where buffers lie.

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = agon.region elementwise(%x) flops 8 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> { ... }
      return %y : tensor<8xf32>
    }
    ```
    becomes
    ```mlir
    func.func @f_0(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index) attributes {agon.tasks = 1} { ... }
    ```
  }];
  let options = [Option<"optLevel", "opt-level", "int", "3", "0 for the reference, 3 for all">];
}

def ConvertKernelsToLLVM : Pass<"agon-convert-kernels-to-llvm", "::mlir::ModuleOp"> {
  let summary = "arith, math, vector, memref, index, cf and func to the LLVM dialect";
  let description = [{
    Everything but `scf` and math on f32, in one conversion: a dozen passes over a
    dozen kernels cost more time than what they do. Memrefs are passed as bare
    pointers: a kernel becomes `void name(ptr, ..., ptr, i64 begin, i64 end)`.

    The pipeline `agon-cpu-to-llvm` is the whole way: `agon-math-approximation`
    (but at level 0), `convert-scf-to-cf`, this pass, and
    `reconcile-unrealized-casts`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif
