// Broadcast, transpose and slice are maps of their readers, copies only where
// a whole tensor is wanted.
// RUN: agon-opt %s --agon-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[VIEW:.+]] = affine_map<(d0, d1) -> (d1 * 2 + 1)>
// CHECK-LABEL: func @chain
// CHECK-SAME: (%[[X:.+]]: tensor<2x4xf32>, %[[V:.+]]: tensor<9xf32>)
func.func @chain(%x: tensor<2x4xf32>, %v: tensor<9xf32>) -> tensor<2x4xf32> {
  %s = agon.slice %v starts [1] strides [2] : tensor<9xf32> -> tensor<4xf32>
  %b = agon.broadcast %s dims [0] : tensor<4xf32> -> tensor<4x2xf32>
  %t = agon.transpose %b permutation [1, 0] : tensor<4x2xf32> -> tensor<2x4xf32>
  %g = agon.stop_gradient %t : tensor<2x4xf32>
  // CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[VIEW]], #{{.+}}]
  // CHECK-SAME: ins(%[[X]], %[[V]] :
  // CHECK-NOT: linalg.generic
  %r = arith.addf %x, %g : tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// CHECK: #[[SWAP:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func @returned
func.func @returned(%x: tensor<2x4xf32>) -> (tensor<4x2xf32>, tensor<8xf32>, tensor<3xf32>) {
  // CHECK: %[[COPY:.+]] = linalg.generic {indexing_maps = [#[[SWAP]], #{{.+}}]
  %t = agon.transpose %x permutation [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  // The second reader shares the copy.
  // CHECK: %[[FLAT:.+]] = agon.reshape %[[COPY]]
  %f = agon.reshape %t : tensor<4x2xf32> -> tensor<8xf32>
  // CHECK: %[[ONES:.+]] = linalg.generic {{.*}} outs
  // CHECK: arith.constant 1.0
  %ones = arith.constant dense<1.0> : tensor<3xf32>
  // CHECK: return %[[COPY]], %[[FLAT]], %[[ONES]]
  return %t, %f, %ones : tensor<4x2xf32>, tensor<8xf32>, tensor<3xf32>
}

// -----

// Constants that vary stay tensors.
// CHECK-LABEL: func @table
func.func @table(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: %[[TABLE:.+]] = arith.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]>
  %c = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  // CHECK: linalg.generic {{.*}} ins(%{{.+}}, %[[TABLE]] :
  %r = arith.mulf %x, %c : tensor<3xf32>
  return %r : tensor<3xf32>
}
