// Every tensor and random operation is printed as it is parsed.
// RUN: agon-opt %s | agon-opt | FileCheck %s

// CHECK-LABEL: func.func @contract(
// CHECK-SAME: %[[X:.*]]: tensor<256x128xf32>, %[[W:.*]]: tensor<128x64xf32>, %[[A:.*]]: tensor<8x4x5xf32>, %[[B:.*]]: tensor<8x5x6xf32>)
func.func @contract(%x: tensor<256x128xf32>, %w: tensor<128x64xf32>, %a: tensor<8x4x5xf32>, %b: tensor<8x5x6xf32>)
    -> (tensor<256x64xf32>, tensor<8x4x6xf32>, tensor<128x64x256x128xf32>) {
  // CHECK: agon.contract %[[X]], %[[W]] reduce [1] x [0] : (tensor<256x128xf32>, tensor<128x64xf32>) -> tensor<256x64xf32>
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<256x128xf32>, tensor<128x64xf32>) -> tensor<256x64xf32>
  // CHECK: agon.contract %[[A]], %[[B]] batch [0] x [0] reduce [2] x [1] : (tensor<8x4x5xf32>, tensor<8x5x6xf32>) -> tensor<8x4x6xf32>
  %1 = agon.contract %a, %b batch [0] x [0] reduce [2] x [1] : (tensor<8x4x5xf32>, tensor<8x5x6xf32>) -> tensor<8x4x6xf32>
  // CHECK: agon.contract %[[W]], %[[X]] reduce [] x [] : (tensor<128x64xf32>, tensor<256x128xf32>) -> tensor<128x64x256x128xf32>
  %2 = agon.contract %w, %x reduce [] x [] : (tensor<128x64xf32>, tensor<256x128xf32>) -> tensor<128x64x256x128xf32>
  return %0, %1, %2 : tensor<256x64xf32>, tensor<8x4x6xf32>, tensor<128x64x256x128xf32>
}

// CHECK-LABEL: func.func @reduce(
// CHECK-SAME: %[[X:.*]]: tensor<8x4x5xf64>)
func.func @reduce(%x: tensor<8x4x5xf64>) -> (tensor<f64>, tensor<8x5xf64>, tensor<4xf64>) {
  // CHECK: agon.reduce sum %[[X]] dims [0, 1, 2] : tensor<8x4x5xf64> -> tensor<f64>
  %0 = agon.reduce sum %x dims [0, 1, 2] : tensor<8x4x5xf64> -> tensor<f64>
  // CHECK: agon.reduce max %[[X]] dims [1] : tensor<8x4x5xf64> -> tensor<8x5xf64>
  %1 = agon.reduce max %x dims [1] : tensor<8x4x5xf64> -> tensor<8x5xf64>
  // CHECK: agon.reduce min %[[X]] dims [0, 2] : tensor<8x4x5xf64> -> tensor<4xf64>
  %2 = agon.reduce min %x dims [0, 2] : tensor<8x4x5xf64> -> tensor<4xf64>
  return %0, %1, %2 : tensor<f64>, tensor<8x5xf64>, tensor<4xf64>
}

// CHECK-LABEL: func.func @shape(
// CHECK-SAME: %[[ROW:.*]]: tensor<4xf32>, %[[BOX:.*]]: tensor<4x6xf32>)
func.func @shape(%row: tensor<4xf32>, %box: tensor<4x6xf32>) {
  // CHECK: agon.broadcast %[[ROW]] dims [1] : tensor<4xf32> -> tensor<3x4x2xf32>
  %0 = agon.broadcast %row dims [1] : tensor<4xf32> -> tensor<3x4x2xf32>
  // CHECK: agon.reshape %[[BOX]] : tensor<4x6xf32> -> tensor<2x12xf32>
  %1 = agon.reshape %box : tensor<4x6xf32> -> tensor<2x12xf32>
  // CHECK: agon.transpose %[[BOX]] permutation [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
  %2 = agon.transpose %box permutation [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
  // CHECK: agon.slice %[[BOX]] starts [0, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<4x3xf32>
  %3 = agon.slice %box starts [0, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<4x3xf32>
  // CHECK: agon.pad %[[BOX]] starts [1, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<6x13xf32>
  %4 = agon.pad %box starts [1, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<6x13xf32>
  // CHECK: agon.concat %[[BOX]], %[[BOX]] dim 1 : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x12xf32>
  %5 = agon.concat %box, %box dim 1 : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<4x12xf32>
  return
}

// CHECK-LABEL: func.func @elementwise(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4x1xf32>, %[[LABELS:.*]]: tensor<64xi32>)
func.func @elementwise(%x: tensor<4xf32>, %y: tensor<4x1xf32>, %labels: tensor<64xi32>) {
  // CHECK: agon.sigmoid %[[X]] : tensor<4xf32>
  %0 = agon.sigmoid %x : tensor<4xf32>
  // CHECK: agon.softplus %[[X]] : tensor<4xf32>
  %1 = agon.softplus %x : tensor<4xf32>
  // CHECK: agon.stop_gradient %[[X]] : tensor<4xf32>
  %2 = agon.stop_gradient %x : tensor<4xf32>
  // CHECK: agon.point %[[X]] : tensor<4xf32>
  %point = agon.point %x : tensor<4xf32>
  // CHECK: agon.gradient %[[Y]] wrt %[[X]] : tensor<4x1xf32>, tensor<4xf32>
  %3 = agon.gradient %y wrt %x : tensor<4x1xf32>, tensor<4xf32>
  // CHECK: agon.one_hot %[[LABELS]] : tensor<64xi32> -> tensor<64x10xf32>
  %4 = agon.one_hot %labels : tensor<64xi32> -> tensor<64x10xf32>
  // CHECK: agon.iota dim 1 : tensor<64x10xf32>
  %5 = agon.iota dim 1 : tensor<64x10xf32>
  return
}

// CHECK-LABEL: func.func @random(
// CHECK-SAME: %[[KEY:.*]]: tensor<2xi64>)
func.func @random(%key: tensor<2xi64>) {
  // CHECK: agon.random normal : tensor<256x100xf32>
  %0 = agon.random normal : tensor<256x100xf32>
  // CHECK: agon.random categorical classes 8 : tensor<256xi32>
  %1 = agon.random categorical classes 8 : tensor<256xi32>
  // CHECK: agon.random uniform key %[[KEY]] stream 3 : tensor<256xf32> keyed by tensor<2xi64>
  %2 = agon.random uniform key %key stream 3 : tensor<256xf32> keyed by tensor<2xi64>
  // CHECK: agon.random categorical classes 8 key %[[KEY]] stream 4 : tensor<256xi32> keyed by tensor<2xi64>
  %3 = agon.random categorical classes 8 key %key stream 4 : tensor<256xi32> keyed by tensor<2xi64>
  return
}
