//===- Passes.td - Passes of the CPU's room ------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_CPU_PASSES_TD
#define AGON_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

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
