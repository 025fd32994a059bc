//===- Tensor.td - The closed set of tensor operations -------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TENSOR_TD
#define AGON_TENSOR_TD
include "dialects/agon/AgonBase.td"

class Agon_PureOp<string mnemonic, list<Trait> traits = []> : Agon_Op<mnemonic, !listconcat([Pure], traits)>;

def Agon_ContractOp : Agon_PureOp<"contract"> {
  let summary = "tensor contraction over paired axes";
  let description = [{
    The result's axes are the paired batch axes, then the left operand's free
    axes, then the right operand's, each in order.

    ```mlir
    // [256, 128] x [128, 64]
    %y = agon.contract %x, %w reduce [1] x [0] : (tensor<256x128xf32>, tensor<128x64xf32>) -> tensor<256x64xf32>
    // batched: [8, 4, 5] x [8, 5, 6]
    %z = agon.contract %a, %b batch [0] x [0] reduce [2] x [1]
        : (tensor<8x4x5xf32>, tensor<8x5x6xf32>) -> tensor<8x4x6xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$lhs, Agon_FloatTensor:$rhs,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$lhs_batch,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$rhs_batch,
                       DenseI64ArrayAttr:$lhs_reduce, DenseI64ArrayAttr:$rhs_reduce);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`batch` $lhs_batch^ `x` $rhs_batch)? `reduce` $lhs_reduce `x` $rhs_reduce attr-dict
    `:` `(` type($lhs) `,` type($rhs) `)` `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs,
                                 "::llvm::ArrayRef<int64_t>":$lhsBatch, "::llvm::ArrayRef<int64_t>":$rhsBatch,
                                 "::llvm::ArrayRef<int64_t>":$lhsReduce, "::llvm::ArrayRef<int64_t>":$rhsReduce)>];
  let extraClassDeclaration = [{
    /// The result's type for valid axes.
    static ::mlir::RankedTensorType inferType(::mlir::RankedTensorType lhs, ::mlir::RankedTensorType rhs,
        ::llvm::ArrayRef<int64_t> lhsBatch, ::llvm::ArrayRef<int64_t> rhsBatch,
        ::llvm::ArrayRef<int64_t> lhsReduce, ::llvm::ArrayRef<int64_t> rhsReduce);
  }];
  let hasVerifier = 1;
}

def Agon_ReduceKind : I32EnumAttr<"ReduceKind", "how a reduction combines", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Max", 1, "max">, I32EnumAttrCase<"Min", 2, "min">]> {
  let cppNamespace = "::agon";
}

