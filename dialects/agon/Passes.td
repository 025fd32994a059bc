//===- Passes.td - agon to agon transforms -------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_PASSES_TD
#define AGON_PASSES_TD
include "mlir/Pass/PassBase.td"

def SafeNumericsPass : Pass<"agon-safe-numerics"> {
  let summary = "mathematics written as mathematics, computed without overflow";
  let description = [{
    Formulas that are right on paper and wrong in floating point are rewritten
    to forms that hold over the whole range. The pass runs on turn functions,
    after networks are inlined (so that a formula is seen across the pieces it
    was built from) and before differentiation (so that the derivatives are
    those of the safe form).

    | written                          | becomes                                   |
    |----------------------------------|-------------------------------------------|
    | `a / (1 + exp(-x))`              | `a * sigmoid(x)`                          |
    | `exp(x) / (1 + exp(x))`          | `sigmoid(x)`                              |
    | `1 - sigmoid(x)`                 | `sigmoid(-x)`                             |
    | `log(sigmoid(x))`                | `-softplus(-x)`                           |
    | `log(c + exp(x))`, c > 0         | `log(c) + softplus(x - log(c))`           |
    | `log(exp(a) + exp(b))`           | `a + softplus(b - a)`                     |
    | `log(exp(a))`                    | `a`                                       |
    | `log(a * b)`, `log(a / b)`      | `log(a) + log(b)`, `log(a) - log(b)`      |
    | `log(sqrt(a))`, `log(a ^ c)`     | `log(a) / 2`, `c * log(a)`                |
    | `log(sum(exp(x)))`               | `m + log(sum(exp(x - m)))`                |
    | `exp(x) / sum(exp(x))`           | `exp(x - m) / sum(exp(x - m))`            |

    where m = stop_gradient(max(x)), so that the largest exponent is 0, and
    products, quotients and powers are split where a factor is positive for sure
    and has a safe logarithm. Logarithms are looked for through reshape,
    transpose, slice, broadcast, concat, select and stop_gradient, so `log` of a network's sigmoid output is safe
    wherever the network ends. Softmax in either form, then `log`, becomes
    `x - logsumexp(x)`.

    No rule makes a NaN of what was a number: one that needs a positive operand
    asks for a proof (an exponential, a sigmoid, a positive constant, sums and
    products of such). Operands are compared as values, so common
    subexpressions should be merged before.

    Before:
    ```mlir
    %p = agon.sigmoid %x : tensor<64x1xf32>
    %q = arith.subf %one, %p : tensor<64x1xf32>
    %l = math.log %q : tensor<64x1xf32>
    ```
    After:
    ```mlir
    %s = agon.softplus %x : tensor<64x1xf32>
    %l = arith.negf %s : tensor<64x1xf32>
    ```
  }];
  let options = [
    Option<"maxDepth", "max-depth", "unsigned", "16",
           "how many operations back a logarithm is pursued">];
  let statistics = [
    Statistic<"numSigmoids", "sigmoids", "sigmoids recognised or mirrored">,
    Statistic<"numLogs", "logarithms", "logarithms brought into a safe form">,
    Statistic<"numSoftmaxes", "softmaxes", "softmaxes shifted by their maximum">];
  let dependentDialects = ["agon::AgonDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}
#endif
