// Views, insertions, contractions and reductions compute what they say, fused
// and not.
// DEFINE: %{fuse} = true
// DEFINE: %{run} = agon-opt %s --agon-to-linalg --cse --agon-form-regions=fuse=%{fuse} --agon-inline-regions \
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

func.func @show1(%x: tensor<4xf32>) {
  %u = tensor.cast %x : tensor<4xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}
func.func @show(%x: tensor<3x4xf32>) {
  %u = tensor.cast %x : tensor<3x4xf32> to tensor<*xf32>
  call @printMemrefF32(%u) : (tensor<*xf32>) -> ()
  return
}

// Shapes change on the way in and out, so that both sides are functions of arguments.
func.func @pad_slice(%x: tensor<2x2xf32>) -> tensor<3x4xf32> {
  %p = agon.pad %x starts [1, 0] strides [1, 3] : tensor<2x2xf32> -> tensor<3x4xf32>
  return %p : tensor<3x4xf32>
}
func.func @sliced(%x: tensor<3x4xf32>) -> tensor<4xf32> {
  %s = agon.slice %x starts [0, 1] strides [2, 2] : tensor<3x4xf32> -> tensor<2x2xf32>
  %t = agon.transpose %s permutation [1, 0] : tensor<2x2xf32> -> tensor<2x2xf32>
  %d = arith.addf %t, %t : tensor<2x2xf32>
  %f = agon.reshape %d : tensor<2x2xf32> -> tensor<4xf32>
  return %f : tensor<4xf32>
}
func.func @joined(%x: tensor<3x1xf32>, %y: tensor<3x3xf32>) -> tensor<3x4xf32> {
  %n = arith.negf %y : tensor<3x3xf32>
  %t = agon.transpose %n permutation [1, 0] : tensor<3x3xf32> -> tensor<3x3xf32>
  %c = agon.concat %x, %t dim 1 : (tensor<3x1xf32>, tensor<3x3xf32>) -> tensor<3x4xf32>
  return %c : tensor<3x4xf32>
}
// (2x)^T as left operand through a prologue, bias and rectifier as epilogue.
func.func @layer(%x: tensor<2x3xf32>, %w: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<3x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<3x4xf32>
  %two = arith.constant dense<2.0> : tensor<2x3xf32>
  %a = arith.mulf %x, %two : tensor<2x3xf32>
  %y = agon.contract %a, %w reduce [0] x [0] : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
  %bb = agon.broadcast %b dims [1] : tensor<4xf32> -> tensor<3x4xf32>
  %s = arith.addf %y, %bb : tensor<3x4xf32>
  %r = arith.maximumf %s, %zero : tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}
