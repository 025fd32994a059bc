//===- Random.td - Counter-based random draws ----------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_RANDOM_TD
#define AGON_RANDOM_TD
include "dialects/agon/AgonBase.td"

def Agon_RandomKind : I32EnumAttr<"RandomKind", "distribution of a draw", [
    I32EnumAttrCase<"Uniform", 0, "uniform">, I32EnumAttrCase<"Normal", 1, "normal">,
    I32EnumAttrCase<"Categorical", 2, "categorical">]> {
  let cppNamespace = "::agon";
}

def Agon_RandomOp : Agon_Op<"random", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, AlwaysSpeculatable]> {
  let summary = "fresh random numbers, a function of (key, stream, element) alone";
  let description = [{
    `uniform` is [0, 1), `normal` is standard normal, `categorical` is uniform
    over 0 .. classes-1. Element i (row-major; the batch leads, so i counts
    samples globally) is computed from Philox 4x32-10 (Salmon et al. 2011) with
    the 64-bit seed `key[0]` as key and (i, stream, draw = `key[1]`) as counter:
    the same on every machine and for every number of threads.

    In the game form there is no key and no stream yet and each operation stands
    for independent draws; forming the turns gives both, after which the
    operation is pure. Until then it is not, so that CSE keeps two draws apart;
    an unused one may still be erased.

    ```mlir
    %z = agon.random normal : tensor<256x100xf32>
    %u = agon.random uniform key %key stream 3 : tensor<256xf32> keyed by tensor<2xi64>
    %k = agon.random categorical classes 8 key %key stream 4 : tensor<256xi32> keyed by tensor<2xi64>
    ```
  }];
  let arguments = (ins Agon_RandomKind:$kind, OptionalAttr<I64Attr>:$classes,
                       Optional<StaticShapeTensorOf<[I64]>>:$key, OptionalAttr<I64Attr>:$stream);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = [{
    $kind (`classes` $classes^)? (`key` $key^ `stream` $stream)? attr-dict
    `:` type($result) (`keyed` `by` type($key)^)?
  }];
  let hasVerifier = 1;
}
#endif
