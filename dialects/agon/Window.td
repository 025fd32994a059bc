//===- Window.td - Convolutions and sliding windows ----------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_WINDOW_TD
#define AGON_WINDOW_TD
include "dialects/agon/Tensor.td"

// The three faces of one trilinear form over an input x [n, c, spatial...], a filter
// w [o, c / groups, kernel...] and an output y [n, o, positions...]:
//
//   sum of x[n, g * C + c, p * stride + k * dilation - low] * w[g * O + o, c, k] * y[n, g * O + o, p]
//
// where an x outside its bounds is 0. Each operation is the form's derivative with respect to one
// of the three, applied to the other two, so the pullback of each is made of the other two.
class Agon_ConvolutionOp<string mnemonic> : Agon_PureOp<mnemonic> {
  let arguments = (ins Agon_FloatTensor:$lhs, Agon_FloatTensor:$rhs, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$dilations, DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `strides` $strides `low` $low `high` $high `dilations` $dilations (`groups` $groups^)? attr-dict
    `:` `(` type($lhs) `,` type($rhs) `)` `->` type($result)
  }];
  let hasVerifier = 1;
}

def Agon_ConvOp : Agon_ConvolutionOp<"conv"> {
  let summary = "convolution (cross-correlation) in any number of dimensions";
  let description = [{
    `lhs` is the input [n, c, spatial...], `rhs` the filter [o, c / groups,
    kernel...]; the result is [n, o, positions...], where an axis of size s has
    (low + s + high - dilation * (k - 1) - 1) / stride + 1 positions.

    ```mlir
    // 4 x 4 kernels, stride 2, padded by 1
    %y = agon.conv %x, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
        : (tensor<64x3x32x32xf32>, tensor<64x3x4x4xf32>) -> tensor<64x64x16x16xf32>
    ```
  }];
}

def Agon_ConvInputGradientOp : Agon_ConvolutionOp<"conv_input_gradient"> {
  let summary = "the transpose of a convolution with respect to its input";
  let description = [{
    `lhs` is a cotangent of the output [n, o, positions...], `rhs` the filter;
    the result is the input's, [n, c, spatial...]. This is the transposed
    ("fractionally strided") convolution of the literature.

    ```mlir
    %x = agon.conv_input_gradient %y, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
        : (tensor<64x64x16x16xf32>, tensor<64x3x4x4xf32>) -> tensor<64x3x32x32xf32>
    ```
  }];
}

def Agon_ConvFilterGradientOp : Agon_ConvolutionOp<"conv_filter_gradient"> {
  let summary = "the transpose of a convolution with respect to its filter";
  let description = [{
    `lhs` is the input [n, c, spatial...], `rhs` a cotangent of the output
    [n, o, positions...]; the result is the filter's, [o, c / groups, kernel...].

    ```mlir
    %w = agon.conv_filter_gradient %x, %y strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
        : (tensor<64x3x32x32xf32>, tensor<64x64x16x16xf32>) -> tensor<64x3x4x4xf32>
    ```
  }];
}

def Agon_UnfoldOp : Agon_PureOp<"unfold"> {
  let summary = "sliding windows along axes, as new last axes";
  let description = [{
    Axis dims[i], of size s, becomes the (s - dilation * (size - 1) - 1) / stride
    + 1 positions of a window of `sizes[i]` elements; the windows' own axes follow
    after all others, in the order of `dims`: element k of the window at p is the
    input's p * strides[i] + k * dilations[i]. Costs nothing: its readers read the
    input. The transpose of `agon.fold`.

    ```mlir
    // 3 x 3 windows at every second pixel
    %w = agon.unfold %x dims [2, 3] sizes [3, 3] strides [2, 2] dilations [1, 1]
        : tensor<8x4x9x9xf32> -> tensor<8x4x4x4x3x3xf32>
    ```
  }];
  let arguments = (ins Agon_Tensor:$input, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs Agon_Tensor:$result);
  let assemblyFormat = [{
    $input `dims` $dims `sizes` $sizes `strides` $strides `dilations` $dilations attr-dict
    `:` type($input) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<int64_t>":$dims,
                                 "::llvm::ArrayRef<int64_t>":$sizes, "::llvm::ArrayRef<int64_t>":$strides,
                                 "::llvm::ArrayRef<int64_t>":$dilations)>];
  let extraClassDeclaration = [{
    /// The result's type for valid dims and windows that fit.
    static ::mlir::RankedTensorType inferType(::mlir::RankedTensorType input, ::llvm::ArrayRef<int64_t> dims,
        ::llvm::ArrayRef<int64_t> sizes, ::llvm::ArrayRef<int64_t> strides, ::llvm::ArrayRef<int64_t> dilations);
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_FoldOp : Agon_PureOp<"fold"> {
  let summary = "windows added up where they overlap: the transpose of unfold";
  let description = [{
    The result has the shape of the input of an `agon.unfold` with the same
    attributes; each of its elements is the sum of the windows' elements that were
    read from there, 0 if none was.

    ```mlir
    %x = agon.fold %w dims [2, 3] sizes [3, 3] strides [2, 2] dilations [1, 1]
        : tensor<8x4x4x4x3x3xf32> -> tensor<8x4x9x9xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, DenseI64ArrayAttr:$dims, DenseI64ArrayAttr:$sizes,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = [{
    $input `dims` $dims `sizes` $sizes `strides` $strides `dilations` $dilations attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Agon_Matrix : Attr<CPred<[{
    ::llvm::isa<::mlir::DenseFPElementsAttr>($_self) &&
    ::llvm::cast<::mlir::DenseFPElementsAttr>($_self).getType().getRank() == 2 &&
    ::llvm::cast<::mlir::DenseFPElementsAttr>($_self).getElementType().isF64()
  }]>, "matrix of f64">;
def Agon_Matrices : TypedArrayAttrBase<Agon_Matrix, "matrices of f64">;

def Agon_ModeProductOp : Agon_PureOp<"mode_product"> {
  let summary = "axes multiplied by small constant matrices";
  let description = [{
    The n-mode product (Kolda and Bader 2009, doi:10.1137/07070111X): axis
    dims[i] of the input, of size s, is multiplied by the matrix matrices[i],
    [r, s], and becomes one of size r. The entries are f64, whatever the input's
    type. Winograd's convolutions transform their tiles so.

    ```mlir
    // sums and differences of neighbours
    %y = agon.mode_product %x dims [1] matrices [dense<[[1.0, 1.0], [1.0, -1.0]]> : tensor<2x2xf64>]
        : tensor<8x2xf32> -> tensor<8x2xf32>
    ```
  }];
  let arguments = (ins Agon_FloatTensor:$input, DenseI64ArrayAttr:$dims, Agon_Matrices:$matrices);
  let results = (outs Agon_FloatTensor:$result);
  let assemblyFormat = "$input `dims` $dims `matrices` $matrices attr-dict `:` type($input) `->` type($result)";
  let extraClassDeclaration = [{
    /// Matrix number `i`.
    ::mlir::DenseFPElementsAttr getMatrix(unsigned i) {
      return ::mlir::cast<::mlir::DenseFPElementsAttr>(getMatrices()[i]);
    }
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