def Agon_ReduceOp : Agon_PureOp<"reduce"> {
  let summary = "reduction over axes, which disappear";
  let description = [{
    `sum` over nothing is 0; `max` and `min` want something to choose from, and
    a NaN among the elements is the result. The order of combination is fixed by
    the shape alone, so a sum has the same bits on every run.

    `expectation` marks the sum of an E[...], and the maximum that makes its
    logarithm safe: all axes go, the batch, which is the first, among them. Over
    a data set it stands for all records instead of a minibatch's, which
    `agon-split-expectations` brings about. It changes nothing else.

    ```mlir
    %s = agon.reduce sum %x dims [0] : tensor<256x128xf32> -> tensor<128xf32>
    %e = agon.reduce sum %x dims [0, 1] expectation : tensor<256x128xf32> -> tensor<f32>
    ```
  }];
  let arguments = (ins Agon_ReduceKind:$kind, Agon_FloatTensor:$input, DenseI64ArrayAttr:$dims, UnitAttr:$expectation);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat =
      "$kind $input `dims` $dims (`expectation` $expectation^)? attr-dict `:` type($input) `->` type($result)";
  let builders = [OpBuilder<(ins "ReduceKind":$kind, "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$dims,
                                 CArg<"bool", "false">:$expectation)>];
  let extraClassDeclaration = [{
    static ::mlir::RankedTensorType inferType(::mlir::RankedTensorType input, ::llvm::ArrayRef<int64_t> dims);
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_BroadcastOp : Agon_PureOp<"broadcast"> {
  let summary = "repetition along new axes";
  let description = [{
    Axis i of the input is axis `dims[i]` of the result (equal sizes, `dims`
    increasing); along the other axes the input is repeated.

    ```mlir
    %y = agon.broadcast %b dims [1] : tensor<128xf32> -> tensor<256x128xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_ReshapeOp : Agon_PureOp<"reshape"> {
  let summary = "the same elements, in row-major order, under another shape";
  let description = [{
    ```mlir
    %y = agon.reshape %x : tensor<100x784xf32> -> tensor<100x1x28x28xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Agon_TransposeOp : Agon_PureOp<"transpose"> {
  let summary = "permutation of axes: axis i of the result is axis permutation[i] of the input";
  let description = [{
    ```mlir
    %y = agon.transpose %x permutation [0, 2, 1] : tensor<8x4x5xf32> -> tensor<8x5x4xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input `permutation` $permutation attr-dict `:` type($input) `->` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$permutation)>];
  let extraClassDeclaration = [{
    static ::mlir::RankedTensorType inferType(::mlir::RankedTensorType input, ::llvm::ArrayRef<int64_t> permutation);
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_SliceOp : Agon_PureOp<"slice"> {
  let summary = "a strided box: result[i] = input[starts + i * strides]";
  let description = [{
    The box's sizes are those of the result; strides are positive.

    ```mlir
    // every second column, from column 1
    %y = agon.slice %x starts [0, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<4x3xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$strides);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input `starts` $starts `strides` $strides attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_PadOp : Agon_PureOp<"pad"> {
  let summary = "the transpose of slice: result[starts + i * strides] = input[i], `value` elsewhere";
  let description = [{
    Every element of the result that the input does not reach is `value`, 0 if it
    is not given (only then is the operation linear, and slice's transpose).

    ```mlir
    // a border of one, and one zero between neighbours of the last axis
    %y = agon.pad %x starts [1, 1] strides [1, 2] : tensor<4x3xf32> -> tensor<6x7xf32>
    // before a maximum
    %z = agon.pad %x starts [1, 1] strides [1, 1] value 0xFFF0000000000000 : tensor<4x3xf32> -> tensor<6x5xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$strides,
                       DefaultValuedAttr<F64Attr, "::llvm::APFloat(0.0)">:$value);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $input `starts` $starts `strides` $strides (`value` $value^)? attr-dict `:` type($input) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$starts,
                                 "::llvm::ArrayRef<int64_t>":$strides), [{
    build($_builder, $_state, result, input, starts, strides, ::llvm::APFloat(0.0));
  }]>];
  let extraClassDeclaration = [{
    /// Whether the border is zero.
    bool isLinear() { return getValue().isPosZero(); }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Agon_ReverseOp : Agon_PureOp<"reverse", [SameOperandsAndResultType]> {
  let summary = "axes in reverse order";
  let description = [{
    ```mlir
    // mirror images
    %y = agon.reverse %x dims [3] : tensor<8x3x32x32xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input, DenseI64ArrayAttr:$dims);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input `dims` $dims attr-dict `:` type($input)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Agon_ConcatOp : Agon_PureOp<"concat"> {
  let summary = "concatenation along one axis";
  let description = [{
    ```mlir
    %y = agon.concat %a, %b dim 1 : (tensor<8x3xf32>, tensor<8x5xf32>) -> tensor<8x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Agon_Tensor>:$inputs, I64Attr:$dim);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$inputs `dim` $dim attr-dict `:` functional-type($inputs, $result)";
  let builders = [OpBuilder<(ins "::mlir::ValueRange":$inputs, "int64_t":$dim)>];
  let extraClassDeclaration = [{
    static ::mlir::RankedTensorType inferType(::mlir::ValueRange inputs, int64_t dim);
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_OneHotOp : Agon_PureOp<"one_hot"> {
  let summary = "labels to indicator vectors along a new last axis";
  let description = [{
    A label outside [0, classes) gives a row of zeros.

    ```mlir
    %y = agon.one_hot %labels : tensor<64xi32> -> tensor<64x10xf32>
    ```
  }];
  let arguments = (ins StaticShapeTensorOf<[I32]>:$labels);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$labels attr-dict `:` type($labels) `->` type($result)";
  let hasVerifier = 1;
}

def Agon_IotaOp : Agon_PureOp<"iota"> {
  let summary = "0, 1, 2, ... along one axis";
  let description = [{
    ```mlir
    %i = agon.iota dim 1 : tensor<64x10xf32>
    ```
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "`dim` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Agon_SigmoidOp : Agon_PureOp<"sigmoid", [SameOperandsAndResultType]> {
  let summary = "logistic function 1 / (1 + exp(-x)), without overflow";
  let description = [{
    ```mlir
    %p = agon.sigmoid %logit : tensor<64x1xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Agon_SoftplusOp : Agon_PureOp<"softplus", [SameOperandsAndResultType]> {
  let summary = "log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)), without overflow";
  let description = [{
    ```mlir
    %s = agon.softplus %x : tensor<64x1xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Agon_StopGradientOp : Agon_PureOp<"stop_gradient", [SameOperandsAndResultType]> {
  let summary = "the value, without its derivative";
  let description = [{
    ```mlir
    %c = agon.stop_gradient %x : tensor<64x2xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
  let hasFolder = 1;
}

def Agon_PointOp : Agon_PureOp<"point", [SameOperandsAndResultType]> {
  let summary = "a value that something is differentiated with respect to: no formula is read through it";
  let description = [{
    With p = sigmoid(x), log(p) is -softplus(-x), but the derivative with respect
    to p needs a function of p. `agon-form-turns` puts a point after each such p,
    and it is gone once all derivatives are taken.

    ```mlir
    %q = agon.point %p : tensor<64x1xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Agon_GradientOp : Agon_PureOp<"gradient", [AllTypesMatch<["x", "result"]>]> {
  let summary = "derivative of sum(y) with respect to x, itself differentiable";
  let description = [{
    With one scalar y a sample and samples that do not interact this is each
    sample's own gradient. Expanded by `agon-expand-gradients`.

    ```mlir
    %g = agon.gradient %y wrt %x : tensor<256x1xf32>, tensor<256x2xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$y, Agon_FloatTensor:$x);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$y `wrt` $x attr-dict `:` type($y) `,` type($x)";
}

#endif
