// RUN: agon-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(agon-batch-applications,canonicalize,cse))' | FileCheck %s

// A layer, its bias and what follows each row; rows end where a mean is taken of each.
// CHECK-LABEL: @two_applications
// CHECK: %[[XY:.*]] = agon.concat %arg0, %arg1 dim 0 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<16x4xf32>
// CHECK: %[[H:.*]] = agon.contract %[[XY]], %arg2 reduce [1] x [0] : {{.*}} -> tensor<16x5xf32>
// CHECK: %[[B:.*]] = agon.broadcast %arg3 dims [1] : tensor<5xf32> -> tensor<16x5xf32>
// CHECK: %[[S:.*]] = arith.addf %[[H]], %[[B]] : tensor<16x5xf32>
// CHECK: %[[T:.*]] = math.tanh %[[S]] : tensor<16x5xf32>
// CHECK: %[[Y:.*]] = agon.contract %[[T]], %arg4 {{.*}} -> tensor<16x1xf32>
// CHECK-DAG: agon.slice %[[Y]] starts [0, 0] strides [1, 1] : tensor<16x1xf32> -> tensor<8x1xf32>
// CHECK-DAG: agon.slice %[[Y]] starts [8, 0] strides [1, 1] : tensor<16x1xf32> -> tensor<8x1xf32>
// CHECK-NOT: agon.contract
func.func @two_applications(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>,
                            %v: tensor<5x1xf32>) -> (tensor<f32>, tensor<f32>) {
  %bias = agon.broadcast %b dims [1] : tensor<5xf32> -> tensor<8x5xf32>
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %1 = arith.addf %0, %bias : tensor<8x5xf32>
  %2 = math.tanh %1 : tensor<8x5xf32>
  %3 = agon.contract %2, %v reduce [1] x [0] : (tensor<8x5xf32>, tensor<5x1xf32>) -> tensor<8x1xf32>
  %4 = agon.reduce sum %3 dims [0, 1] : tensor<8x1xf32> -> tensor<f32>
  %5 = agon.contract %y, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %6 = arith.addf %5, %bias : tensor<8x5xf32>
  %7 = math.tanh %6 : tensor<8x5xf32>
  %8 = agon.contract %7, %v reduce [1] x [0] : (tensor<8x5xf32>, tensor<5x1xf32>) -> tensor<8x1xf32>
  %9 = agon.reduce sum %8 dims [0, 1] : tensor<8x1xf32> -> tensor<f32>
  return %4, %9 : tensor<f32>, tensor<f32>
}

// -----

