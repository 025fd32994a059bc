// Elementwise operations: one generic each; views and splats belong to it.
// RUN: agon-opt %s --agon-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func @bias_and_scale
// CHECK-SAME: (%[[X:.+]]: tensor<4x8xf32>, %[[B:.+]]: tensor<8xf32>)
func.func @bias_and_scale(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %c = agon.broadcast %b dims [1] : tensor<8xf32> -> tensor<4x8xf32>
  // CHECK-NOT: agon.
  // CHECK: %[[SUM:.+]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[X]], %[[B]] :
  // CHECK: arith.addf
  %s = arith.addf %x, %c : tensor<4x8xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<4x8xf32>)
  // CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %{{.+}}: f32):
  // CHECK-NEXT: %[[TWO:.+]] = arith.constant 2.000000e+00 : f32
  // CHECK-NEXT: arith.mulf %[[IN]], %[[TWO]] : f32
  %r = arith.mulf %s, %two : tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// CHECK: #[[SCALAR:.+]] = affine_map<() -> ()>
// CHECK-LABEL: func @rank_zero
func.func @rank_zero(%t: tensor<f64>) -> tensor<f64> {
  // CHECK: linalg.generic {indexing_maps = [#[[SCALAR]], #[[SCALAR]]], iterator_types = []}
  // CHECK: math.powf %{{.+}}, %{{.+}} : f64
  %beta = arith.constant dense<0.9> : tensor<f64>
  %p = math.powf %beta, %t : tensor<f64>
  return %p : tensor<f64>
}

// -----

// A square reads its operand once; attributes of the operation survive.
// CHECK-LABEL: func @square
// CHECK-SAME: (%[[X:.+]]: tensor<5xf32>)
func.func @square(%x: tensor<5xf32>) -> tensor<5xf32> {
  // CHECK: linalg.generic {{.*}} ins(%[[X]] : tensor<5xf32>)
  // CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %{{.+}}: f32):
  // CHECK-NEXT: arith.mulf %[[IN]], %[[IN]] fastmath<contract> : f32
  %r = arith.mulf %x, %x fastmath<contract> : tensor<5xf32>
  return %r : tensor<5xf32>
}

// -----

// CHECK-LABEL: func @mask
func.func @mask(%x: tensor<5xf32>, %y: tensor<5xf32>) -> tensor<5xf64> {
  // CHECK: arith.cmpf ogt, %{{.+}}, %{{.+}} : f32
  // CHECK: linalg.yield %{{.+}} : i1
  %m = arith.cmpf ogt, %x, %y : tensor<5xf32>
  // CHECK: arith.select
  %s = arith.select %m, %x, %y : tensor<5xi1>, tensor<5xf32>
  // CHECK: arith.extf %{{.+}} : f32 to f64
  %r = arith.extf %s : tensor<5xf32> to tensor<5xf64>
  return %r : tensor<5xf64>
}

// -----

// One exponential, of a negative number.
// CHECK-LABEL: func @safe
func.func @safe(%x: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
  // CHECK: ^bb0(%[[X:.+]]: f32, %{{.+}}: f32):
  // CHECK: %[[ABS:.+]] = math.absf %[[X]]
  // CHECK: %[[NEG:.+]] = arith.negf %[[ABS]]
  // CHECK: %[[E:.+]] = math.exp %[[NEG]]
  // CHECK: %[[SIGN:.+]] = arith.cmpf oge, %[[X]]
  // CHECK: %[[NUM:.+]] = arith.select %[[SIGN]], %{{.+}}, %[[E]]
  // CHECK: %[[DEN:.+]] = arith.addf %{{.+}}, %[[E]]
  // CHECK: arith.divf %[[NUM]], %[[DEN]]
  %p = agon.sigmoid %x : tensor<5xf32>
  // CHECK: math.exp
  // CHECK: %[[RAMP:.+]] = arith.maximumf
  // CHECK: %[[REST:.+]] = math.log1p
  // CHECK: arith.addf %[[RAMP]], %[[REST]]
  %s = agon.softplus %x : tensor<5xf32>
  return %p, %s : tensor<5xf32>, tensor<5xf32>
}

// -----

// CHECK: #[[LABEL:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func @labels
func.func @labels(%y: tensor<6xi32>) -> (tensor<6x10xf32>, tensor<2x3xf32>, tensor<4xi64>) {
  // CHECK: linalg.generic {indexing_maps = [#[[LABEL]], #{{.+}}]
  // CHECK: %[[J:.+]] = linalg.index 1
  // CHECK: %[[CLASS:.+]] = arith.index_cast %[[J]] : index to i32
  // CHECK: arith.cmpi eq, %{{.+}}, %[[CLASS]] : i32
  %h = agon.one_hot %y : tensor<6xi32> -> tensor<6x10xf32>
  // CHECK: linalg.generic
  // CHECK: linalg.index 0
  // CHECK: arith.sitofp
  %i = agon.iota dim 0 : tensor<2x3xf32>
  // CHECK: linalg.generic
  // CHECK: linalg.index 0
  // CHECK: arith.index_cast %{{.+}} : index to i64
  %k = agon.iota dim 0 : tensor<4xi64>
  return %h, %i, %k : tensor<6x10xf32>, tensor<2x3xf32>, tensor<4xi64>
}

// -----

// The key's two words are read through constant maps.
// CHECK-DAG: #[[SEED:.+]] = affine_map<(d0, d1) -> (0)>
// CHECK-DAG: #[[DRAW:.+]] = affine_map<(d0, d1) -> (1)>
// CHECK-LABEL: func @draw
// CHECK-SAME: (%[[KEY:.+]]: tensor<2xi64>)
func.func @draw(%key: tensor<2xi64>) -> tensor<3x4xf32> {
  // CHECK: linalg.generic {indexing_maps = [#[[SEED]], #[[DRAW]], #{{.+}}], iterator_types = ["parallel", "parallel"]} ins(%[[KEY]], %[[KEY]] :
  // Two products of 32 by 32 bits a round.
  // CHECK-COUNT-20: arith.muli {{.*}} : i64
  // CHECK-NOT: arith.muli {{.*}} : i64
  // CHECK: linalg.yield
  %u = agon.random uniform key %key stream 7 : tensor<3x4xf32> keyed by tensor<2xi64>
  return %u : tensor<3x4xf32>
}
