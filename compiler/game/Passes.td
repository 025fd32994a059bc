//===- Passes.td - Passes of the game room -------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_GAME_PASSES_TD
#define AGON_GAME_PASSES_TD

include "mlir/Pass/PassBase.td"

def FormTurns : Pass<"agon-form-turns", "::mlir::ModuleOp"> {
  let summary = "turn the game into one function a turn and the table `agon.program`";
  let description = [{
    The game form (networks, random variables, players, turns) becomes the turn
    form: pure functions from the values of cells to their new values. Variables
    and network applications are inlined, draws get the key and a stream, the
    players' updates follow their objectives. Player gradients are still
    `agon.differentiate`, and `agon.gradient` is not expanded, so that the
    objectives can be made numerically safe before they are differentiated. What
    they differentiate with respect to is an argument or an `agon.point`.

    Before:
    ```mlir
    agon.network @theta "() -> [1]" {
      agon.storage @w : tensor<1xf32> { ... }
      agon.forward @training () -> tensor<1xf32> { ... }
      ...
    }
    agon.game @g batch 64 play "{ theta }" attributes {config = "{}"} {
      agon.player @theta owns [@theta] objective {
        %y = agon.apply @theta() : () -> tensor<1xf32>
        %s = agon.reduce sum %y dims [0] : tensor<1xf32> -> tensor<f32>
        agon.yield %s : tensor<f32>
      } with "sgd(lr = 1)" update { // w - g
        ...
      } attributes { parameters = [@theta::@w], ... }
      agon.turn @t moves [@theta]
      agon.schedule [@t]
    }
    ```
    After:
    ```mlir
    agon.program "g" batch 64 schedule ["turn_theta"] attributes {config = "{}"} {
      agon.cell parameter @theta.w owner 0 : tensor<1xf32>
      ...
    }
    func.func @init(...) ...
    func.func @turn_theta(%w: tensor<1xf32> {agon.cell = @theta.w}, %n: tensor<i64> {agon.cell = @step.theta})
        -> (tensor<f32> {agon.cell = @objective.theta}, tensor<1xf32> {agon.cell = @theta.w},
            tensor<i64> {agon.cell = @step.theta}) attributes {agon.kind = "turn"} {
      %s = agon.reduce sum %w dims [0] : tensor<1xf32> -> tensor<f32>
      %g = agon.differentiate %s wrt(%w) : (tensor<f32>, tensor<1xf32>) -> tensor<1xf32>
      %w1 = arith.subf %w, %g : tensor<1xf32>
      ...
    }
    ```
  }];
  let options = [
    Option<"network", "network", "std::string", /*default=*/"",
           "form the application of this network, with all of its results, and nothing else">
  ];
  let statistics = [
    Statistic<"numFunctions", "functions", "functions made">,
    Statistic<"numStreams", "streams", "random streams given out">,
    Statistic<"numDroppedWrites", "writes-dropped", "proposals for states whose owner does not move">
  ];
  let dependentDialects = ["::agon::AgonDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def BatchApplications : Pass<"agon-batch-applications", "::mlir::func::FuncOp"> {
  let summary = "apply a layer once to the rows of several applications";
  let description = [{
    Contractions and convolutions that apply one weight to different rows, none of
    which waits for another one, become one over the rows of all, and so does
    whatever does the same to each row of the results. What looks across rows,
    or differs, reads its part. So D(x) and D(G(z)) of one turn are one
    application to a batch of twice the size: half the launches, weights read
    once, and one gradient of each weight.

    Rows go together only if the same gradients pass through them: else the
    gradient of some would be computed for all. A layer's inputs are copied side by
    side where they are not there already and are fewer than its weights, or few.

    Before:
    ```mlir
    %a = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    %b = agon.contract %y, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    %c = arith.negf %a : tensor<8x5xf32>
    %d = arith.negf %b : tensor<8x5xf32>
    ```
    After:
    ```mlir
    %xy = agon.concat %x, %y dim 0 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<16x4xf32>
    %ab = agon.contract %xy, %w reduce [1] x [0] : (tensor<16x4xf32>, tensor<4x5xf32>) -> tensor<16x5xf32>
    %cd = arith.negf %ab : tensor<16x5xf32>
    %c = agon.slice %cd starts [0, 0] strides [1, 1] : tensor<16x5xf32> -> tensor<8x5xf32>
    %d = agon.slice %cd starts [8, 0] strides [1, 1] : tensor<16x5xf32> -> tensor<8x5xf32>
    ```
  }];
  let statistics = [Statistic<"numBatched", "batched", "operations that another one does as well">];
}

def DifferentiatePlayers : Pass<"agon-differentiate-players", "::mlir::ModuleOp"> {
  let summary = "write out the players' gradients; nothing is differentiated afterwards";
  let description = [{
    Replaces each `agon.differentiate`, in program order, by operations of the
    closed set. The walk visits only what lies between the player's own
    parameters and its objective, so one player's turn holds no gradient of
    another's. Afterwards `agon.stop_gradient` and `agon.point` have done their
    work and are removed, as are dead operations and the arguments that only they used.

    Before:
    ```mlir
    %s = arith.mulf %w, %w : tensor<f32>
    %g = agon.differentiate %s wrt(%w) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    ```
    After:
    ```mlir
    %one = arith.constant dense<1.0> : tensor<f32>
    %a = arith.mulf %one, %w : tensor<f32>
    %g = arith.addf %a, %a : tensor<f32>
    ```
  }];
  let statistics = [
    Statistic<"numGradients", "player-gradients", "parameters differentiated with respect to">,
    Statistic<"numDead", "player-gradients-dead", "of these, parameters the objective does not depend on">,
    Statistic<"numArguments", "arguments-dropped", "arguments that nothing reads">
  ];
  let dependentDialects = ["::agon::AgonDialect", "::mlir::arith::ArithDialect"];
}

def SplitExpectations : Pass<"agon-split-expectations", "::mlir::ModuleOp"> {
  let summary = "make what evaluates a data set out of what evaluates a minibatch";
  let description = [{
    A function of kind `evaluate` computes objectives or metrics of a minibatch.
    Over a data set an E[...] is the mean over all records, which no function of
    a minibatch can give. So each marked sum becomes a cell of what is summed,
    sample by sample, and a cell of its mean, which the runtime computes between
    them; what is left of the function reads the means and runs once. Sums whose
    operands need the means of others come in a later round. A function of kind
    `expectations` holds those of one round that depend on the same record
    groups: how many records there are is a matter of the group.

    A result that depends on a minibatch other than through an expectation, such
    as a `batch_mean`, is averaged over the minibatches likewise. A sum of what
    no sample changes stays where it is.

    Before:
    ```mlir
    func.func @evaluate(%x: tensor<8xf32> {agon.cell = @data.x})
        -> (tensor<f32> {agon.cell = @objective.D}) attributes {agon.kind = "evaluate"} {
      %s = agon.reduce sum %x dims [0] expectation : tensor<8xf32> -> tensor<f32>
      %m = arith.mulf %s, %eighth : tensor<f32>
      %y = math.exp %m : tensor<f32>
      return %y : tensor<f32>
    }
    ```
    After:
    ```mlir
    func.func @evaluate(%e: tensor<f32> {agon.cell = @expectation.evaluate.0})
        -> (tensor<f32> {agon.cell = @objective.D}) attributes {agon.kind = "evaluate"} {
      %s = arith.mulf %e, %eight : tensor<f32>
      %m = arith.mulf %s, %eighth : tensor<f32>
      %y = math.exp %m : tensor<f32>
      return %y : tensor<f32>
    }
    func.func @evaluate_expectations_0(%x: tensor<8xf32> {agon.cell = @data.x})
        -> (tensor<8xf32> {agon.cell = @expected.evaluate.0})
        attributes {agon.kind = "expectations", agon.subject = 0 : i64} {
      return %x : tensor<8xf32>
    }
    ```
  }];
  let statistics = [
    Statistic<"numExpectations", "expectations", "expectations taken over the data set">,
    Statistic<"numFunctions", "functions", "functions of kind `expectations` made">
  ];
  let dependentDialects = ["::agon::AgonDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect"];
}

def VerifyTurnForm : Pass<"agon-verify-turn-form", "::mlir::ModuleOp"> {
  let summary = "check that the module is in turn form; closes phase `diff`";
  let description = [{
    There is one `agon.program` and nothing of the game form; functions are one
    block of the closed set, their arguments and results name declared cells of
    the same type, each result once; every draw has a key and a stream of its
    own; what the table refers to exists.
  }];
}

#endif
