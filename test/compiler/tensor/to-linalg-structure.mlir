// Contractions, reductions, pad and concat.
// RUN: agon-opt %s --agon-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[C:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func @matmul
// CHECK-SAME: (%[[X:.+]]: tensor<4x3xf32>, %[[W:.+]]: tensor<3x5xf32>)
func.func @matmul(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  // CHECK: %[[ZERO:.+]] = arith.constant 0.0
  // CHECK: %[[INIT:.+]] = linalg.fill ins(%[[ZERO]] : f32)
  // CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #[[C]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[W]] : {{.*}}) outs(%[[INIT]] :
  // CHECK-NEXT: ^bb0(%[[L:.+]]: f32, %[[R:.+]]: f32, %[[ACC:.+]]: f32):
  // CHECK-NEXT: %[[P:.+]] = arith.mulf %[[L]], %[[R]]
  // CHECK-NEXT: %[[S:.+]] = arith.addf %[[ACC]], %[[P]]
  // CHECK-NEXT: linalg.yield %[[S]]
  %y = agon.contract %x, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// A transposed operand is another map, a slice as well (with the other operand as
// it lies); what is repeated along an axis is a tensor for a prologue.
// CHECK-DAG: #[[S:.+]] = affine_map<(d0, d1, d2) -> (d0, d2 * 2 + 1)>
// CHECK-DAG: #[[T:.+]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func @operands
// CHECK-SAME: (%[[X:.+]]: tensor<4x6xf32>, %[[W:.+]]: tensor<5x3xf32>, %[[V:.+]]: tensor<3xf32>)
func.func @operands(%x: tensor<4x6xf32>, %w: tensor<5x3xf32>, %v: tensor<3xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>) {
  %t = agon.transpose %w permutation [1, 0] : tensor<5x3xf32> -> tensor<3x5xf32>
  %s = agon.slice %x starts [0, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<4x3xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[S]], #[[T]], #{{.+}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[W]] :
  %y = agon.contract %s, %w reduce [1] x [1] : (tensor<4x3xf32>, tensor<5x3xf32>) -> tensor<4x5xf32>
  %b = agon.broadcast %v dims [1] : tensor<3xf32> -> tensor<4x3xf32>
  // CHECK: %[[WIDE:.+]] = linalg.generic {{.*}} ins(%[[V]] :
  // CHECK: linalg.generic {indexing_maps = [#{{.+}}, #[[T]], #{{.+}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[WIDE]], %[[W]] :
  %z = agon.contract %b, %t reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %y, %z : tensor<4x5xf32>, tensor<4x5xf32>
}

// -----

// CHECK-DAG: #[[A:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[B:.+]] = affine_map<(d0, d1, d2, d3) -> (d3, d0, d2)>
// CHECK-LABEL: func @batched
func.func @batched(%a: tensor<8x4x5xf32>, %b: tensor<5x8x6xf32>) -> tensor<8x4x6xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.+}}], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
  %y = agon.contract %a, %b batch [0] x [1] reduce [2] x [0] : (tensor<8x4x5xf32>, tensor<5x8x6xf32>) -> tensor<8x4x6xf32>
  return %y : tensor<8x4x6xf32>
}

// -----

// Without reduced axes (or with ones of size 1) it is elementwise, without free
// ones a reduction.
// CHECK: #[[FIRST:.+]] = affine_map<(d0, d1) -> (d0, 0)>
// CHECK-LABEL: func @degenerate
func.func @degenerate(%a: tensor<4xf32>, %b: tensor<5xf32>, %c: tensor<4x3xf32>, %d: tensor<4x3xf32>,
                      %e: tensor<4x1xf32>, %f: tensor<5x1xf32>) -> (tensor<4x5xf32>, tensor<4xf32>, tensor<4x5xf32>) {
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
  // CHECK: arith.mulf
  %outer = agon.contract %a, %b reduce [] x [] : (tensor<4xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  // CHECK: %[[P:.+]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]} ins(%[[P]] :
  %rows = agon.contract %c, %d batch [0] x [0] reduce [1] x [1] : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[FIRST]], #{{.+}}, #{{.+}}], iterator_types = ["parallel", "parallel"]}
  // CHECK: arith.mulf
  %one = agon.contract %e, %f reduce [1] x [1] : (tensor<4x1xf32>, tensor<5x1xf32>) -> tensor<4x5xf32>
  return %outer, %rows, %one : tensor<4x5xf32>, tensor<4xf32>, tensor<4x5xf32>
}

// -----

