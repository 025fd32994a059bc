// Draws against an implementation of their own, fused and not.
// DEFINE: %{fuse} = true
// DEFINE: %{run} = agon-opt %s --agon-to-linalg --agon-form-regions=fuse=%{fuse} --agon-inline-regions \
// DEFINE:   | mlir-opt --one-shot-bufferize="bufferize-function-boundaries" --convert-linalg-to-loops \
// DEFINE:      --convert-scf-to-cf --expand-strided-metadata --lower-affine --convert-math-to-llvm \
// DEFINE:      --finalize-memref-to-llvm --convert-func-to-llvm --convert-arith-to-llvm --convert-cf-to-llvm \
// DEFINE:      --convert-index-to-llvm --reconcile-unrealized-casts \
// DEFINE:   | mlir-runner -e main --entry-point-result=void --shared-libs=%mlir_libs/libmlir_runner_utils.so,%mlir_libs/libmlir_c_runner_utils.so \
// DEFINE:   | %python %S/Inputs/philox.py | FileCheck %s
// RUN: %{run}
// REDEFINE: %{fuse} = false
// RUN: %{run}

// CHECK: checked uniform32 6
// CHECK: checked uniform64 6
// CHECK: checked normal32 12
// CHECK: checked normal64 12
// CHECK: checked categorical 20
// CHECK: checked categorical 1

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefF64(tensor<*xf64>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI32(tensor<*xi32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI64(tensor<*xi64>) attributes {llvm.emit_c_interface}

// The kind and stream of a draw, then its key: seed and count.
func.func @header(%kind: tensor<2xi64>, %key: tensor<2xi64>) {
  %all = agon.concat %kind, %key dim 0 : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xi64>
  %u = tensor.cast %all : tensor<4xi64> to tensor<*xi64>
  call @printMemrefI64(%u) : (tensor<*xi64>) -> ()
  return
}

func.func @main() {
  %zero = arith.constant dense<0> : tensor<2xi64>
  %key = arith.constant dense<[-8613303245920329199, 4294967299]> : tensor<2xi64>

  %k0 = arith.constant dense<[0, 0]> : tensor<2xi64>
  call @header(%k0, %zero) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d0 = agon.random uniform key %zero stream 0 : tensor<2x3xf32> keyed by tensor<2xi64>
  %u0 = tensor.cast %d0 : tensor<2x3xf32> to tensor<*xf32>
  call @printMemrefF32(%u0) : (tensor<*xf32>) -> ()

  %k1 = arith.constant dense<[1, 9]> : tensor<2xi64>
  call @header(%k1, %key) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d1 = agon.random uniform key %key stream 9 : tensor<6xf64> keyed by tensor<2xi64>
  %u1 = tensor.cast %d1 : tensor<6xf64> to tensor<*xf64>
  call @printMemrefF64(%u1) : (tensor<*xf64>) -> ()

  %k2 = arith.constant dense<[2, 3]> : tensor<2xi64>
  call @header(%k2, %key) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d2 = agon.random normal key %key stream 3 : tensor<2x3x2xf32> keyed by tensor<2xi64>
  %u2 = tensor.cast %d2 : tensor<2x3x2xf32> to tensor<*xf32>
  call @printMemrefF32(%u2) : (tensor<*xf32>) -> ()

  %k3 = arith.constant dense<[3, 3]> : tensor<2xi64>
  call @header(%k3, %key) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d3 = agon.random normal key %key stream 3 : tensor<4x3xf64> keyed by tensor<2xi64>
  %u3 = tensor.cast %d3 : tensor<4x3xf64> to tensor<*xf64>
  call @printMemrefF64(%u3) : (tensor<*xf64>) -> ()

  %k4 = arith.constant dense<[4, 5]> : tensor<2xi64>
  call @header(%k4, %key) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d4 = agon.random categorical classes 10 key %key stream 5 : tensor<20xi32> keyed by tensor<2xi64>
  %u4 = tensor.cast %d4 : tensor<20xi32> to tensor<*xi32>
  call @printMemrefI32(%u4) : (tensor<*xi32>) -> ()

  %k5 = arith.constant dense<[4, 6]> : tensor<2xi64>
  call @header(%k5, %key) : (tensor<2xi64>, tensor<2xi64>) -> ()
  %d5 = agon.random categorical classes 10 key %key stream 6 : tensor<i32> keyed by tensor<2xi64>
  %u5 = tensor.cast %d5 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%u5) : (tensor<*xi32>) -> ()
  return
}
