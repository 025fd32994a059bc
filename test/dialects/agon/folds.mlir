// RUN: agon-opt %s -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @identities(
// CHECK-SAME: %[[X:.*]]: tensor<4x5xf32>)
func.func @identities(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = agon.reduce sum %x dims [] : tensor<4x5xf32> -> tensor<4x5xf32>
  %1 = agon.broadcast %0 dims [0, 1] : tensor<4x5xf32> -> tensor<4x5xf32>
  %2 = agon.reshape %1 : tensor<4x5xf32> -> tensor<4x5xf32>
  %3 = agon.transpose %2 permutation [0, 1] : tensor<4x5xf32> -> tensor<4x5xf32>
  %4 = agon.slice %3 starts [0, 0] strides [1, 1] : tensor<4x5xf32> -> tensor<4x5xf32>
  %5 = agon.pad %4 starts [0, 0] strides [1, 1] : tensor<4x5xf32> -> tensor<4x5xf32>
  %6 = agon.concat %5 dim 0 : (tensor<4x5xf32>) -> tensor<4x5xf32>
  return %6 : tensor<4x5xf32>
}

// -----
// CHECK-LABEL: func.func @pairs(
// CHECK-SAME: %[[X:.*]]: tensor<4x5x6xf32>)
func.func @pairs(%x: tensor<4x5x6xf32>) -> (tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<6x5x4xf32>) {
  // CHECK-NEXT: %[[FLIPPED:.*]] = agon.transpose %[[X]] permutation [2, 1, 0] : tensor<4x5x6xf32> -> tensor<6x5x4xf32>
  // CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[FLIPPED]]
  %0 = agon.reshape %x : tensor<4x5x6xf32> -> tensor<20x6xf32>
  %1 = agon.reshape %0 : tensor<20x6xf32> -> tensor<4x5x6xf32>
  %2 = agon.transpose %x permutation [1, 2, 0] : tensor<4x5x6xf32> -> tensor<5x6x4xf32>
  %3 = agon.transpose %2 permutation [2, 0, 1] : tensor<5x6x4xf32> -> tensor<4x5x6xf32>
  %4 = agon.pad %x starts [1, 0, 2] strides [2, 1, 1] : tensor<4x5x6xf32> -> tensor<9x5x8xf32>
  %5 = agon.slice %4 starts [1, 0, 2] strides [2, 1, 1] : tensor<9x5x8xf32> -> tensor<4x5x6xf32>
  %6 = agon.transpose %2 permutation [1, 0, 2] : tensor<5x6x4xf32> -> tensor<6x5x4xf32>
  return %1, %3, %5, %6 : tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<4x5x6xf32>, tensor<6x5x4xf32>
}

// -----
// CHECK-LABEL: func.func @boxes(
// CHECK-SAME: %[[X:.*]]: tensor<20xf32>)
func.func @boxes(%x: tensor<20xf32>) -> (tensor<3xf32>, tensor<200xf32>) {
  // 2 + 3 * (1 + 2 * i)
  // CHECK-DAG: agon.slice %[[X]] starts [5] strides [6] : tensor<20xf32> -> tensor<3xf32>
  %0 = agon.slice %x starts [2] strides [3] : tensor<20xf32> -> tensor<6xf32>
  %1 = agon.slice %0 starts [1] strides [2] : tensor<6xf32> -> tensor<3xf32>
  // 2 + 3 * (1 + 2 * i)
  // CHECK-DAG: agon.pad %[[X]] starts [5] strides [6] : tensor<20xf32> -> tensor<200xf32>
  %2 = agon.pad %x starts [1] strides [2] : tensor<20xf32> -> tensor<40xf32>
  %3 = agon.pad %2 starts [2] strides [3] : tensor<40xf32> -> tensor<200xf32>
  return %1, %3 : tensor<3xf32>, tensor<200xf32>
}