// A factor that is the same everywhere leaves a sum.
// CHECK: #[[INPUT:.+]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-LABEL: func @ones
// CHECK-SAME: (%[[X:.+]]: tensor<8x4xf32>)
func.func @ones(%x: tensor<8x4xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  %one = arith.constant dense<1.0> : tensor<8x1xf32>
  %three = arith.constant dense<3.0> : tensor<8x1xf32>
  // CHECK: linalg.generic {indexing_maps = [#[[INPUT]], #{{.+}}], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]] :
  // CHECK-NOT: arith.mulf
  // CHECK: arith.addf
  %s = agon.contract %x, %one reduce [0] x [0] : (tensor<8x4xf32>, tensor<8x1xf32>) -> tensor<4x1xf32>
  // CHECK: %[[SUM:.+]] = linalg.generic {{.*}}"reduction"]}
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]] :
  // CHECK: arith.mulf
  %t = agon.contract %x, %three reduce [0] x [0] : (tensor<8x4xf32>, tensor<8x1xf32>) -> tensor<4x1xf32>
  return %s, %t : tensor<4x1xf32>, tensor<4x1xf32>
}

// -----

// CHECK-LABEL: func @reductions
func.func @reductions(%x: tensor<4x3xf32>) -> (tensor<3xf32>, tensor<4xf32>, tensor<f32>) {
  // CHECK: arith.constant 0.000000e+00 : f32
  // CHECK: linalg.generic {{.*}}iterator_types = ["reduction", "parallel"]}
  // CHECK: arith.addf
  %s = agon.reduce sum %x dims [0] : tensor<4x3xf32> -> tensor<3xf32>
  // CHECK: arith.constant 0xFF800000 : f32
  // CHECK: arith.maximumf
  %m = agon.reduce max %x dims [1] : tensor<4x3xf32> -> tensor<4xf32>
  // CHECK: arith.constant 0x7F800000 : f32
  // CHECK: linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]}
  // CHECK: arith.minimumf
  %n = agon.reduce min %x dims [0, 1] : tensor<4x3xf32> -> tensor<f32>
  return %s, %m, %n : tensor<3xf32>, tensor<4xf32>, tensor<f32>
}

// -----

// The extent of a reduced axis must be known from the input: a broadcast along
// it is written out, a slice with stride too.
// CHECK-LABEL: func @reduced_views
func.func @reduced_views(%b: tensor<3xf32>, %v: tensor<9xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %x = agon.broadcast %b dims [1] : tensor<3xf32> -> tensor<4x3xf32>
  // CHECK: %[[COPY:.+]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
  // CHECK: linalg.generic {{.*}}iterator_types = ["reduction", "parallel"]} ins(%[[COPY]] :
  %s = agon.reduce sum %x dims [0] : tensor<4x3xf32> -> tensor<3xf32>
  %odd = agon.slice %v starts [1] strides [2] : tensor<9xf32> -> tensor<4xf32>
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel"]}
  // CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]}
  %t = agon.reduce sum %odd dims [0] : tensor<4xf32> -> tensor<f32>
  return %s, %t : tensor<3xf32>, tensor<f32>
}

// -----

// CHECK-LABEL: func @insertions
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>, %[[Y:.+]]: tensor<2x2xf32>)
func.func @insertions(%x: tensor<2x3xf32>, %y: tensor<2x2xf32>) -> (tensor<4x7xf32>, tensor<2x5xf32>) {
  // CHECK: %[[ZEROS:.+]] = linalg.fill
  // CHECK: %[[PAD:.+]] = tensor.insert_slice %[[X]] into %[[ZEROS]][1, 1] [2, 3] [1, 2]
  %p = agon.pad %x starts [1, 1] strides [1, 2] : tensor<2x3xf32> -> tensor<4x7xf32>
  // CHECK: %[[EMPTY:.+]] = tensor.empty() : tensor<2x5xf32>
  // CHECK: %[[FIRST:.+]] = tensor.insert_slice %[[X]] into %[[EMPTY]][0, 0] [2, 3] [1, 1]
  // CHECK: %[[BOTH:.+]] = tensor.insert_slice %[[Y]] into %[[FIRST]][0, 3] [2, 2] [1, 1]
  %c = agon.concat %x, %y dim 1 : (tensor<2x3xf32>, tensor<2x2xf32>) -> tensor<2x5xf32>
  // CHECK: return %[[PAD]], %[[BOTH]]
  return %p, %c : tensor<4x7xf32>, tensor<2x5xf32>
}
