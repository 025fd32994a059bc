//===- Passes.td - Passes of the autodiff room ---------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_AUTODIFF_PASSES_TD
#define AGON_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandGradients : Pass<"agon-expand-gradients"> {
  let summary = "write out `agon.gradient` in operations of the closed set";
  let description = [{
    Expands every `agon.gradient` under the operation, in program order: by the
    time a gradient of a gradient is reached, the inner one is ordinary
    operations. If y does not depend on x the result is a constant zero.

    Before:
    ```mlir
    %y = math.sin %x : tensor<4xf32>
    %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
    ```
    After:
    ```mlir
    %y = math.sin %x : tensor<4xf32>
    %one = arith.constant dense<1.0> : tensor<4xf32>
    %c = math.cos %x : tensor<4xf32>
    %g = arith.mulf %one, %c : tensor<4xf32>
    ```
  }];
  let statistics = [
    Statistic<"numExpanded", "gradients-expanded", "gradients written out">,
    Statistic<"numZero", "gradients-zero", "gradients that are zero because y does not depend on x">
  ];
  let dependentDialects = ["::agon::AgonDialect"];
}

#endif
