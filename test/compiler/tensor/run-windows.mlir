// Convolutions, pooling, overlapping windows and look-ups compute what they say,
// fused and not.
// DEFINE: %{fuse} = true
// DEFINE: %{run} = agon-opt %s --agon-decompose --canonicalize --agon-to-linalg --cse --agon-form-regions=fuse=%{fuse} \
// DEFINE:   --agon-inline-regions \
// DEFINE:   | mlir-opt --one-shot-bufferize="bufferize-function-boundaries" --convert-linalg-to-loops \
// DEFINE:      --convert-scf-to-cf --expand-strided-metadata --lower-affine --convert-math-to-llvm \
// DEFINE:      --finalize-memref-to-llvm --convert-func-to-llvm --convert-arith-to-llvm --convert-cf-to-llvm \
// DEFINE:      --convert-index-to-llvm --reconcile-unrealized-casts \
// DEFINE:   | mlir-runner -e main --entry-point-result=void --shared-libs=%mlir_libs/libmlir_runner_utils.so,%mlir_libs/libmlir_c_runner_utils.so \
// DEFINE:   | FileCheck %s
// RUN: %{run}
// REDEFINE: %{fuse} = false
// RUN: %{run}

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}

func.func @show9(%x: tensor<9xf32>) {
  %u = tensor.cast %x : tensor<9xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}
func.func @show12(%x: tensor<12xf32>) {
  %u = tensor.cast %x : tensor<12xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}
func.func @show18(%x: tensor<18xf32>) {
  %u = tensor.cast %x : tensor<18xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}
func.func @show36(%x: tensor<36xf32>) {
  %u = tensor.cast %x : tensor<36xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}
func.func @show50(%x: tensor<50xf32>) {
  %u = tensor.cast %x : tensor<50xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}

func.func @conv(%x: tensor<1x2x5x5xf32>, %w: tensor<2x2x3x3xf32>) -> tensor<18xf32> {
  %y = agon.conv %x, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1] : (tensor<1x2x5x5xf32>, tensor<2x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %f = agon.reshape %y : tensor<1x2x3x3xf32> -> tensor<18xf32>
  return %f : tensor<18xf32>
}
func.func @input_gradient(%y: tensor<18xf32>, %w: tensor<2x2x3x3xf32>) -> tensor<50xf32> {
  %r = agon.reshape %y : tensor<18xf32> -> tensor<1x2x3x3xf32>
  %x = agon.conv_input_gradient %r, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1] : (tensor<1x2x3x3xf32>, tensor<2x2x3x3xf32>) -> tensor<1x2x5x5xf32>
  %f = agon.reshape %x : tensor<1x2x5x5xf32> -> tensor<50xf32>
  return %f : tensor<50xf32>
}
func.func @filter_gradient(%x: tensor<1x2x5x5xf32>, %y: tensor<18xf32>) -> tensor<36xf32> {
  %r = agon.reshape %y : tensor<18xf32> -> tensor<1x2x3x3xf32>
  %w = agon.conv_filter_gradient %x, %r strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1] : (tensor<1x2x5x5xf32>, tensor<1x2x3x3xf32>) -> tensor<2x2x3x3xf32>
  %f = agon.reshape %w : tensor<2x2x3x3xf32> -> tensor<36xf32>
  return %f : tensor<36xf32>
}
func.func @maxpool(%x: tensor<1x2x5x5xf32>) -> tensor<18xf32> {
  %p = agon.pad %x starts [0, 0, 1, 1] strides [1, 1, 1, 1] value 0xFFF0000000000000 : tensor<1x2x5x5xf32> -> tensor<1x2x7x7xf32>
  %u = agon.unfold %p dims [2, 3] sizes [3, 3] strides [2, 2] dilations [1, 1] : tensor<1x2x7x7xf32> -> tensor<1x2x3x3x3x3xf32>
  %m = agon.reduce max %u dims [4, 5] : tensor<1x2x3x3x3x3xf32> -> tensor<1x2x3x3xf32>
  %f = agon.reshape %m : tensor<1x2x3x3xf32> -> tensor<18xf32>
  return %f : tensor<18xf32>
}
func.func @fold(%w: tensor<4x3xf32>) -> (tensor<9xf32>, tensor<9xf32>) {
  %y = agon.fold %w dims [0] sizes [3] strides [2] dilations [1] : tensor<4x3xf32> -> tensor<9xf32>
  %s = agon.cumsum %y dim 0 : tensor<9xf32>
  return %y, %s : tensor<9xf32>, tensor<9xf32>
}
func.func @labels(%w: tensor<4x3xf32>, %l: tensor<3xi32>) -> (tensor<9xf32>, tensor<12xf32>) {
  %g = agon.gather %w, %l batch 0 : (tensor<4x3xf32>, tensor<3xi32>) -> tensor<3x3xf32>
  %r = agon.reverse %g dims [1] : tensor<3x3xf32>
  %f = agon.reshape %r : tensor<3x3xf32> -> tensor<9xf32>
  %s = agon.scatter_add %g, %l batch 0 : (tensor<3x3xf32>, tensor<3xi32>) -> tensor<4x3xf32>
  %h = agon.reshape %s : tensor<4x3xf32> -> tensor<12xf32>
  return %f, %h : tensor<9xf32>, tensor<12xf32>
}