// -----
// A pad's border is not the slice's: nothing folds.
// CHECK-LABEL: func.func @other_box(
func.func @other_box(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: agon.pad
  // CHECK: agon.slice
  %0 = agon.pad %x starts [1] strides [1] : tensor<4xf32> -> tensor<6xf32>
  %1 = agon.slice %0 starts [2] strides [1] : tensor<6xf32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @concat_parts(
// CHECK-SAME: %[[A:.*]]: tensor<4x3xf32>, %[[B:.*]]: tensor<4x5xf32>)
func.func @concat_parts(%a: tensor<4x3xf32>, %b: tensor<4x5xf32>) -> (tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %0 = agon.concat %a, %b dim 1 : (tensor<4x3xf32>, tensor<4x5xf32>) -> tensor<4x8xf32>
  // CHECK-DAG: %[[PART:.*]] = agon.slice %[[B]] starts [0, 1] strides [1, 2] : tensor<4x5xf32> -> tensor<4x2xf32>
  // CHECK-DAG: %[[WHOLE:.*]] = agon.concat
  // CHECK-DAG: %[[ACROSS:.*]] = agon.slice %[[WHOLE]] starts [0, 2]
  // CHECK: return %[[A]], %[[PART]], %[[ACROSS]]
  %1 = agon.slice %0 starts [0, 0] strides [1, 1] : tensor<4x8xf32> -> tensor<4x3xf32>
  %2 = agon.slice %0 starts [0, 4] strides [1, 2] : tensor<4x8xf32> -> tensor<4x2xf32>
  %3 = agon.slice %0 starts [0, 2] strides [1, 1] : tensor<4x8xf32> -> tensor<4x2xf32>
  return %1, %2, %3 : tensor<4x3xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----
// CHECK-LABEL: func.func @broadcasts(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @broadcasts(%x: tensor<4xf32>) -> (tensor<3x2x4xf32>, tensor<1x4xf32>) {
  // CHECK-DAG: agon.broadcast %[[X]] dims [2] : tensor<4xf32> -> tensor<3x2x4xf32>
  %0 = agon.broadcast %x dims [1] : tensor<4xf32> -> tensor<3x4xf32>
  %1 = agon.broadcast %0 dims [0, 2] : tensor<3x4xf32> -> tensor<3x2x4xf32>
  // CHECK-DAG: agon.reshape %[[X]] : tensor<4xf32> -> tensor<1x4xf32>
  %2 = agon.broadcast %x dims [1] : tensor<4xf32> -> tensor<1x4xf32>
  return %1, %2 : tensor<3x2x4xf32>, tensor<1x4xf32>
}

// -----
// CHECK-LABEL: func.func @unit_axes(
// CHECK-SAME: %[[X:.*]]: tensor<4x1x5xf32>)
func.func @unit_axes(%x: tensor<4x1x5xf32>) -> (tensor<4x5xf32>, tensor<1x4x5xf32>, tensor<5x1x4xf32>) {
  // CHECK-DAG: agon.reshape %[[X]] : tensor<4x1x5xf32> -> tensor<4x5xf32>
  %0 = agon.reduce max %x dims [1] : tensor<4x1x5xf32> -> tensor<4x5xf32>
  // CHECK-DAG: agon.reshape %[[X]] : tensor<4x1x5xf32> -> tensor<1x4x5xf32>
  %1 = agon.transpose %x permutation [1, 0, 2] : tensor<4x1x5xf32> -> tensor<1x4x5xf32>
  // CHECK-DAG: agon.transpose %[[X]] permutation [2, 1, 0]
  %2 = agon.transpose %x permutation [2, 1, 0] : tensor<4x1x5xf32> -> tensor<5x1x4xf32>
  return %0, %1, %2 : tensor<4x5xf32>, tensor<1x4x5xf32>, tensor<5x1x4xf32>
}

// CHECK-LABEL: @concat_of_concat
// CHECK: %[[C:.*]] = agon.concat %arg0, %arg1, %arg0 dim 0
// CHECK: return %[[C]]
func.func @concat_of_concat(%a: tensor<2x3xf32>, %b: tensor<1x3xf32>) -> tensor<5x3xf32> {
  %0 = agon.concat %a, %b dim 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  %1 = agon.concat %0, %a dim 0 : (tensor<3x3xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>
  return %1 : tensor<5x3xf32>
}

// Pads of rows side by side, with another term between them.
// CHECK-LABEL: @sum_of_pads
// CHECK: %[[C:.*]] = agon.concat %arg0, %arg1 dim 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
// CHECK: %[[S:.*]] = arith.addf %[[C]], %arg2
// CHECK: return %[[S]]
func.func @sum_of_pads(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<6x3xf32>) -> tensor<6x3xf32> {
  %0 = agon.pad %a starts [0, 0] strides [1, 1] : tensor<2x3xf32> -> tensor<6x3xf32>
  %1 = agon.pad %b starts [2, 0] strides [1, 1] : tensor<4x3xf32> -> tensor<6x3xf32>
  %2 = arith.addf %1, %c : tensor<6x3xf32>
  %3 = arith.addf %2, %0 : tensor<6x3xf32>
  return %3 : tensor<6x3xf32>
}

// CHECK-LABEL: @concat_of_broadcasts
// CHECK: %[[B:.*]] = agon.broadcast %arg0 dims [1] : tensor<3xf32> -> tensor<6x3xf32>
// CHECK: return %[[B]]
func.func @concat_of_broadcasts(%b: tensor<3xf32>) -> tensor<6x3xf32> {
  %0 = agon.broadcast %b dims [1] : tensor<3xf32> -> tensor<2x3xf32>
  %1 = agon.broadcast %b dims [1] : tensor<3xf32> -> tensor<4x3xf32>
  %2 = agon.concat %0, %1 dim 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  return %2 : tensor<6x3xf32>
}
