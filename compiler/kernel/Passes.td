//===- Passes.td - Passes on kernels of every target ---------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_KERNEL_PASSES_TD
#define AGON_KERNEL_PASSES_TD

include "mlir/Pass/PassBase.td"

def MathApproximation : Pass<"agon-math-approximation"> {
  let summary = "math on f32, and on f64 where there is no libm, to polynomials within a few ulp";
  let description = [{
    Replaces operations of `math` on f32, scalars and one-dimensional vectors
    alike, by straight lines of arithmetic, whose errors MathApproximation.cpp
    tells. Powers with a whole exponent up to 3 become products, `rsqrt` a
    quotient, for f64 too. Other powers, everything else on f64, and sin and cos
    beyond 2^20 are left to libm, or, with `libm=false`, are arithmetic too
    (MathDouble.cpp).

    ```mlir
    %y = math.exp %x : vector<16xf32>
    ```
    becomes a reduction of the argument, a polynomial and a scaling by a power
    of two.
  }];
  let options = [
    Option<"libm", "libm", "bool", "true", "whether the target has a libm that rare and f64 functions are left to">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

#endif