func.func @main() {
  %x = arith.constant dense<[[[[1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0]], [[1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0], [1.0, -2.0, 0.0, 2.0, -1.0]]]]> : tensor<1x2x5x5xf32>
  %w = arith.constant dense<[[[[0.0, 1.0, 2.0], [-1.0, 0.0, 1.0], [2.0, -1.0, 0.0]], [[1.0, 2.0, -1.0], [0.0, 1.0, 2.0], [-1.0, 0.0, 1.0]]], [[[2.0, -1.0, 0.0], [1.0, 2.0, -1.0], [0.0, 1.0, 2.0]], [[-1.0, 0.0, 1.0], [2.0, -1.0, 0.0], [1.0, 2.0, -1.0]]]]> : tensor<2x2x3x3xf32>
  %v = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]> : tensor<4x3xf32>
  %l = arith.constant dense<[2, 9, 2]> : tensor<3xi32>
  %y = call @conv(%x, %w) : (tensor<1x2x5x5xf32>, tensor<2x2x3x3xf32>) -> tensor<18xf32>
  // CHECK: [-8, 8, 0, -7, 8, -1, -4, 8, -4, 4, -8, 4, 1, -8, 7, 0, -8, 8]
  call @show18(%y) : (tensor<18xf32>) -> ()
  %dx = call @input_gradient(%y, %w) : (tensor<18xf32>, tensor<2x2x3x3xf32>) -> tensor<50xf32>
  // CHECK: [8, -28, -16, 20, 8, 4, -6, 0, 14, -4, 2, -24, -16, 24, 14, 4, -6, 0, 14, -4, 0, -20, -16, 28, 16, -12, -32, 16, 24, -4, -6, -4, 0, -4, 6, -8, -30, 16, 30, -8, -6, -4, 0, -4, 6, -4, -24, 16, 32, -12]
  call @show50(%dx) : (tensor<50xf32>) -> ()
  %dw = call @filter_gradient(%x, %y) : (tensor<1x2x5x5xf32>, tensor<18xf32>) -> tensor<36xf32>
  // CHECK: [-42, -6, 54, -58, -14, 86, -34, -14, 62, -42, -6, 54, -58, -14, 86, -34, -14, 62, 62, -14, -34, 86, -14, -58, 54, -6, -42, 62, -14, -34, 86, -14, -58, 54, -6, -42]
  call @show36(%dw) : (tensor<36xf32>) -> ()
  %m = call @maxpool(%x) : (tensor<1x2x5x5xf32>) -> tensor<18xf32>
  // CHECK: [1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2, 2]
  call @show18(%m) : (tensor<18xf32>) -> ()
  %f:2 = call @fold(%v) : (tensor<4x3xf32>) -> (tensor<9xf32>, tensor<9xf32>)
  // CHECK: [1, 2, 7, 5, 13, 8, 19, 11, 12]
  call @show9(%f#0) : (tensor<9xf32>) -> ()
  // CHECK: [1, 3, 10, 15, 28, 36, 55, 66, 78]
  call @show9(%f#1) : (tensor<9xf32>) -> ()
  %g:2 = call @labels(%v, %l) : (tensor<4x3xf32>, tensor<3xi32>) -> (tensor<9xf32>, tensor<12xf32>)
  // CHECK: [9, 8, 7, 0, 0, 0, 9, 8, 7]
  call @show9(%g#0) : (tensor<9xf32>) -> ()
  // CHECK: [0, 0, 0, 0, 0, 0, 14, 16, 18, 0, 0, 0]
  call @show12(%g#1) : (tensor<12xf32>) -> ()
  return
}