func.func @batched(%x: tensor<3x2x2xf32>, %y: tensor<2x3x2xf32>) -> tensor<3x4xf32> {
  %z = agon.contract %x, %y batch [0] x [1] reduce [2] x [2] : (tensor<3x2x2xf32>, tensor<2x3x2xf32>) -> tensor<3x2x2xf32>
  %f = agon.reshape %z : tensor<3x2x2xf32> -> tensor<3x4xf32>
  return %f : tensor<3x4xf32>
}
func.func @reduced(%x: tensor<3x4xf32>) -> tensor<4xf32> {
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %square = arith.mulf %x, %x : tensor<3x4xf32>
  %sum = agon.reduce sum %square dims [0] : tensor<3x4xf32> -> tensor<4xf32>
  %max = agon.reduce max %x dims [0] : tensor<3x4xf32> -> tensor<4xf32>
  %min = agon.reduce min %x dims [0, 1] : tensor<3x4xf32> -> tensor<f32>
  %low = agon.broadcast %min dims [] : tensor<f32> -> tensor<4xf32>
  %h = arith.mulf %sum, %half : tensor<4xf32>
  %a = arith.addf %h, %max : tensor<4xf32>
  %r = arith.addf %a, %low : tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func @labels(%y: tensor<3xi32>) -> tensor<3x4xf32> {
  %h = agon.one_hot %y : tensor<3xi32> -> tensor<3x4xf32>
  %i = agon.iota dim 1 : tensor<3x4xf32>
  %p = arith.mulf %h, %i : tensor<3x4xf32>
  %s = arith.addf %p, %h : tensor<3x4xf32>
  return %s : tensor<3x4xf32>
}
// Far out both are exact: no overflow, no 0 * infinity.
func.func @safe(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %p = agon.sigmoid %x : tensor<4xf32>
  %s = agon.softplus %x : tensor<4xf32>
  return %p, %s : tensor<4xf32>, tensor<4xf32>
}

func.func @main() {
  %m22 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %m34 = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]> : tensor<3x4xf32>
  %m31 = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  %m33 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]> : tensor<3x3xf32>
  %m23 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %m24 = arith.constant dense<[[1.0, 0.0, -1.0, 2.0], [0.0, 1.0, -1.0, -1.0]]> : tensor<2x4xf32>
  %v4 = arith.constant dense<[0.5, 0.0, 0.0, -1.0]> : tensor<4xf32>
  %m322 = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]], [[9.0, 10.0], [11.0, 12.0]]]> : tensor<3x2x2xf32>
  %m232 = arith.constant dense<[[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[0.0, 1.0], [1.0, 0.0], [2.0, 0.0]]]> : tensor<2x3x2xf32>
  %y = arith.constant dense<[3, 0, 7]> : tensor<3xi32>
  %far = arith.constant dense<[-200.0, 0.0, 1.0, 200.0]> : tensor<4xf32>

  // CHECK: {{\[}}[0, 0, 0, 0],
  // CHECK-NEXT: [1, 0, 0, 2],
  // CHECK-NEXT: [3, 0, 0, 4]]
  %0 = call @pad_slice(%m22) : (tensor<2x2xf32>) -> tensor<3x4xf32>
  call @show(%0) : (tensor<3x4xf32>) -> ()
  // CHECK: [4, 20, 8, 24]
  %1 = call @sliced(%m34) : (tensor<3x4xf32>) -> tensor<4xf32>
  call @show1(%1) : (tensor<4xf32>) -> ()
  // CHECK: {{\[}}[1, -1, -4, -7],
  // CHECK-NEXT: [2, -2, -5, -8],
  // CHECK-NEXT: [3, -3, -6, -9]]
  %2 = call @joined(%m31, %m33) : (tensor<3x1xf32>, tensor<3x3xf32>) -> tensor<3x4xf32>
  call @show(%2) : (tensor<3x4xf32>) -> ()
  // CHECK: {{\[}}[2.5, 8, 0, 0],
  // CHECK-NEXT: [4.5, 10, 0, 0],
  // CHECK-NEXT: [6.5, 12, 0, 0]]
  %3 = call @layer(%m23, %m24, %v4) : (tensor<2x3xf32>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  call @show(%3) : (tensor<3x4xf32>) -> ()
  // CHECK: {{\[}}[1, 2, 3, 4],
  // CHECK-NEXT: [6, 5, 8, 7],
  // CHECK-NEXT: [19, 18, 23, 22]]
  %4 = call @batched(%m322, %m232) : (tensor<3x2x2xf32>, tensor<2x3x2xf32>) -> tensor<3x4xf32>
  call @show(%4) : (tensor<3x4xf32>) -> ()
  // CHECK: [63.5, 81, 101.5, 125]
  %5 = call @reduced(%m34) : (tensor<3x4xf32>) -> tensor<4xf32>
  call @show1(%5) : (tensor<4xf32>) -> ()
  // CHECK: {{\[}}[0, 0, 0, 4],
  // CHECK-NEXT: [1, 0, 0, 0],
  // CHECK-NEXT: [0, 0, 0, 0]]
  %6 = call @labels(%y) : (tensor<3xi32>) -> tensor<3x4xf32>
  call @show(%6) : (tensor<3x4xf32>) -> ()
  // CHECK: [0, 0.5, 0.731059, 1]
  // CHECK: [0, 0.693147, 1.31326, 200]
  %7:2 = call @safe(%far) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  call @show1(%7#0) : (tensor<4xf32>) -> ()
  call @show1(%7#1) : (tensor<4xf32>) -> ()
  return
}
