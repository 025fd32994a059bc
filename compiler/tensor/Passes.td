//===- Passes.td - To linalg and into fused regions ----------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TENSOR_PASSES_TD
#define AGON_TENSOR_PASSES_TD
include "mlir/Pass/PassBase.td"

def AgonReuseActivations : Pass<"agon-reuse-activations", "::mlir::func::FuncOp"> {
  let summary = "test the sign of a rectifier's input on its output";
  let description = [{
    A derivative asks whether a rectifier's *input* was positive. The output
    answers just as well and is kept for the next layer anyway, so the input
    need not outlive the forward computation. Holds for `max(x, 0)`, for
    `x <= 0 ? 0 : x` and for `x > 0 ? x : s * x` with a constant `s >= 0`; not for
    the test that defines the output itself.

    ```mlir
    %y = arith.maximumf %x, %zero : tensor<8xf32>
    %m = arith.cmpf ogt, %x, %zero : tensor<8xf32>
    ```
    becomes
    ```mlir
    %y = arith.maximumf %x, %zero : tensor<8xf32>
    %m = arith.cmpf ogt, %y, %zero : tensor<8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numReused", "num-reused", "sign tests moved to an output">];
}

def AgonStoreCells : Pass<"agon-store-cells", "::mlir::ModuleOp"> {
  let summary = "store filters, and what is computed with them element by element, as convolutions read them";
  let description = [{
    The language counts a filter's axes as [outputs, inputs, taps...]; kernels read
    and write it as [taps..., inputs, outputs]. Cells that are filters, and those
    that meet them in elementwise operations (moments, averages, gradients) get
    that order for the whole program: functions take and return them as stored, and
    transpose within. `agon-propagate-layouts` then moves the transpositions until
    they meet.

    ```mlir
    agon.cell parameter @W owner 0 : tensor<5x4x3x3xf32>
    func.func @f(%w: tensor<5x4x3x3xf32> {agon.cell = @W}) { agon.conv %x, %w ... }
    ```
    becomes
    ```mlir
    agon.cell parameter @W owner 0 : tensor<5x4x3x3xf32> order [2, 3, 1, 0]
    func.func @f(%s: tensor<3x3x4x5xf32> {agon.cell = @W}) {
      %w = agon.transpose %s permutation [3, 2, 0, 1] : tensor<3x3x4x5xf32> -> tensor<5x4x3x3xf32>
      agon.conv %x, %w ...
    }
    ```
  }];
  let statistics = [Statistic<"numStored", "num-stored", "cells stored in another order">];
}

def AgonDecompose : Pass<"agon-decompose", "::mlir::func::FuncOp"> {
  let summary = "rewrite convolutions, overlapping windows, running sums and look-ups as contractions and views";
  let description = [{
    Each becomes contractions or reductions over views, with the channels last, so
    that the rest of the compiler knows none of them. A convolution is a contraction
    over windows of the padded input; its input gradient one for each remainder of
    the stride, or one for all of them together. Where few products do (Winograd's
    method), a batched contraction between transforms of tiles, `agon.mode_product`.

    ```mlir
    %y = agon.conv %x, %w strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
        : (tensor<8x4x6x6xf32>, tensor<5x4x3x3xf32>) -> tensor<8x5x6x6xf32>
    ```
    becomes
    ```mlir
    %t = agon.transpose %x permutation [0, 2, 3, 1] : tensor<8x4x6x6xf32> -> tensor<8x6x6x4xf32>
    %p = agon.pad %t starts [0, 1, 1, 0] strides [1, 1, 1, 1] : tensor<8x6x6x4xf32> -> tensor<8x8x8x4xf32>
    %u = agon.unfold %p dims [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1]
        : tensor<8x8x8x4xf32> -> tensor<8x6x6x4x3x3xf32>
    %c = agon.contract %u, %w reduce [3, 4, 5] x [1, 2, 3]
        : (tensor<8x6x6x4x3x3xf32>, tensor<5x4x3x3xf32>) -> tensor<8x6x6x5xf32>
    %y = agon.transpose %c permutation [0, 3, 1, 2] : tensor<8x6x6x5xf32> -> tensor<8x5x6x6xf32>
    ```
  }];
  let options = [Option<"winograd", "winograd", "agon::tensors::WinogradUse", "agon::tensors::WinogradUse::Auto",
                        "convolve by Winograd's method: never, where it pays (auto), always where it is defined",
                        [{::llvm::cl::values(
                          clEnumValN(agon::tensors::WinogradUse::Never, "never", "plain contractions"),
                          clEnumValN(agon::tensors::WinogradUse::Auto, "auto", "where it pays"),
                          clEnumValN(agon::tensors::WinogradUse::Always, "always", "wherever it is defined"))}]>];
  let statistics = [Statistic<"numDecomposed", "num-decomposed", "operations rewritten">,
                    Statistic<"numWinograd", "num-winograd", "convolutions by Winograd's method">];
}

def AgonFactorSums : Pass<"agon-factor-sums", "::mlir::func::FuncOp"> {
  let summary = "take factors out of sums along which they are the same";
  let description = [{
    A sum of products is taken of what varies along its axes, and what does not is
    multiplied afterwards, once an element of the result; so are constants that
    multiply what a filter's gradient is a sum of. A sum of several such
    terms becomes a sum of sums, unless one of them is the same everywhere: that
    one may centre the others. In gradients of norms, whose factors are sums of the
    same tensors, no sum has to wait for another one then.

    ```mlir
    %b = agon.broadcast %s dims [1] : tensor<16xf32> -> tensor<8x16xf32>
    %p = arith.mulf %x, %b : tensor<8x16xf32>
    %r = agon.reduce sum %p dims [0] : tensor<8x16xf32> -> tensor<16xf32>
    ```
    becomes
    ```mlir
    %q = agon.reduce sum %x dims [0] : tensor<8x16xf32> -> tensor<16xf32>
    %r = arith.mulf %q, %s : tensor<16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numFactored", "num-factored", "sums from which factors were taken">];
}

def AgonMergeSums : Pass<"agon-merge-sums", "::mlir::func::FuncOp"> {
  let summary = "add before equal transformations of the terms, not after";
  let description = [{
    Where a network is applied more than once, each application adds its part of a
    parameter's gradient, and the parts come from contractions by the same steps:
    products with the same constant matrices, transpositions, reshapes, slices.
    These are linear. The sum is taken of what they start from, and they are done
    once. Sums are taken in any brackets; terms that go together need not stand
    side by side.

    ```mlir
    %u = agon.contract %a, %b batch [0] x [0] reduce [1] x [1] : ...
    %v = agon.contract %c, %d batch [0] x [0] reduce [1] x [1] : ...
    %p = agon.mode_product %u dims [0] matrices [dense<...>] : tensor<6x8x9xf32> -> tensor<3x8x9xf32>
    %q = agon.mode_product %v dims [0] matrices [dense<...>] : tensor<6x8x9xf32> -> tensor<3x8x9xf32>
    %s = arith.addf %p, %q : tensor<3x8x9xf32>
    ```
    becomes
    ```mlir
    %u = agon.contract %a, %b batch [0] x [0] reduce [1] x [1] : ...
    %v = agon.contract %c, %d batch [0] x [0] reduce [1] x [1] : ...
    %t = arith.addf %u, %v : tensor<6x8x9xf32>
    %s = agon.mode_product %t dims [0] matrices [dense<...>] : tensor<6x8x9xf32> -> tensor<3x8x9xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numMerged", "num-merged", "terms that share another one's steps">];
}

def AgonPropagateLayouts : Pass<"agon-propagate-layouts", "::mlir::func::FuncOp"> {
  let summary = "keep activations with the channels last between convolutions";
  let description = [{
    A transposition that puts the channels first moves through elementwise
    operations, reductions, paddings, windows and the like, until it meets the one
    that puts them last before the next convolution. Operations before the first
    convolution follow what it wants. So do those on filters, their gradients and
    moments follow the order in which convolutions have them.

    ```mlir
    %y = agon.transpose %c permutation [0, 3, 1, 2] : tensor<8x6x6x5xf32> -> tensor<8x5x6x6xf32>
    %z = math.tanh %y : tensor<8x5x6x6xf32>
    %t = agon.transpose %z permutation [0, 2, 3, 1] : tensor<8x5x6x6xf32> -> tensor<8x6x6x5xf32>
    ```
    becomes
    ```mlir
    %t = math.tanh %c : tensor<8x6x6x5xf32>
    ```
  }];
  let statistics = [Statistic<"numMoved", "num-moved", "operations redone in another layout">];
}

def AgonToLinalg : Pass<"agon-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "lower the turn form to destination-style linalg on tensors";
  let description = [{
    Elementwise operations become all-parallel `linalg.generic`s, contractions
    and reductions generics over a filled destination, pad and concat chains of
    `tensor.insert_slice`. Broadcasts, transposes and slices have no code of
    their own where a generic reads them: they become its indexing map. Splat
    constants become scalars of the body. `agon.reshape` and other constants
    stay.

    ```mlir
    %two = arith.constant dense<2.0> : tensor<4x8xf32>
    %c = agon.broadcast %b dims [1] : tensor<8xf32> -> tensor<4x8xf32>
    %d = arith.mulf %c, %two : tensor<4x8xf32>
    ```
    becomes
    ```mlir
    %e = tensor.empty() : tensor<4x8xf32>
    %d = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]}
        ins(%b : tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
    ^bb0(%in: f32, %out: f32):
      %two = arith.constant 2.0 : f32
      %p = arith.mulf %in, %two : f32
      linalg.yield %p : f32
    } -> tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
  let statistics = [Statistic<"numGenerics", "num-generics", "linalg.generic operations made">,
                    Statistic<"numCopies", "num-copies", "broadcasts, transposes, slices and splats written out">];
}

def AgonMergeContractions : Pass<"agon-merge-contractions", "::mlir::func::FuncOp"> {
  let summary = "make one contraction of several that are only added up";
  let description = [{
    The sum of two contractions over one iteration space is one sum of more
    products: its result is written once, where otherwise the first one's goes to
    memory and comes back. What the first one reads has to wait for the second in
    turn, so this is done where it is smaller than the result, as in gradients of
    large weights from small batches.

    ```mlir
    %u = linalg.generic ... ins(%a, %b) outs(%zeros) { mulf; addf }
    %v = linalg.generic ... ins(%c, %d) outs(%zeros) { mulf; addf }
    %s = linalg.generic ... ins(%u, %v) outs(%e) { addf }
    ```
    becomes
    ```mlir
    %s = linalg.generic ... ins(%a, %b, %c, %d) outs(%zeros) { mulf; addf; mulf; addf }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
  let statistics = [Statistic<"numMerged", "num-merged", "contractions that became part of another one">];
}

def AgonMergeReductions : Pass<"agon-merge-reductions", "::mlir::func::FuncOp"> {
  let summary = "make one reduction of several that run over the same tensors";
  let description = [{
    Long reductions over one iteration space whose elements come from the same large
    tensor become one with several results, which reads that tensor once. The later
    ones move to the place of the first, with the elementwise work that they need.

    ```mlir
    %s = linalg.generic ... ins(%x) outs(%zeros) { addf }
    %q = linalg.generic ... ins(%x) outs(%least) { maximumf }
    ```
    becomes
    ```mlir
    %s:2 = linalg.generic ... ins(%x, %x) outs(%zeros, %least) { addf; maximumf }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
  let statistics = [Statistic<"numMerged", "num-merged", "reductions that became part of another one">];
}

def AgonFormRegions : Pass<"agon-form-regions", "::mlir::func::FuncOp"> {
  let summary = "cluster linalg operations into fused regions";
  let description = [{
    Every linalg operation ends up in an `agon.region`: one root (contraction,
    reduction, insertion) with its elementwise prologue and epilogue, or an
    elementwise cluster over one iteration space. What a region needs is its
    inputs, what others need of it its results. Elementwise bodies are merged,
    so that a region holds at most one generic for each prologue, one root and
    one epilogue. Afterwards the function holds `agon.region`, `agon.reshape`
    and constants only. The rules are in FusionRules.cpp.

    ```mlir
    %z = linalg.generic ... ins(%x, %w) outs(%zeros) { mulf; addf }
    %y = linalg.generic ... ins(%z, %b) outs(%e) { addf; maximumf }
    ```
    becomes
    ```mlir
    %y = agon.region contraction(%x, %w, %b) flops 67584 bytes 14592
        : (tensor<16x32xf32>, tensor<32x64xf32>, tensor<64xf32>) -> tensor<16x64xf32> {
    ^bb0(%x: tensor<16x32xf32>, %w: tensor<32x64xf32>, %b: tensor<64xf32>):
      ...
      %z = linalg.generic ... ins(%x, %w) outs(%zeros) { mulf; addf }
      %y = linalg.generic ... ins(%z, %b) outs(%e) { addf; maximumf }
      agon.yield %y : tensor<16x64xf32>
    }
    ```
  }];
  let options = [Option<"fuse", "fuse", "bool", "true",
                        "fuse; otherwise each linalg operation is a region of its own">];
  let dependentDialects = ["::agon::AgonDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numRegions", "num-regions", "regions formed">,
                    Statistic<"numFused", "num-fused", "operations fused into another one's region">,
                    Statistic<"bytesSaved", "bytes-saved", "memory traffic avoided, in bytes a call">];
}

def AgonFormChunks : Pass<"agon-form-chunks", "::mlir::func::FuncOp"> {
  let summary = "run chains of regions for some samples at a time";
  let description = [{
    Where contractions stand between transforms of tiles, what passes between the
    regions is several times the activations. If the target's caches do not hold it
    for all samples at once, they become one region of kind `chunks`, which takes a
    part of the samples at a time: its block has the types of a part. Who else reads
    a transform of the input or its padding gets one of its own, computed when it is
    wanted.

    A chain ends with a transform and what follows it, unless that reads tensors as
    large as the result: then it is a region of its own, over all samples.

    From the result's first axis the samples are followed back through the regions'
    indexing maps. What has them as another axis, and padding, is made within the
    chain; what has them as its first axis is cut; what has none is the same for
    every part.

    ```mlir
    %v = agon.region mode_product(%x) ... -> tensor<6x6x16x4x64xf32>
    %p = agon.region contraction(%v, %u) ... -> tensor<6x6x16x4x64xf32>
    %y = agon.region mode_product(%p) ... -> tensor<16x8x8x64xf32>
    ```
    becomes
    ```mlir
    %y = agon.region chunks(%x, %u) ... -> tensor<16x8x8x64xf32> {
    ^bb0(%part: tensor<2x10x10x64xf32>, %whole: tensor<6x6x64x64xf32>):
      %v = agon.region mode_product(%part) ... -> tensor<6x6x2x4x64xf32>
      %p = agon.region contraction(%v, %whole) ... -> tensor<6x6x2x4x64xf32>
      %y = agon.region mode_product(%p) ... -> tensor<2x8x8x64xf32>
      agon.yield %y : tensor<2x8x8x64xf32>
    }
    ```
  }];
  let dependentDialects = ["::agon::AgonDialect"];
  let statistics = [Statistic<"numChunks", "num-chunks", "chains of regions run in parts">];
}

def AgonInlineRegions : Pass<"agon-inline-regions", "::mlir::func::FuncOp"> {
  let summary = "splice regions back into their function";
  let description = [{
    The inverse of `agon-form-regions` and the reference semantics of a region:
    what remains is upstream linalg and tensor code that upstream passes can
    bufferize and run. `agon.reshape` becomes `tensor.collapse_shape` and
    `tensor.expand_shape`.

    ```mlir
    %y = agon.region elementwise(%x) flops 8 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%a: tensor<8xf32>):
      %g = linalg.generic ... ins(%a) ...
      agon.yield %g : tensor<8xf32>
    }
    ```
    becomes
    ```mlir
    %y = linalg.generic ... ins(%x) ...
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

#endif
