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
    | `exp(x) - 1`, `1 - exp(x)`       | `expm1(x)`, `-expm1(x)`                   |
    | `1 + expm1(x)`                   | `exp(x)`                                  |
    | `log(1 + x)`                     | `log1p(x)`                                |
    | `1 - erf(x)`, `1 + erf(x)`       | `erfc(x)`, `erfc(-x)`                     |
    | `1 - erfc(x)`, `2 - erfc(x)`     | `erf(x)`, `erfc(-x)`                      |
    | `exp(k - softplus(x))`           | `exp(k) * sigmoid(-x)`                    |
    | `exp(k + softplus(x))`           | `exp(k) * (1 + exp(x))`                   |
    | `a / exp(x)`, `exp(x) / exp(y)`  | `a * exp(-x)`, `exp(x - y)`               |
    | `expm1(x) / exp(x)`              | `-expm1(-x)`                              |
    | `sqrt(exp(x))`, `exp(x)^p`       | `exp(x / 2)`, `exp(p * x)`                |
    | `exp(p * (q * x))`               | `exp((p * q) * x)`                        |
    | `a / (1 + exp(-x))`              | `a * sigmoid(x)`                          |
    | `exp(x) / (1 + exp(x))`          | `sigmoid(x)`                              |
    | `1 - sigmoid(x)`                 | `sigmoid(-x)`                             |
    | `sigmoid(x) / sigmoid(-x)`       | `exp(x)`                                  |
    | `log(sigmoid(x))`                | `-softplus(-x)`                           |
    | `log(c + s * exp(x))`, c, s > 0  | `log(c) + softplus(x - log(c / s))`       |
    | `log(1 - exp(x))`                | `log(-expm1(x))` near 0, else `log1p(-exp(x))` |
    | `log(exp(x) - 1)`                | `x + log(1 - exp(-x))`                    |
    | `log(exp(a) + exp(b))`           | `a + softplus(b - a)`                     |
    | `log(exp(a))`, `exp(log(a))`     | `a` (the second where a is positive for sure) |
    | `log(a * b)`, `log(a / b)`       | `log(a) + log(b)`, `log(a) - log(b)`      |
    | `log(sqrt(a))`, `log(a ^ c)`     | `log(a) / 2`, `c * log(a)`                |
    | `log(sum(exp(x)))`               | `m + log(sum(exp(x - m)))`                |
    | `exp(x) / sum(exp(x))`           | `exp(x - m) / sum(exp(x - m))`            |
    | `softplus(x) - log(2)`           | `log1p(expm1(x) / 2)`, above 0 `x + log1p(expm1(-x) / 2)` |

    where m = stop_gradient(max(x)), so that the largest exponent is 0, and
    products, quotients and powers are split where a factor is positive for sure
    and has a safe logarithm. Numbers may be added, multiplied and brought to the
    other side, signs changed and elements moved anywhere in between
    (`2 * exp(x) - 2`, `0.5 - 0.5 * sigmoid(x)` after a reshape): a formula is
    read as number + number * shape(function), see `Term`. Logarithms are looked
    for through concat, select and reductions too, so `log` of a network's sigmoid
    output is safe wherever the network ends. So f-GAN's
    `conjugate(activation(v))` become `softplus(v)`, `expm1(v)` and the like.

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
    Statistic<"numExponentials", "exponentials", "differences and quotients of exponentials made exact">,
    Statistic<"numSigmoids", "sigmoids", "sigmoids recognised or mirrored">,
    Statistic<"numLogs", "logarithms", "logarithms brought into a safe form">,
    Statistic<"numSoftmaxes", "softmaxes", "softmaxes shifted by their maximum">];
  let dependentDialects = ["agon::AgonDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}
#endif
