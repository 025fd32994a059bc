// RUN: agon-opt %s -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @nothing(
// CHECK-SAME: %[[X:.*]]: tensor<4x1xf32>)
func.func @nothing(%x: tensor<4x1xf32>) -> tensor<4x1xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = agon.reverse %x dims [] : tensor<4x1xf32>
  %1 = agon.reverse %0 dims [1] : tensor<4x1xf32>
  %2 = agon.unfold %1 dims [] sizes [] strides [] dilations [] : tensor<4x1xf32> -> tensor<4x1xf32>
  %3 = agon.fold %2 dims [] sizes [] strides [] dilations [] : tensor<4x1xf32> -> tensor<4x1xf32>
  %4 = agon.cumsum %3 dim 1 : tensor<4x1xf32>
  return %4 : tensor<4x1xf32>
}

// -----
// An axis reversed twice is not.
// CHECK-LABEL: func.func @reversals(
// CHECK-SAME: %[[X:.*]]: tensor<4x5x6xf32>)
func.func @reversals(%x: tensor<4x5x6xf32>) -> (tensor<4x5x6xf32>, tensor<4x5x6xf32>) {
  // CHECK-NEXT: %[[ONCE:.*]] = agon.reverse %[[X]] dims [1, 0] : tensor<4x5x6xf32>
  // CHECK-NEXT: return %[[X]], %[[ONCE]]
  %0 = agon.reverse %x dims [0, 2] : tensor<4x5x6xf32>
  %1 = agon.reverse %0 dims [2, 0] : tensor<4x5x6xf32>
  %2 = agon.reverse %0 dims [2, 1] : tensor<4x5x6xf32>
  return %1, %2 : tensor<4x5x6xf32>, tensor<4x5x6xf32>
}

// -----
// CHECK-LABEL: func.func @unit_axes(
// CHECK-SAME: %[[X:.*]]: tensor<4x1x6xf32>)
func.func @unit_axes(%x: tensor<4x1x6xf32>) -> tensor<4x1x6xf32> {
  // CHECK-NEXT: agon.reverse %[[X]] dims [2]
  %0 = agon.reverse %x dims [1, 2] : tensor<4x1x6xf32>
  return %0 : tensor<4x1x6xf32>
}

// -----
// CHECK-LABEL: func.func @unit_windows(
// CHECK-SAME: %[[X:.*]]: tensor<4x5xf32>)
func.func @unit_windows(%x: tensor<4x5xf32>) -> (tensor<4x5x1xf32>, tensor<4x5xf32>, tensor<4x2x1xf32>) {
  // CHECK-NEXT: %[[NEW:.*]] = agon.reshape %[[X]] : tensor<4x5xf32> -> tensor<4x5x1xf32>
  // CHECK-NEXT: %[[APART:.*]] = agon.unfold %[[X]]
  // CHECK-NEXT: return %[[NEW]], %[[X]], %[[APART]]
  %0 = agon.unfold %x dims [1] sizes [1] strides [1] dilations [3] : tensor<4x5xf32> -> tensor<4x5x1xf32>
  %1 = agon.fold %0 dims [1] sizes [1] strides [1] dilations [1] : tensor<4x5x1xf32> -> tensor<4x5xf32>
  %2 = agon.unfold %x dims [1] sizes [1] strides [3] dilations [1] : tensor<4x5xf32> -> tensor<4x2x1xf32>
  return %0, %1, %2 : tensor<4x5x1xf32>, tensor<4x5xf32>, tensor<4x2x1xf32>
}

// -----
// CHECK-LABEL: func.func @constants(
func.func @constants() -> (tensor<4x5xf32>, tensor<4x3x3xf32>, tensor<4x5xf32>, tensor<4x5xf32>) {
  // CHECK-DAG: %[[TWOS:.*]] = arith.constant dense<2.000000e+00> : tensor<4x5xf32>
  // CHECK-DAG: %[[WINDOWS:.*]] = arith.constant dense<2.000000e+00> : tensor<4x3x3xf32>
  // CHECK-DAG: %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : tensor<4x5xf32>
  // CHECK: return %[[TWOS]], %[[WINDOWS]], %[[ZEROS]], %[[ZEROS]]
  %c = arith.constant dense<2.0> : tensor<4x5xf32>
  %z = arith.constant dense<0.0> : tensor<4x3x3xf32>
  %0 = agon.reverse %c dims [1] : tensor<4x5xf32>
  %1 = agon.unfold %c dims [1] sizes [3] strides [1] dilations [1] : tensor<4x5xf32> -> tensor<4x3x3xf32>
  %2 = agon.fold %z dims [1] sizes [3] strides [1] dilations [1] : tensor<4x3x3xf32> -> tensor<4x5xf32>
  %3 = agon.cumsum %2 dim 1 : tensor<4x5xf32>
  return %0, %1, %2, %3 : tensor<4x5xf32>, tensor<4x3x3xf32>, tensor<4x5xf32>, tensor<4x5xf32>
}

// -----
// A constant's border is the constant only where they are equal.
// CHECK-LABEL: func.func @borders(
func.func @borders() -> (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
  // CHECK-DAG: %[[TENTHS:.*]] = arith.constant dense<1.000000e-01> : tensor<6xf32>
  // CHECK-DAG: %[[IN:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[A:.*]] = agon.pad %[[IN]] starts [1] strides [1] value 1.000000e+00
  // CHECK-DAG: %[[B:.*]] = agon.pad %[[IN]] starts [1] strides [1] value -0.000000e+00
  // CHECK: return %[[TENTHS]], %[[A]], %[[B]]
  %tenth = arith.constant dense<0.1> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %0 = agon.pad %tenth starts [1] strides [1] value 0.1 : tensor<4xf32> -> tensor<6xf32>
  %1 = agon.pad %zero starts [1] strides [1] value 1.0 : tensor<4xf32> -> tensor<6xf32>
  %2 = agon.pad %zero starts [1] strides [1] value -0.0 : tensor<4xf32> -> tensor<6xf32>
  return %0, %1, %2 : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
}

// -----
// What pad put in slice takes out, whatever the border; two borders are one
// only where they are equal.
// CHECK-LABEL: func.func @pads(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @pads(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<9xf32>, tensor<9xf32>) {
  // CHECK-DAG: %[[INNER:.*]] = agon.pad %[[X]] starts [1] strides [1] value 1.000000e+00 : tensor<4xf32> -> tensor<6xf32>
  // CHECK-DAG: %[[ONE:.*]] = agon.pad %[[X]] starts [3] strides [1] value 1.000000e+00 : tensor<4xf32> -> tensor<9xf32>
  // CHECK-DAG: %[[TWO:.*]] = agon.pad %[[INNER]] starts [2] strides [1] : tensor<6xf32> -> tensor<9xf32>
  // CHECK: return %[[X]], %[[ONE]], %[[TWO]]
  %0 = agon.pad %x starts [1] strides [1] value 1.0 : tensor<4xf32> -> tensor<6xf32>
  %1 = agon.slice %0 starts [1] strides [1] : tensor<6xf32> -> tensor<4xf32>
  %2 = agon.pad %0 starts [2] strides [1] value 1.0 : tensor<6xf32> -> tensor<9xf32>
  %3 = agon.pad %0 starts [2] strides [1] : tensor<6xf32> -> tensor<9xf32>
  return %1, %2, %3 : tensor<4xf32>, tensor<9xf32>, tensor<9xf32>
}
