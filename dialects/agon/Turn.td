//===- Turn.td - What a turn holds before it is differentiated -*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TURN_TD
#define AGON_TURN_TD
include "dialects/agon/AgonBase.td"

def Agon_DifferentiateOp : Agon_Op<"differentiate", [Pure,
    PredOpTrait<"results have the types of the values differentiated with respect to",
                CPred<"$_op.getNumOperands() > 0 && ::llvm::equal($_op.getResultTypes(), "
                      "::llvm::drop_begin($_op.getOperandTypes()))">>]> {
  let summary = "gradient of one number with respect to several values, at once";
  let description = [{
    What a player's update is made from. It stands in a turn function between
    forming the turns and `agon-differentiate-players`, so that the objective
    can first be rewritten into its numerically safe form.

    ```mlir
    %g:2 = agon.differentiate %loss wrt(%w, %b)
           : (tensor<f32>, tensor<2x1xf32>, tensor<1xf32>) -> (tensor<2x1xf32>, tensor<1xf32>)
    ```
  }];
  let arguments = (ins Agon_Scalar:$value, Variadic<Agon_FloatTensor>:$wrt);
  let results = (outs Variadic<Agon_FloatTensor>:$cotangents);
  let assemblyFormat = "$value `wrt` `(` $wrt `)` attr-dict `:` functional-type(operands, $cotangents)";
}

#endif
