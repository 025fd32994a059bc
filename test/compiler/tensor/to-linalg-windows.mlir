// Windows and reversals are maps of their readers; a contraction over windows
// is one generic that reads the input itself.
// RUN: agon-opt %s --agon-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1 * 2 + d3, d4)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d2, d4, d3)>
// CHECK-DAG: #[[Y:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2)>
// CHECK-LABEL: func @convolution
// CHECK-SAME: (%[[INPUT:.+]]: tensor<8x9x5xf32>, %[[FILTER:.+]]: tensor<6x5x3xf32>)
func.func @convolution(%x: tensor<8x9x5xf32>, %w: tensor<6x5x3xf32>) -> tensor<8x4x6xf32> {
  // CHECK-COUNT-1: linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[Y]]], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]} ins(%[[INPUT]], %[[FILTER]] :
  // CHECK-NOT: linalg.generic
  %u = agon.unfold %x dims [1] sizes [3] strides [2] dilations [1] : tensor<8x9x5xf32> -> tensor<8x4x5x3xf32>
  %y = agon.contract %u, %w reduce [3, 2] x [2, 1] : (tensor<8x4x5x3xf32>, tensor<6x5x3xf32>) -> tensor<8x4x6xf32>
  return %y : tensor<8x4x6xf32>
}

// -----

// The only reader of the contraction is a transposition: it is written in the
// order that is wanted, and reshaped as it lies.
// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d3)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-LABEL: func @transposed_result
// CHECK-SAME: (%[[INA:.+]]: tensor<4x5x3xf32>, %[[INB:.+]]: tensor<6x3xf32>)
func.func @transposed_result(%a: tensor<4x5x3xf32>, %b: tensor<6x3xf32>) -> tensor<20x6xf32> {
  // CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[INA]], %[[INB]] : {{.*}} outs(%{{.+}} : tensor<5x4x6xf32>)
  // CHECK-NOT: linalg.generic
  // CHECK: agon.reshape %[[Y]] : tensor<5x4x6xf32> -> tensor<20x6xf32>
  %y = agon.contract %a, %b reduce [2] x [1] : (tensor<4x5x3xf32>, tensor<6x3xf32>) -> tensor<4x5x6xf32>
  %t = agon.transpose %y permutation [1, 0, 2] : tensor<4x5x6xf32> -> tensor<5x4x6xf32>
  %r = agon.reshape %t : tensor<5x4x6xf32> -> tensor<20x6xf32>
  return %r : tensor<20x6xf32>
}

// -----

// Both are windows, so neither tells how far the sum goes: the smaller is
// written out.
// CHECK-DAG: #[[LONG:.+]] = affine_map<(d0, d1, d2) -> (d0 + d2)>
// CHECK-DAG: #[[SHORT:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @two_windows
// CHECK-SAME: (%[[X:.+]]: tensor<9xf32>, %[[Y:.+]]: tensor<4xf32>)
func.func @two_windows(%x: tensor<9xf32>, %y: tensor<4xf32>) -> tensor<7x2xf32> {
  // CHECK: %[[COPY:.+]] = linalg.generic {{.*}} ins(%[[Y]] : {{.*}} outs(%{{.+}} : tensor<2x3xf32>)
  // CHECK: linalg.generic {indexing_maps = [#[[LONG]], #[[SHORT]], #{{.+}}], {{.*}} ins(%[[X]], %[[COPY]] :
  %u = agon.unfold %x dims [0] sizes [3] strides [1] dilations [1] : tensor<9xf32> -> tensor<7x3xf32>
  %v = agon.unfold %y dims [0] sizes [3] strides [1] dilations [1] : tensor<4xf32> -> tensor<2x3xf32>
  %c = agon.contract %u, %v reduce [1] x [1] : (tensor<7x3xf32>, tensor<2x3xf32>) -> tensor<7x2xf32>
  return %c : tensor<7x2xf32>
}

// -----

// CHECK: #[[BACK:.+]] = affine_map<(d0, d1) -> (d0, -d1 + 3)>
// CHECK-LABEL: func @mirror
func.func @mirror(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[BACK]], #{{.+}}]
  // CHECK-NOT: linalg.generic
  %r = agon.reverse %x dims [1] : tensor<2x4xf32>
  %y = arith.addf %x, %r : tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// A crop that begins at the first element: bare, its dimension would span the
// whole axis.
// CHECK: #[[CROP:.+]] = affine_map<(d0) -> (d0 mod 9)>
// CHECK-LABEL: func @crop
func.func @crop(%x: tensor<9xf32>) -> tensor<4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[CROP]], #{{.+}}]
  %s = agon.slice %x starts [0] strides [1] : tensor<9xf32> -> tensor<4xf32>
  %y = arith.addf %s, %s : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @border
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>)
func.func @border(%x: tensor<2x3xf32>) -> tensor<4x7xf32> {
  // CHECK: %[[LOW:.+]] = arith.constant 0xFF800000 : f32
  // CHECK: %[[FILL:.+]] = linalg.fill ins(%[[LOW]] : f32)
  // CHECK: tensor.insert_slice %[[X]] into %[[FILL]][1, 1] [2, 3] [1, 2]
  %p = agon.pad %x starts [1, 1] strides [1, 2] value 0xFFF0000000000000 : tensor<2x3xf32> -> tensor<4x7xf32>
  return %p : tensor<4x7xf32>
}
