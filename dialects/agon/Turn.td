//===- Turn.td - What a turn is made of -----------------------*- tablegen -*-===//
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

def Agon_LossOp : Agon_Op<"loss", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "what a player minimizes, at a point of the parameters of all who move";
  let description = [{
    In the body of an `agon.turn`. It is the objective of a player, or of a move of
    one. The operands are values of all parameters of
    the turn's players, in order; every other parameter is what it is. All losses
    of a turn are of one minibatch, and of the same draws.

    ```mlir
    %loss = agon.loss @D at(%d, %g) : (tensor<2x1xf32>, tensor<2x2xf32>) -> tensor<f32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$objective, Variadic<Agon_FloatTensor>:$point);
  let results = (outs Agon_Scalar:$result);
  let assemblyFormat = "$objective `at` `(` $point `)` attr-dict `:` functional-type($point, $result)";
}

def Agon_AdvanceOp : Agon_Op<"advance", [Pure, AttrSizedOperandSegments,
                                         DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a step of a player's optimizer from a point, along given cotangents";
  let description = [{
    In the body of an `agon.turn`. `from` is the player's parameters, then its
    slots; `along` a cotangent for each parameter; the results are the new
    parameters, then the new slots. `round` is the number of steps that the player
    has made before in this turn: the optimizer's step counts on from there.

    ```mlir
    %w1, %m1 = agon.advance @D round 0 from(%w, %m) along(%g)
             : (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>) -> (tensor<2x1xf32>, tensor<2x1xf32>)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$player, I64Attr:$round, Variadic<Agon_FloatTensor>:$point,
                       Variadic<Agon_FloatTensor>:$cotangents);
  let results = (outs Variadic<Agon_FloatTensor>:$next);
  let assemblyFormat = [{
    $player `round` $round `from` `(` $point `)` `along` `(` $cotangents `)` attr-dict
    `:` functional-type(operands, $next)
  }];
}

#endif
