//===- Network.td - Networks and their parameters ------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_NETWORK_TD
#define AGON_NETWORK_TD
include "dialects/agon/AgonBase.td"

def Agon_NetworkOp : Agon_Op<"network", [Symbol, SymbolTable, IsolatedFromAbove, NoTerminator, SingleBlock,
                                         NoRegionArguments]> {
  let summary = "one set of parameters and the functions that use it";
  let description = [{
    Holds `agon.storage` declarations and two `agon.forward` specialisations,
    `@training` and `@sampling`, of one type. Where the network is applied to
    inputs that all samples share, which have no batch axis, it holds two more
    of their type: `@training.shared.y` and `@sampling.shared.y`.

    ```mlir
    agon.network @G "(z: [2]) -> [2]" {
      agon.storage @"dense_0.W" : tensor<2x2xf32> { ... }
      agon.forward @training (tensor<256x2xf32>) -> tensor<256x2xf32> { ... }
      agon.forward @sampling (tensor<256x2xf32>) -> tensor<256x2xf32> { ... }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$signature);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name $signature attr-dict-with-keyword $body";
  let extraClassDeclaration = [{
    /// The specialisation for training or for sampling that takes inputs of
    /// these types; null if it is missing.
    ForwardOp getForward(bool training, ::mlir::TypeRange inputs);
  }];
  let hasRegionVerifier = 1;
}

def Agon_StorageOp : Agon_Op<"storage", [Symbol, IsolatedFromAbove, SingleBlock, HasParent<"NetworkOp">,
                                         NoRegionArguments]> {
  let summary = "a parameter, or a state when `state` is given, and its initial value";
  let description = [{
    ```mlir
    agon.storage @"dense_0.W" : tensor<2x128xf32> { ... agon.yield %w : tensor<2x128xf32> }
    agon.storage state @"batchnorm_0.mean" : tensor<128xf32> { ... }
    ```
  }];
  let arguments = (ins UnitAttr:$state, SymbolNameAttr:$sym_name, TypeAttrOf<Agon_FloatTensor>:$type);
  let regions = (region SizedRegion<1>:$init);
  let assemblyFormat = "(`state` $state^)? $sym_name `:` $type attr-dict-with-keyword $init";
  let hasRegionVerifier = 1;
}

def Agon_ForwardOp : Agon_Op<"forward", [Symbol, IsolatedFromAbove, SingleBlock, HasParent<"NetworkOp">]> {
  let summary = "a network's function, in one specialisation";
  let description = [{
    ```mlir
    agon.forward @training (tensor<256x2xf32>) -> tensor<256x2xf32> {
    ^bb0(%z: tensor<256x2xf32>):
      %w = agon.read @G::@"dense_0.W" : tensor<2x2xf32>
      %y = agon.contract %z, %w reduce [1] x [0] : (tensor<256x2xf32>, tensor<2x2xf32>) -> tensor<256x2xf32>
      agon.yield %y : tensor<256x2xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name $function_type attr-dict-with-keyword $body";
  let extraClassDeclaration = [{
    /// Whether it is `@training`, or `@training.shared...`.
    bool isTraining();
  }];
  let hasRegionVerifier = 1;
}

def Agon_ReadOp : Agon_Op<"read", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a parameter or state of a network, as it stands before the turn";
  let description = [{ ```mlir
    %w = agon.read @G::@"dense_0.W" : tensor<2x128xf32>
    ``` }];
  let arguments = (ins SymbolRefAttr:$storage);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$storage attr-dict `:` type($result)";
}

def Agon_WriteOp : Agon_Op<"write", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "proposes a state's next value; the owner's turn stores the mean of all proposals";
  let description = [{
    In `@training` of the state's own network only. Reads in the same turn see
    the value from before it.

    ```mlir
    agon.write @D::@"batchnorm_0.mean", %m : tensor<128xf32>
    ```
  }];
  let arguments = (ins SymbolRefAttr:$storage, Agon_FloatTensor:$value);
  let assemblyFormat = "$storage `,` $value attr-dict `:` type($value)";
}

def Agon_ApplyOp : Agon_Op<"apply", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "application of a network to a minibatch, or to what all samples share";
  let description = [{
    Which specialisation is meant follows from the inputs' types and from where
    the application ends up: a turn, or sampling. It is not pure: each has its
    own draws and writes. `average` is the player whose shadow of the network's
    weights is meant; it is applied as in sampling.

    ```mlir
    %x = agon.apply @G(%z) : (tensor<256x2xf32>) -> tensor<256x2xf32>
    %y = agon.apply @G(%z) average @average.G : (tensor<256x2xf32>) -> tensor<256x2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$network, Variadic<Agon_Tensor>:$inputs,
                       OptionalAttr<FlatSymbolRefAttr>:$average);
  let results = (outs Variadic<Agon_Tensor>:$results);
  let assemblyFormat = [{
    $network `(` $inputs `)` (`average` $average^)? attr-dict `:` functional-type($inputs, $results)
  }];
}

def Agon_YieldOp : Agon_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "ends a region of the dialect with its values";
  let description = [{
    ```mlir
    agon.yield %y : tensor<256x2xf32>
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}
#endif
