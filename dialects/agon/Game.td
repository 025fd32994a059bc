//===- Game.td - Players, random variables and turns ---------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_GAME_TD
#define AGON_GAME_TD
include "dialects/agon/AgonBase.td"
include "mlir/IR/AttrTypeBase.td"

def Agon_GameOp : Agon_Op<"game", [Symbol, SymbolTable, IsolatedFromAbove, NoTerminator, SingleBlock,
                                   NoRegionArguments]> {
  let summary = "random variables, players and the order of play";
  let description = [{
    `config` is the constants and options in force, as JSON, for run.json. A network has one owner
    at most; there is one schedule.

    ```mlir
    agon.game @gan batch 256 play "{ D; G }" attributes {config = "{}"} {
      agon.data @x : tensor<256x2xf32>
      ...
      agon.schedule [@D, @G]
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$batch, StrAttr:$play, StrAttr:$config);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `batch` $batch `play` $play attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Agon_DataOp : Agon_Op<"data", [Symbol, HasParent<"GameOp">]> {
  let summary = "a minibatch drawn from the data set bound to a field";
  let description = [{
    `range` is [low, high] of scaled bytes; `classes` > 0 marks labels, which
    are i32.

    ```mlir
    agon.data @x in [0.0, 1.0] : tensor<100x784xf32>
    agon.data @y classes 10 : tensor<100xi32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<F64ArrayAttr>:$range, OptionalAttr<I64Attr>:$classes,
                       TypeAttrOf<Agon_Tensor>:$type);
  let assemblyFormat = "$sym_name (`in` $range^)? (`classes` $classes^)? `:` $type attr-dict";
  let hasVerifier = 1;
}

def Agon_GroupOp : Agon_Op<"group", [IsolatedFromAbove, HasParent<"GameOp">, NoRegionArguments,
                                     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the data fields of one record, drawn together, and their built-in source if any";
  let description = [{
    `modes` is a mixture source's modes, [n, dim]; the region, when there is a
    source, yields one value a field.

    ```mlir
    agon.group [@x, @y] { }
    agon.group [@p] source "point()" modes dense<[[0.0, 1.0]]> : tensor<1x2xf64> radius 6.0e-02 {
      ...
      agon.yield %p : tensor<256x2xf32>
    }
    ```
  }];
  let arguments = (ins SymbolRefArrayAttr:$fields, OptionalAttr<StrAttr>:$source_text,
                       OptionalAttr<F64ElementsAttr>:$modes, OptionalAttr<F64Attr>:$mode_radius);
  let regions = (region MaxSizedRegion<1>:$source);
  let assemblyFormat = [{
    $fields (`source` $source_text^)? (`modes` $modes^ `radius` $mode_radius)? attr-dict-with-keyword $source
  }];
}

def Agon_VariableOp : Agon_Op<"variable", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, SingleBlock,
                                           NoRegionArguments]> {
  let summary = "a value computed once a turn: noise, a let, a value that players contest";
  let description = [{
    ```mlir
    agon.variable @z noise : tensor<256x2xf32> {
      %z = agon.random normal : tensor<256x2xf32>
      agon.yield %z : tensor<256x2xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, UnitAttr:$noise, TypeAttrOf<Agon_Tensor>:$type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`noise` $noise^)? `:` $type attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Agon_UseOp : Agon_Op<"use", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a game's data or variable in the current turn";
  let description = [{
    ```mlir
    %z = agon.use @z : tensor<256x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$variable);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$variable attr-dict `:` type($result)";
}

def Agon_DataMeanOp : Agon_Op<"data_mean", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "per-element mean of a data field over its data set; in initial values only";
  let description = [{
    ```mlir
    %m = agon.data_mean @x : tensor<784xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$data);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$data attr-dict `:` type($result)";
}

def Agon_PlayerOp : Agon_Op<"player", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, NoRegionArguments,
                                       DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "who owns which networks, what it wants and how it moves";
  let description = [{
    `objective` yields one real number; the player maximizes it if `maximizes`,
    else minimizes. `parameters` are what it trains, in order. `slots` names the
    optimiser's memory, `slot_parameters` says which parameter each belongs to,
    `slot_types` and `slot_initials` what it is. The region `update` reads the
    step, hyperparameters, weights, cotangents (of the *minimised* objective) and
    slots through `agon.step`, `agon.hyper`, `agon.weight`, `agon.cotangent`,
    `agon.slot`, and yields the new weights, then the new slots.

    Where the optimiser makes demands on its arguments, the region `conditions`
    yields a vector for each of `requirements`: 1 where it is broken, else 0, then
    the values of the arguments that its text has a `{}` for. It reads the step and
    hyperparameters alone.

    An average is a player without an objective that owns nothing and `follows` a
    network: its weights are the network's shadow, and its cotangents are the shadow
    less the network's weights.

    ```mlir
    agon.player @D maximizes owns [@D] objective {
      %v = agon.use @V : tensor<f32>
      agon.yield %v : tensor<f32>
    } with "sgd(lr = 0.1)" update {
      %w = agon.weight 0 : tensor<2x1xf32>
      %g = agon.cotangent 0 : tensor<2x1xf32>
      %w1 = arith.subf %w, %g : tensor<2x1xf32>
      agon.yield %w1 : tensor<2x1xf32>
    } attributes {hypers = ["D.lr"], parameters = [@D::@"dense_0.W"], slot_initials = array<f64>,
                  slot_parameters = array<i64>, slot_types = [], slots = []}
    agon.player @average.G follows @G owns [] with "ema(0.999)" update { ... }
    // between `update` and `attributes`:
    requires ["sgd of player D requires `lr >= 0`, got D.lr = {}"] { ... agon.yield %c : tensor<2xf64> }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, UnitAttr:$maximizes, SymbolRefArrayAttr:$networks,
                       SymbolRefArrayAttr:$parameters, StrAttr:$optimizer, StrArrayAttr:$hypers,
                       StrArrayAttr:$slots, DenseI64ArrayAttr:$slot_parameters, TypeArrayAttr:$slot_types,
                       DenseF64ArrayAttr:$slot_initials, OptionalAttr<StrArrayAttr>:$requirements,
                       OptionalAttr<FlatSymbolRefAttr>:$follows);
  let regions = (region MaxSizedRegion<1>:$objective, SizedRegion<1>:$update, AnyRegion:$conditions);
  let assemblyFormat = [{
    $sym_name (`maximizes` $maximizes^)? (`follows` $follows^)? `owns` $networks (`objective` $objective^)?
    `with` $optimizer `update` $update (`requires` $requirements $conditions^)? attr-dict-with-keyword
  }];
  let hasRegionVerifier = 1;
}

def Agon_MoveOp : Agon_Op<"move", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, SingleBlock, NoRegionArguments,
                                   DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a further objective of a player, for turns of its own";
  let description = [{
    The player makes the move with its own networks, optimizer, slots and step.

    ```mlir
    agon.move @D.penalty of @D {
      ...
      agon.yield %loss : tensor<f32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$player, UnitAttr:$maximizes);
  let regions = (region SizedRegion<1>:$objective);
  let assemblyFormat = "$sym_name `of` $player (`maximizes` $maximizes^)? attr-dict-with-keyword $objective";
  let hasRegionVerifier = 1;
}

def Agon_IterationOp : Agon_Op<"iteration", [Pure]> {
  let summary = "the number of the iteration: 1 in the first";
  let description = [{
    ```mlir
    %i = agon.iteration : tensor<f64>
    ```
  }];
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Agon_StepOp : Agon_Op<"step", [Pure]> {
  let summary = "the player's step t: 1 at its first update";
  let description = [{
    ```mlir
    %t = agon.step : tensor<f64>
    ```
  }];
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Agon_HyperOp : Agon_Op<"hyper", [Pure, SameOperandsAndResultType]> {
  let summary = "a hyperparameter: the run's override if it has one, else the operand";
  let description = [{
    ```mlir
    %lr = agon.hyper "D.lr", %expression : tensor<f64>
    ```
  }];
  let arguments = (ins StrAttr:$name, 0DTensorOf<[F64]>:$expression);
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "$name `,` $expression attr-dict `:` type($expression)";
  let hasVerifier = 1;
}

def Agon_WeightOp : Agon_Op<"weight", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the player's parameter number `index` before its update";
  let description = [{
    ```mlir
    %w = agon.weight 0 : tensor<2x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def Agon_CotangentOp : Agon_Op<"cotangent", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the gradient of the minimised objective with respect to parameter number `index`";
  let description = [{
    ```mlir
    %g = agon.cotangent 0 : tensor<2x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def Agon_SlotOp : Agon_Op<"slot", [Pure]> {
  let summary = "the player's optimiser memory number `index` before its update";
  let description = [{
    ```mlir
    %m = agon.slot 0 : tensor<2x128xf32>
    ```
  }];
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Agon_MetricOp : Agon_Op<"metric", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, SingleBlock,
                                       NoRegionArguments]> {
  let summary = "a number that is logged, computed in the sampling specialisation";
  let description = [{
    ```mlir
    agon.metric @realness {
      ...
      agon.yield %mean : tensor<f32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Agon_GeneratorOp : Agon_Op<"generator", [HasParent<"GameOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a network that is applied to noise and labels alone, or to one data alone, so that it can be run";
  let description = [{
    `result` says which of the network's results is drawn, `imitates` which data
    it is like.

    ```mlir
    agon.generator @G inputs [@z] result 0 imitates @x
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$network, SymbolRefArrayAttr:$inputs, I64Attr:$result,
                       OptionalAttr<FlatSymbolRefAttr>:$imitates);
  let assemblyFormat = "$network `inputs` $inputs `result` $result (`imitates` $imitates^)? attr-dict";
}

def Agon_MemoryOp : Agon_Op<"memory", [Symbol, HasParent<"GameOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a tensor that a way to play keeps from turn to turn, for a parameter of a player";
  let description = [{
    ```mlir
    agon.memory @"lookahead.slow.D.dense_0.W" owner @D initial 0.0 : tensor<2x128xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$owner, F64Attr:$initial,
                       TypeAttrOf<Agon_FloatTensor>:$type);
  let assemblyFormat = "$sym_name `owner` $owner `initial` $initial `:` $type attr-dict";
}

def Agon_RepeatAttr : AttrDef<Agon_Dialect, "Repeat"> {
  let mnemonic = "repeat";
  let assemblyFormat = "`<` struct(params) `>`";
  let summary = "turns of a schedule that are played as often as an agon.rounds, or its cell, says";
  let description = [{
    ```mlir
    #agon.repeat<first = 0, length = 2, rounds = @rounds_0>
    ```
  }];
  let parameters = (ins "int64_t":$first, "int64_t":$length, "::mlir::FlatSymbolRefAttr":$rounds);
}
def Agon_RepeatArray : TypedArrayAttrBase<Agon_RepeatAttr, "repeats">;

def Agon_RoundsOp : Agon_Op<"rounds", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, SingleBlock,
                                       NoRegionArguments]> {
  let summary = "how often turns are repeated, by the number of the iteration";
  let description = [{
    ```mlir
    agon.rounds @rounds_0 {
      %i = agon.iteration : tensor<f64>
      agon.yield %i : tensor<f64>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Agon_TurnOp : Agon_Op<"turn", [Symbol, IsolatedFromAbove, HasParent<"GameOp">,
                                   DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "players that move at once, from one draw";
  let description = [{
    Without a body each player moves once, by its optimizer, along the gradient
    at the point where all are.

    A body is what a way to play makes of that. Its block has the values before
    the turn as arguments: of each player's parameters, then of each player's
    slots, then of what the turn `keeps`. It yields their new values, in that
    order. In between stand `agon.loss`, `agon.differentiate`, `agon.advance`, and
    any tensor operation: points in parameter space are lists of tensors. `rounds`
    says how many steps of its optimizer each player has then made.

    ```mlir
    agon.turn @turn_D_G moves [@D, @G]
    agon.turn @turn_optimistic_D moves [@D] rounds [1] keeps [@last] {
    ^bb0(%w: tensor<2x1xf32>, %last: tensor<2x1xf32>):
      %loss = agon.loss @D at(%w) : (tensor<2x1xf32>) -> tensor<f32>
      %g = agon.differentiate %loss wrt(%w) : (tensor<f32>, tensor<2x1xf32>) -> tensor<2x1xf32>
      %twice = arith.addf %g, %g : tensor<2x1xf32>
      %ahead = arith.subf %twice, %last : tensor<2x1xf32>
      %next = agon.advance @D round 0 from(%w) along(%ahead)
              : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
      agon.yield %next, %g : tensor<2x1xf32>, tensor<2x1xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, SymbolRefArrayAttr:$players,
                       OptionalAttr<DenseI64ArrayAttr>:$rounds, OptionalAttr<SymbolRefArrayAttr>:$keeps);
  let regions = (region MaxSizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `moves` $players (`rounds` $rounds^)? (`keeps` $keeps^)? attr-dict-with-keyword ($body^)?
  }];
}

def Agon_ScheduleOp : Agon_Op<"schedule", [HasParent<"GameOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one iteration: turns in order, repeats written out";
  let description = [{
    ```mlir
    agon.schedule [@turn_D, @turn_D, @turn_G]
    agon.schedule [@turn_D, @turn_D.penalty, @turn_G] every [1, 16, 1]
    agon.schedule [@turn_D, @turn_G] repeats [#agon.repeat<first = 0, length = 1, rounds = @rounds_0>]
    ```

    A turn `every` n is played in iterations 1, 1 + n, 1 + 2 n, ... Each of
    `repeats` says how often its turns are played, one after the other; within it
    there may be others, which come after it.
  }];
  let arguments = (ins SymbolRefArrayAttr:$turns, OptionalAttr<DenseI64ArrayAttr>:$every,
                       OptionalAttr<Agon_RepeatArray>:$repeats);
  let assemblyFormat = "$turns (`every` $every^)? (`repeats` $repeats^)? attr-dict";
}
#endif