// Batches of different sizes, and a convolution.
// CHECK-LABEL: @convolution
// CHECK: %[[XY:.*]] = agon.concat %arg0, %arg1 dim 0 : (tensor<2x3x8x8xf32>, tensor<5x3x8x8xf32>) -> tensor<7x3x8x8xf32>
// CHECK: agon.conv %[[XY]], %arg2 {{.*}} -> tensor<7x4x6x6xf32>
// CHECK-NOT: agon.conv
func.func @convolution(%x: tensor<2x3x8x8xf32>, %y: tensor<5x3x8x8xf32>, %w: tensor<4x3x3x3xf32>)
    -> (tensor<2x4x6x6xf32>, tensor<5x4x6x6xf32>) {
  %0 = agon.conv %x, %w strides [1, 1] low [0, 0] high [0, 0] dilations [1, 1]
      : (tensor<2x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<2x4x6x6xf32>
  %1 = agon.conv %y, %w strides [1, 1] low [0, 0] high [0, 0] dilations [1, 1]
      : (tensor<5x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<5x4x6x6xf32>
  return %0, %1 : tensor<2x4x6x6xf32>, tensor<5x4x6x6xf32>
}

// -----

// What is centred by a batch's own mean stays apart; the next layer takes the parts together again.
// CHECK-LABEL: @statistics
// CHECK: %[[H:.*]] = agon.contract {{.*}} -> tensor<16x5xf32>
// CHECK-DAG: %[[HX:.*]] = agon.slice %[[H]] starts [0, 0]
// CHECK-DAG: %[[HY:.*]] = agon.slice %[[H]] starts [8, 0]
// CHECK-DAG: agon.reduce sum %[[HX]] dims [0]
// CHECK-DAG: agon.reduce sum %[[HY]] dims [0]
// CHECK-DAG: %[[CX:.*]] = arith.subf %[[HX]]
// CHECK-DAG: %[[CY:.*]] = arith.subf %[[HY]]
// CHECK: %[[C:.*]] = agon.concat %[[CX]], %[[CY]] dim 0
// CHECK: agon.contract %[[C]], %arg3 {{.*}} -> tensor<16x1xf32>
func.func @statistics(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %w: tensor<4x5xf32>, %v: tensor<5x1xf32>)
    -> (tensor<8x1xf32>, tensor<8x1xf32>) {
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %1 = agon.reduce sum %0 dims [0] : tensor<8x5xf32> -> tensor<5xf32>
  %2 = agon.broadcast %1 dims [1] : tensor<5xf32> -> tensor<8x5xf32>
  %3 = arith.subf %0, %2 : tensor<8x5xf32>
  %4 = agon.contract %3, %v reduce [1] x [0] : (tensor<8x5xf32>, tensor<5x1xf32>) -> tensor<8x1xf32>
  %5 = agon.contract %y, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %6 = agon.reduce sum %5 dims [0] : tensor<8x5xf32> -> tensor<5xf32>
  %7 = agon.broadcast %6 dims [1] : tensor<5xf32> -> tensor<8x5xf32>
  %8 = arith.subf %5, %7 : tensor<8x5xf32>
  %9 = agon.contract %8, %v reduce [1] x [0] : (tensor<8x5xf32>, tensor<5x1xf32>) -> tensor<8x1xf32>
  return %4, %9 : tensor<8x1xf32>, tensor<8x1xf32>
}

// -----

// Masks of dropout: draws of two streams, below one another; the rest is one.
// CHECK-LABEL: @masks
// CHECK-DAG: %[[A:.*]] = agon.random uniform key %arg3 stream 1 : tensor<8x5xf32>
// CHECK-DAG: %[[B:.*]] = agon.random uniform key %arg3 stream 2 : tensor<8x5xf32>
// CHECK: %[[U:.*]] = agon.concat %[[A]], %[[B]] dim 0
// CHECK: %[[M:.*]] = arith.cmpf olt, %[[U]], %{{.*}} : tensor<16x5xf32>
// CHECK: %[[N:.*]] = arith.uitofp %[[M]]
// CHECK: arith.mulf %{{.*}}, %[[N]] : tensor<16x5xf32>
func.func @masks(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %w: tensor<4x5xf32>, %key: tensor<2xi64>)
    -> (tensor<8x5xf32>, tensor<8x5xf32>) {
  %half = arith.constant dense<0.5> : tensor<8x5xf32>
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %1 = agon.random uniform key %key stream 1 : tensor<8x5xf32> keyed by tensor<2xi64>
  %2 = arith.cmpf olt, %1, %half : tensor<8x5xf32>
  %3 = arith.uitofp %2 : tensor<8x5xi1> to tensor<8x5xf32>
  %4 = arith.mulf %0, %3 : tensor<8x5xf32>
  %5 = agon.contract %y, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
  %6 = agon.random uniform key %key stream 2 : tensor<8x5xf32> keyed by tensor<2xi64>
  %7 = arith.cmpf olt, %6, %half : tensor<8x5xf32>
  %8 = arith.uitofp %7 : tensor<8x5xi1> to tensor<8x5xf32>
  %9 = arith.mulf %5, %8 : tensor<8x5xf32>
  return %4, %9 : tensor<8x5xf32>, tensor<8x5xf32>
}

// -----

// One waits for the other.
// CHECK-LABEL: @chain
// CHECK-COUNT-2: agon.contract {{.*}} -> tensor<8x4xf32>
func.func @chain(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>) -> tensor<8x4xf32> {
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %1 = agon.contract %0, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %1 : tensor<8x4xf32>
}

// -----

// Only one of the two has a part in what is differentiated.
// CHECK-LABEL: @other_gradients
// CHECK-COUNT-2: agon.contract {{.*}} -> tensor<8x1xf32>
func.func @other_gradients(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>, %w: tensor<4x1xf32>)
    -> (tensor<4x1xf32>, tensor<8x1xf32>) {
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x1xf32>) -> tensor<8x1xf32>
  %1 = agon.contract %y, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x1xf32>) -> tensor<8x1xf32>
  %2 = agon.reduce sum %0 dims [0, 1] : tensor<8x1xf32> -> tensor<f32>
  %3 = agon.differentiate %2 wrt(%w) : (tensor<f32>, tensor<4x1xf32>) -> tensor<4x1xf32>
  return %3, %1 : tensor<4x1xf32>, tensor<8x1xf32>
}

// -----

// A copy of the rows would cost more than reading the weights once more.
// CHECK-LABEL: @many_rows
// CHECK-COUNT-2: agon.contract {{.*}} -> tensor<4096x1xf32>
func.func @many_rows(%x: tensor<4096x4xf32>, %y: tensor<4096x4xf32>, %w: tensor<4x1xf32>)
    -> (tensor<4096x1xf32>, tensor<4096x1xf32>) {
  %0 = agon.contract %x, %w reduce [1] x [0] : (tensor<4096x4xf32>, tensor<4x1xf32>) -> tensor<4096x1xf32>
  %1 = agon.contract %y, %w reduce [1] x [0] : (tensor<4096x4xf32>, tensor<4x1xf32>) -> tensor<4096x1xf32>
  return %0, %1 : tensor<4096x1xf32>, tensor<4096x1xf32>
}

// -----

// Attention: what is batched along the rows stays so.
// CHECK-LABEL: @attention
// CHECK: agon.contract %[[Q:.*]], %[[Q]] batch [0] x [0] reduce [2] x [2] : {{.*}} -> tensor<4x3x3xf32>
func.func @attention(%x: tensor<2x3x4xf32>, %y: tensor<2x3x4xf32>, %w: tensor<4x5xf32>)
    -> (tensor<2x3x3xf32>, tensor<2x3x3xf32>) {
  %0 = agon.contract %x, %w reduce [2] x [0] : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  %1 = agon.contract %0, %0 batch [0] x [0] reduce [2] x [2] : (tensor<2x3x5xf32>, tensor<2x3x5xf32>) -> tensor<2x3x3xf32>
  %2 = agon.contract %y, %w reduce [2] x [0] : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  %3 = agon.contract %2, %2 batch [0] x [0] reduce [2] x [2] : (tensor<2x3x5xf32>, tensor<2x3x5xf32>) -> tensor<2x3x3xf32>
  return %1, %3 : tensor<2x3x3xf32>, tensor<2x3x3xf32>
}
