//===- Program.td - The turn form's table and fused regions --*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// One operation a table of runtime/abi/agon_abi.h, so that codegen only has to
// copy. Turn functions are `func.func`s with the discardable attributes
//   agon.kind    = "turn", or another word of AGON_FUNCTION_KINDS in agon_abi.h      (on the function)
//   agon.subject = i64: player, group or network index, round of expectations (on the function, where it has one)
//   agon.cell    = @NAME, a cell of the table              (on every argument and every result)
// (TurnForm.h reads and writes them.) Arguments are the cells' values before the call, results their values after.
//===----------------------------------------------------------------------===//
#ifndef AGON_PROGRAM_TD
#define AGON_PROGRAM_TD
include "dialects/agon/Game.td"

def Agon_ProgramOp : Agon_Op<"program", [IsolatedFromAbove, NoTerminator, SingleBlock, NoRegionArguments,
                                         SymbolTable]> {
  let summary = "what the runtime needs to know of a game: cells, fields, players, schedule";
  let description = [{
    `schedule` names one iteration's turn functions, in order; those `every` n are
    played in iterations 1, 1 + n, 1 + 2 n, ...; `repeats` names the cells that say
    how often some of them are. Cells are symbols of
    the table: fields, seats, functions and entries name them.

    Once tensors have places, `cell_bytes` is what all cells take, `arena_bytes`
    that with the temporaries of the function that needs most, and
    `memory_budget`, where one was asked for, the most that this may be.

    ```mlir
    agon.program "ring" batch 256 schedule ["turn_D", "turn_G"] attributes {config = "{}"} {
      agon.cell key @key : tensor<2xi64>
      ...
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, I64Attr:$batch, StrAttr:$config, StrArrayAttr:$schedule,
                       OptionalAttr<DenseI64ArrayAttr>:$every, OptionalAttr<Agon_RepeatArray>:$repeats,
                       OptionalAttr<I64Attr>:$cell_bytes, OptionalAttr<I64Attr>:$arena_bytes,
                       OptionalAttr<I64Attr>:$memory_budget);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $name `batch` $batch `schedule` $schedule (`every` $every^)? (`repeats` $repeats^)? attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
}

def Agon_CellKind : I32EnumAttr<"CellKind", "what a cell holds; numbers as in agon_cell_kind", [
    I32EnumAttrCase<"Parameter", 0, "parameter">, I32EnumAttrCase<"State", 1, "state">,
    I32EnumAttrCase<"Moment", 2, "moment">, I32EnumAttrCase<"Step", 3, "step">,
    I32EnumAttrCase<"Key", 4, "key">, I32EnumAttrCase<"Data", 5, "data">,
    I32EnumAttrCase<"DataMean", 6, "data_mean">, I32EnumAttrCase<"Hyper", 7, "hyper">,
    I32EnumAttrCase<"Objective", 8, "objective">, I32EnumAttrCase<"Metric", 9, "metric">,
    I32EnumAttrCase<"Sample", 10, "sample">, I32EnumAttrCase<"Gradient", 11, "gradient">,
    I32EnumAttrCase<"Direction", 12, "direction">, I32EnumAttrCase<"Curvature", 13, "curvature">,
    I32EnumAttrCase<"Base", 14, "base">, I32EnumAttrCase<"Expected", 15, "expected">,
    I32EnumAttrCase<"Expectation", 16, "expectation">, I32EnumAttrCase<"Largest", 17, "largest">,
    I32EnumAttrCase<"Requirement", 18, "requirement">, I32EnumAttrCase<"Iteration", 19, "iteration">,
    I32EnumAttrCase<"Rounds", 20, "rounds">, I32EnumAttrCase<"Slope", 21, "slope">,
    I32EnumAttrCase<"Separation", 22, "separation">, I32EnumAttrCase<"Latent", 23, "latent">]> {
  let cppNamespace = "::agon";
}

def Agon_CellOp : Agon_Op<"cell", [HasParent<"ProgramOp">, Symbol]> {
  let summary = "a named tensor that outlives a turn";
  let description = [{
    `owner` is the number of the player it belongs to, if any. The symbol is unique
    among all cells (Cells.h says how it is formed); `title`, where the runtime and
    people call it something else, among those of its kind, but for requirements,
    whose title is the text to tell.

    The type is the one that the language knows. Where there is an `order`, the
    functions and the memory hold the cell with its axes permuted: stored axis i is
    axis order[i] of the type. `offset` is its place in the arena, once it has one.

    ```mlir
    agon.cell parameter @D.dense_0.W owner 0 : tensor<2x128xf32>
    agon.cell parameter @D.conv_0.W owner 0 : tensor<64x3x4x4xf32> order [2, 3, 1, 0] offset 4096
    agon.cell hyper @hyper.D.lr "D.lr" owner 0 : tensor<f64>
    agon.cell key @key : tensor<2xi64>
    ```
  }];
  let arguments = (ins Agon_CellKind:$kind, SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$title,
                       OptionalAttr<I64Attr>:$owner, TypeAttrOf<Agon_Tensor>:$type,
                       OptionalAttr<DenseI64ArrayAttr>:$order, OptionalAttr<I64Attr>:$offset);
  let builders = [OpBuilder<(ins "CellKind":$kind, "const ::llvm::Twine &":$name, "::llvm::StringRef":$title,
                                 "int64_t":$owner, "::mlir::RankedTensorType":$type)>];
  let extraClassDeclaration = [{
    /// What the runtime and people call it: the title, or the symbol where it has none.
    ::llvm::StringRef getTitleOrName() { return getTitle().value_or(getSymName()); }
  }];
  let assemblyFormat = [{
    $kind $sym_name ($title^)? (`owner` $owner^)? `:` $type (`order` $order^)? (`offset` $offset^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Agon_FieldOp : Agon_Op<"field", [HasParent<"ProgramOp">]> {
  let summary = "one field of a data record, its cell and, where it is read, the cell of its mean";
  let description = [{
    `group` is the number of its record; `classes` is 0 for real numbers.

    ```mlir
    agon.field "x" @data.x mean @mean.x group 0 classes 0 in [-1.0, 1.0]
    ```
  }];
  let arguments = (ins StrAttr:$name, FlatSymbolRefAttr:$cell, OptionalAttr<FlatSymbolRefAttr>:$mean, I64Attr:$group,
                       I64Attr:$classes, OptionalAttr<F64ArrayAttr>:$range);
  let assemblyFormat = [{
    $name $cell (`mean` $mean^)? `group` $group `classes` $classes (`in` $range^)? attr-dict
  }];
}

def Agon_RecordOp : Agon_Op<"record", [HasParent<"ProgramOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a record group: its built-in source function and modes, if any";
  let description = [{
    ```mlir
    agon.record "x" source @source_x "ring(modes = 8, radius = 2, std = 0.02)"
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<FlatSymbolRefAttr>:$source, OptionalAttr<StrAttr>:$source_text,
                       OptionalAttr<F64ElementsAttr>:$modes, OptionalAttr<F64Attr>:$mode_radius);
  let assemblyFormat = "$name (`source` $source^ $source_text)? (`modes` $modes^ `radius` $mode_radius)? attr-dict";
}

def Agon_SeatOp : Agon_Op<"seat", [HasParent<"ProgramOp">]> {
  let summary = "a player, for the table, with the cells of its objective and of its steps";
  let description = [{
    ```mlir
    agon.seat "D" objective @objective.D step @step.D maximizes with "sgd(lr = 0.1)"
    ```
  }];
  let arguments = (ins StrAttr:$name, FlatSymbolRefAttr:$objective, FlatSymbolRefAttr:$step, UnitAttr:$maximizes,
                       StrAttr:$optimizer);
  let assemblyFormat = [{
    $name `objective` $objective `step` $step (`maximizes` $maximizes^)? `with` $optimizer attr-dict
  }];
}

def Agon_NetOp : Agon_Op<"net", [HasParent<"ProgramOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a network, for the table; `sample` is its sample function, `imitates` the field number it imitates";
  let description = [{
    `owner` is -1 for a network that no player owns.

    ```mlir
    agon.net "G" "(z: [100]) -> [784]" owner 1 sample @sample_G imitates 0
    ```
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$signature, I64Attr:$owner, OptionalAttr<FlatSymbolRefAttr>:$sample,
                       OptionalAttr<I64Attr>:$imitates);
  let assemblyFormat = "$name $signature `owner` $owner (`sample` $sample^)? (`imitates` $imitates^)? attr-dict";
}

def Agon_LoadOp : Agon_Op<"load", [ParentOneOf<["GameOp", "ProgramOp"]>]> {
  let summary = "a network whose weights are read from a file, before anything is initialised";
  let description = [{
    `name` is what the file calls the network. Nothing of a `frozen` network moves:
    it has no owner, and turns apply its sampling specialisation.

    ```mlir
    agon.load "F" frozen from "/runs/digits/checkpoint.safetensors" as "C"
    agon.load "G" from "/weights/g.safetensors" as "G"
    ```
  }];
  let arguments = (ins StrAttr:$network, UnitAttr:$frozen, StrAttr:$path, StrAttr:$name);
  let assemblyFormat = "$network (`frozen` $frozen^)? `from` $path `as` $name attr-dict";
}

def Agon_AverageOp : Agon_Op<"average", [HasParent<"ProgramOp">]> {
  let summary = "a shadow of a network's weights, for the table, with the cell of its steps";
  let description = [{
    Its cells are named "average.", its own name and the rest of the network's cell: "average.G.dense_0.W".

    ```mlir
    agon.average "G" of "G" step @step.average.G with "ema(0.999)"
    ```
  }];
  let arguments = (ins StrAttr:$name, StrAttr:$network, FlatSymbolRefAttr:$step, StrAttr:$optimizer);
  let assemblyFormat = "$name `of` $network `step` $step `with` $optimizer attr-dict";
}

def Agon_Space : I32EnumAttr<"Space", "where memory lies; numbers as in agon_space", [
    I32EnumAttrCase<"Host", 0, "host">, I32EnumAttrCase<"Device", 1, "device">]> {
  let cppNamespace = "::agon";
}

def Agon_RegionKind : I32EnumAttr<"RegionKind", "what leads a fused region", [
    I32EnumAttrCase<"Elementwise", 0, "elementwise">, I32EnumAttrCase<"Reduction", 1, "reduction">,
    I32EnumAttrCase<"Contraction", 2, "contraction">, I32EnumAttrCase<"Insert", 3, "insert">,
    I32EnumAttrCase<"Chunks", 5, "chunks">, I32EnumAttrCase<"ModeProduct", 6, "mode_product">]> {
  let cppNamespace = "::agon";
}

def Agon_RegionOp : Agon_Op<"region", [Pure, IsolatedFromAbove, SingleBlock]> {
  let summary = "a fused region: one root with its elementwise prologue and epilogue";
  let description = [{
    The unit of everything after `linalg`. The block's arguments are the inputs;
    the body is `linalg.generic`, `linalg.fill`, `tensor.empty`,
    `tensor.insert_slice`, `arith.constant` on tensors, and nothing of any
    target. `flops` and `bytes` (read and written once each) are the work of one
    execution.

    Its kind says what it holds, and the verifier that it is so:

    * `elementwise`: generics with parallel iterators only, all results of the
      region being of one shape; `tensor.insert_slice` into a fill is padding
      that they read through;
    * `reduction`: one generic with reduction iterators, its prologue, and an
      epilogue in the space of its result: what reads the root are generics over
      as many elements, and all results of the region have as many;
    * `contraction`: as `reduction`, and the root is `out += a * b`, or
      `out += a * b + c * d` and so on; its result's map is a projected
      permutation, its operands are read at linear places (permutations or
      windows), which end at remainders where an axis is not read to its end;
    * `mode_product`: as `reduction`, and the root is `out += m1 * ... * mk * x`
      with small constant matrices, which the region holds, each over a parallel
      dimension and a reduction of its own, all reductions among them;
    * `insert`: results that are chains of `tensor.insert_slice` into a fill or
      an empty, with elementwise prologue on the sources (from pad and concat);
    * `chunks`: several regions one after the other, for a part of the samples at
      a time, so that what passes between them stays in the caches. The block's
      types are those of a part: the first axis of each result, and of the inputs
      that are cut, is that of the whole divided by the number of parts. The body
      is operations of the phase: in `fused`, regions, reshapes and constants.

    Once the function is placed, `places` says where each input, then each
    result, lies, as agon.launch's buffers do; once it is planned, `plan`, an
    attribute of the target's, says how it is computed.

    ```mlir
    %y = agon.region elementwise(%x) flops 512 bytes 4096 : (tensor<512xf32>) -> tensor<512xf32> {
    ^bb0(%in: tensor<512xf32>):
      %empty = tensor.empty() : tensor<512xf32>
      %0 = linalg.generic ... ins(%in : tensor<512xf32>) outs(%empty : tensor<512xf32>) { ... }
      agon.yield %0 : tensor<512xf32>
    }
    ```
  }];
  let arguments = (ins Agon_RegionKind:$kind, Variadic<Agon_Tensor>:$inputs, I64Attr:$flops, I64Attr:$bytes,
                       OptionalAttr<ArrayAttr>:$places, OptionalAttr<AnyAttr>:$plan);
  let results = (outs Variadic<Agon_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind `(` $inputs `)` `flops` $flops `bytes` $bytes attr-dict-with-keyword
    `:` functional-type($inputs, $results) $body
  }];
  let extraClassDeclaration = [{
    /// Into how many parts a region of kind `chunks` cuts its samples; 1 for others.
    int64_t getNumChunks();
  }];
  let hasRegionVerifier = 1;
}

#endif
