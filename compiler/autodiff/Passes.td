//===- Passes.td - Passes of the autodiff room ---------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_AUTODIFF_PASSES_TD
#define AGON_AUTODIFF_PASSES_TD

include "mlir/Pass/PassBase.td"

def GuardBranches : Pass<"agon-guard-branches"> {
  let summary = "keep what a choice does not take out of the derivatives";
  let description = [{
    Where `select` does not take a branch, the branch's cotangent is zero, but its
    formulas are still computed there, and zero times an infinite slope is NaN. So
    within what a differentiated `select` chooses from, each operation that has
    points without a finite value or slope (log, sqrt, a quotient, a power, exp, a
    product of products) reads a harmless number wherever its result is not taken:
    then value and derivatives of every order are finite there. Where it is taken
    nothing changes, bit for bit, and a NaN there is a NaN.

    The condition is carried back through elementwise operations, changes of shape,
    reductions and further selections; what several users read is copied. It stops
    at contractions, convolutions, windows, running sums and look-ups, and at values
    that `agon.gradient` differentiates with respect to. `max`, `min` and the
    reductions of these names choose, too: `max(log(x), -100)` has the slope 0 at 0.

    The pass runs before differentiation, so that all derivatives are taken of the
    guarded form.

    Before:
    ```mlir
    %c = arith.cmpf ogt, %x, %zero : tensor<4xf32>
    %r = math.sqrt %x : tensor<4xf32>
    %y = arith.select %c, %r, %x : tensor<4xi1>, tensor<4xf32>
    ```
    After:
    ```mlir
    %c = arith.cmpf ogt, %x, %zero : tensor<4xf32>
    %s = arith.select %c, %x, %one : tensor<4xi1>, tensor<4xf32>
    %r = math.sqrt %s : tensor<4xf32>
    %y = arith.select %c, %r, %x : tensor<4xi1>, tensor<4xf32>
    ```
  }];
  let statistics = [Statistic<"numGuarded", "choices-guarded", "choices with a hazard in what they choose from">];
  let dependentDialects = ["::agon::AgonDialect", "::mlir::arith::ArithDialect"];
}

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
