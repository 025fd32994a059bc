//===- Index.td - Reading and adding up by label -------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_INDEX_TD
#define AGON_INDEX_TD
include "dialects/agon/Tensor.td"

def Agon_Labels : StaticShapeTensorOf<[I32]>;

def Agon_GatherOp : Agon_PureOp<"gather"> {
  let summary = "slices of one axis, chosen by labels";
  let description = [{
    The first `batch` axes of both operands are paired. Axis `batch` of the input is
    replaced by the other axes of the labels: the input is [b..., k, rest...], the
    labels [b..., i...], the result [b..., i..., rest...]. A label outside [0, k)
    gives zeros. The transpose of `agon.scatter_add`.

    ```mlir
    // rows of an embedding
    %e = agon.gather %table, %labels batch 0 : (tensor<10x64xf32>, tensor<32xi32>) -> tensor<32x64xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, Agon_Labels:$labels, I64Attr:$batch);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $labels `batch` $batch attr-dict `:` `(` type($input) `,` type($labels) `)` `->` type($result)
  }];
  let hasVerifier = 1;
}

def Agon_ScatterAddOp : Agon_PureOp<"scatter_add"> {
  let summary = "slices added up at the places that labels name";
  let description = [{
    The input is [b..., i..., rest...], the labels [b..., i...] with `batch` axes b,
    the result [b..., k, rest...], zero where no label points. A label outside [0, k)
    adds nothing. The order of addition is fixed.

    ```mlir
    %t = agon.scatter_add %e, %labels batch 0 : (tensor<32x64xf32>, tensor<32xi32>) -> tensor<10x64xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, Agon_Labels:$labels, I64Attr:$batch);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $labels `batch` $batch attr-dict `:` `(` type($input) `,` type($labels) `)` `->` type($result)
  }];
  let hasVerifier = 1;
}

def Agon_CumSumOp : Agon_PureOp<"cumsum", [SameOperandsAndResultType]> {
  let summary = "running sums along one axis";
  let description = [{
    Element i of the result is the sum of the input's elements 0 to i, or, with
    `reverse`, of i to the last.

    ```mlir
    %s = agon.cumsum %x dim 1 : tensor<8x100xf32>
    %r = agon.cumsum %x dim 1 reverse : tensor<8x100xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, I64Attr:$dim, UnitAttr:$reverse);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$input `dim` $dim (`reverse` $reverse^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
