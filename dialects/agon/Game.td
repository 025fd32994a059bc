//===- Game.td - Players, random variables and turns ---------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_GAME_TD
#define AGON_GAME_TD
include "dialects/agon/AgonBase.td"

def Agon_GameOp : Agon_Op<"game", [Symbol, SymbolTable, IsolatedFromAbove, NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "random variables, players and the order of play";
  let description = [{
    `config` is the constants and options in force, as JSON, for run.json.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$batch, StrAttr:$play, StrAttr:$config);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `batch` $batch `play` $play attr-dict-with-keyword $body";
}

def Agon_DataOp : Agon_Op<"data", [Symbol, HasParent<"GameOp">]> {
  let summary = "a minibatch drawn from the data set bound to a field";
  let description = [{ `range` is [low, high] of scaled bytes; `classes` > 0 marks labels.
    ```mlir
    agon.data @x in [0.0, 1.0] : tensor<100x784xf32>
    ``` }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<F64ArrayAttr>:$range, OptionalAttr<I64Attr>:$classes,
                       TypeAttrOf<Agon_Tensor>:$type);
  let assemblyFormat = "$sym_name (`in` $range^)? (`classes` $classes^)? `:` $type attr-dict";
}

def Agon_GroupOp : Agon_Op<"group", [HasParent<"GameOp">, SingleBlock, NoRegionArguments]> {
  let summary = "the data fields of one record, drawn together, and their built-in source if any";
  let description = [{ `modes` is a mixture source's modes, [n, dim]; the region, when there is a
    source, yields one value a field. }];
  let arguments = (ins SymbolRefArrayAttr:$fields, OptionalAttr<StrAttr>:$source_text,
                       OptionalAttr<F64ElementsAttr>:$modes, OptionalAttr<F64Attr>:$mode_radius);
  let regions = (region MaxSizedRegion<1>:$source);
  let assemblyFormat = "$fields (`source` $source_text^)? (`modes` $modes^ `radius` $mode_radius)? attr-dict-with-keyword $source";
}

def Agon_VariableOp : Agon_Op<"variable", [Symbol, IsolatedFromAbove, HasParent<"GameOp">, SingleBlock, NoRegionArguments]> {
  let summary = "a value computed once a turn: noise, a let, a value that players contest";
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Agon_Tensor>:$type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `:` $type attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Agon_UseOp : Agon_Op<"use", [Pure]> {
  let summary = "the value of a game's data or variable in the current turn";
  let arguments = (ins FlatSymbolRefAttr:$variable);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$variable attr-dict `:` type($result)";
}

def Agon_DataMeanOp : Agon_Op<"data_mean", [Pure]> {
  let summary = "per-element mean of a data field over its data set; in initial values only";
  let arguments = (ins FlatSymbolRefAttr:$data);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$data attr-dict `:` type($result)";
}

def Agon_PlayerOp : Agon_Op<"player", [Symbol, HasParent<"GameOp">, NoRegionArguments]> {
  let summary = "who owns which networks, what it wants and how it moves";
  let description = [{
    `objective` yields one real number; the player maximizes it if `maximizes`,
    else minimizes. `parameters` are what it trains, in order. `slots` names the
    optimiser's memory, `slot_parameters` says which parameter each belongs to,
    `slot_types` and `slot_initials` what it is. The region `update` reads the
    step, hyperparameters, weights, cotangents (of the *minimised* objective) and
    slots through `agon.step`, `agon.hyper`, `agon.weight`, `agon.cotangent`,
    `agon.slot`, and yields the new weights, then the new slots.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, UnitAttr:$maximizes, SymbolRefArrayAttr:$networks,
                       SymbolRefArrayAttr:$parameters, StrAttr:$optimizer, StrArrayAttr:$hypers,
                       StrArrayAttr:$slots, DenseI64ArrayAttr:$slot_parameters, TypeArrayAttr:$slot_types,
                       DenseF64ArrayAttr:$slot_initials);
  let regions = (region SizedRegion<1>:$objective, SizedRegion<1>:$update);
  let assemblyFormat = [{
    $sym_name (`maximizes` $maximizes^)? `owns` $networks `objective` $objective
    `with` $optimizer `update` $update attr-dict-with-keyword
  }];
  let hasVerifier = 1;
}

def Agon_StepOp : Agon_Op<"step", [Pure]> {
  let summary = "the player's step t: 1 at its first update";
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}
def Agon_HyperOp : Agon_Op<"hyper", [Pure, SameOperandsAndResultType]> {
  let summary = "a hyperparameter: the run's override if it has one, else the operand";
  let arguments = (ins StrAttr:$name, 0DTensorOf<[F64]>:$expression);
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "$name `,` $expression attr-dict `:` type($expression)";
}
def Agon_WeightOp : Agon_Op<"weight", [Pure]> {
  let summary = "the player's parameter number `index` before its update";
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}
def Agon_CotangentOp : Agon_Op<"cotangent", [Pure]> {
  let summary = "the gradient of the minimised objective with respect to parameter number `index`";
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}
def Agon_SlotOp : Agon_Op<"slot", [Pure]> {
  let summary = "the player's optimiser memory number `index` before its update";
  let arguments = (ins I64Attr:$index);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def Agon_MetricOp : Agon_Op<"metric", [Symbol, HasParent<"GameOp">, SingleBlock, NoRegionArguments]> {
  let summary = "a number that is logged, computed in the sampling specialisation";
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Agon_GeneratorOp : Agon_Op<"generator", [HasParent<"GameOp">]> {
  let summary = "a network that is applied to noise and labels alone, so that it can be sampled";
  let arguments = (ins FlatSymbolRefAttr:$network, SymbolRefArrayAttr:$inputs, I64Attr:$result,
                       OptionalAttr<FlatSymbolRefAttr>:$imitates);
  let assemblyFormat = "$network `inputs` $inputs `result` $result (`imitates` $imitates^)? attr-dict";
}

def Agon_TurnOp : Agon_Op<"turn", [Symbol, HasParent<"GameOp">]> {
  let summary = "players that move at once, from one draw";
  let arguments = (ins SymbolNameAttr:$sym_name, SymbolRefArrayAttr:$players);
  let assemblyFormat = "$sym_name `moves` $players attr-dict";
}

def Agon_ScheduleOp : Agon_Op<"schedule", [HasParent<"GameOp">]> {
  let summary = "one iteration: turns in order, repeats written out";
  let arguments = (ins SymbolRefArrayAttr:$turns);
  let assemblyFormat = "$turns attr-dict";
}
#endif
