// Reductions, insertions, elementwise clusters and updates.
// RUN: agon-opt %s --agon-to-linalg --cse --agon-form-regions --split-input-file | FileCheck %s

// An update with its moments is the epilogue of the gradient's contraction: the gradient is
// never in memory.
// CHECK-LABEL: func @adam
// CHECK-SAME: (%[[X:.+]]: tensor<8x4xf32>, %[[G:.+]]: tensor<8x5xf32>, %[[W:.+]]: tensor<4x5xf32>, %[[M:.+]]: tensor<4x5xf32>, %[[V:.+]]: tensor<4x5xf32>, %[[LR:.+]]: tensor<f32>)
// CHECK-NEXT: %[[NEW:.+]]:3 = agon.region contraction(%[[X]], %[[G]], %[[M]], %[[V]], %[[W]], %[[LR]]) {{.*}} -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>)
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK: %[[ALL:.+]]:3 = linalg.generic
// CHECK: agon.yield %[[ALL]]#0, %[[ALL]]#1, %[[ALL]]#2
// CHECK-NOT: agon.region
// CHECK: return
func.func @adam(%x: tensor<8x4xf32>, %g: tensor<8x5xf32>, %w: tensor<4x5xf32>, %m: tensor<4x5xf32>, %v: tensor<4x5xf32>,
                %lr: tensor<f32>) -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>) {
  %b1 = arith.constant dense<0.5> : tensor<4x5xf32>
  %b2 = arith.constant dense<0.99> : tensor<4x5xf32>
  %eps = arith.constant dense<1.0e-8> : tensor<4x5xf32>
  %dw = agon.contract %x, %g reduce [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  %m0 = arith.mulf %m, %b1 : tensor<4x5xf32>
  %g0 = arith.mulf %dw, %b1 : tensor<4x5xf32>
  %m1 = arith.addf %m0, %g0 : tensor<4x5xf32>
  %v0 = arith.mulf %v, %b2 : tensor<4x5xf32>
  %g1 = arith.mulf %dw, %dw : tensor<4x5xf32>
  %v1 = arith.addf %v0, %g1 : tensor<4x5xf32>
  %root = math.sqrt %v1 : tensor<4x5xf32>
  %den = arith.addf %root, %eps : tensor<4x5xf32>
  %dir = arith.divf %m1, %den : tensor<4x5xf32>
  %lrs = agon.broadcast %lr dims [] : tensor<f32> -> tensor<4x5xf32>
  %step = arith.mulf %lrs, %dir : tensor<4x5xf32>
  %w1 = arith.subf %w, %step : tensor<4x5xf32>
  return %w1, %m1, %v1 : tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xf32>
}

// -----

// And so is a step without moments.
// CHECK-LABEL: func @sgd
// CHECK: %[[NEW:.+]] = agon.region contraction
// CHECK-NOT: agon.region
// CHECK: return %[[NEW]]
func.func @sgd(%x: tensor<8x4xf32>, %g: tensor<8x5xf32>, %w: tensor<4x5xf32>, %lr: tensor<f32>) -> tensor<4x5xf32> {
  %dw = agon.contract %x, %g reduce [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
  %lrs = agon.broadcast %lr dims [] : tensor<f32> -> tensor<4x5xf32>
  %step = arith.mulf %lrs, %dw : tensor<4x5xf32>
  %w1 = arith.subf %w, %step : tensor<4x5xf32>
  return %w1 : tensor<4x5xf32>
}

// -----

// A loss: its elements are the prologue, the mean's factor the epilogue.
// CHECK-LABEL: func @loss
// CHECK-NEXT: %[[L:.+]] = agon.region reduction(%{{.+}}) flops
// CHECK: %[[E:.+]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]}
// CHECK: math.log1p
// CHECK: %[[S:.+]] = linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]} ins(%[[E]] :
// CHECK: linalg.generic {{.*}}iterator_types = []} ins(%[[S]] :
// CHECK: return %[[L]]
func.func @loss(%x: tensor<8x1xf32>) -> tensor<f32> {
  %n = arith.constant dense<0.125> : tensor<f32>
  %e = agon.softplus %x : tensor<8x1xf32>
  %s = agon.reduce sum %e dims [0, 1] : tensor<8x1xf32> -> tensor<f32>
  %l = arith.mulf %s, %n : tensor<f32>
  return %l : tensor<f32>
}

// -----

// A prologue skips what the reduction does not read.
// CHECK: #[[EVERY_OTHER:.+]] = affine_map<(d0) -> (d0 * 2)>
// CHECK-LABEL: func @reduced_slice
// CHECK: agon.region reduction
// CHECK: %[[E:.+]] = linalg.generic {indexing_maps = [#[[EVERY_OTHER]], {{.*}}iterator_types = ["parallel"]}
// CHECK: math.exp
// CHECK: linalg.generic {{.*}}iterator_types = ["reduction"]} ins(%[[E]] : tensor<4xf32>)
// CHECK-NOT: agon.region
func.func @reduced_slice(%x: tensor<8xf32>) -> tensor<f32> {
  %e = math.exp %x : tensor<8xf32>
  %s = agon.slice %e starts [0] strides [2] : tensor<8xf32> -> tensor<4xf32>
  %r = agon.reduce sum %s dims [0] : tensor<4xf32> -> tensor<f32>
  return %r : tensor<f32>
}

// -----

// A small expensive tensor is not computed again for each row that reads it.
// CHECK-LABEL: func @broadcast_is_stored
// CHECK: %[[E:.+]] = agon.region elementwise
// CHECK: math.exp
// CHECK: agon.region reduction({{.*}}%[[E]]
func.func @broadcast_is_stored(%x: tensor<8x4xf32>, %b: tensor<4xf32>) -> tensor<8xf32> {
  %e = math.exp %b : tensor<4xf32>
  %bb = agon.broadcast %e dims [1] : tensor<4xf32> -> tensor<8x4xf32>
  %p = arith.mulf %x, %bb : tensor<8x4xf32>
  %r = agon.reduce sum %p dims [1] : tensor<8x4xf32> -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

// Sources of a concatenation are written straight into it, however expensive.
// CHECK-LABEL: func @concat
// CHECK-SAME: (%[[X:.+]]: tensor<4x3xf32>, %[[Y:.+]]: tensor<4x2xf32>)
// CHECK-NEXT: agon.region insert(%[[X]], %[[Y]])
// CHECK: ^bb0(%[[RX:.+]]: tensor<4x3xf32>, %[[RY:.+]]: tensor<4x2xf32>):
// CHECK: %[[E:.+]] = linalg.generic {{.*}} ins(%[[RX]] :
// CHECK: math.exp
// CHECK: %[[EMPTY:.+]] = tensor.empty() : tensor<4x5xf32>
// CHECK: %[[A:.+]] = tensor.insert_slice %[[E]] into %[[EMPTY]]
// CHECK: %[[B:.+]] = tensor.insert_slice %[[RY]] into %[[A]]
// CHECK: agon.yield %[[B]]
func.func @concat(%x: tensor<4x3xf32>, %y: tensor<4x2xf32>) -> tensor<4x5xf32> {
  %e = math.exp %x : tensor<4x3xf32>
  %c = agon.concat %e, %y dim 1 : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<4x5xf32>
  return %c : tensor<4x5xf32>
}

// -----

// Chains that begin alike are apart again in their regions.
// CHECK-LABEL: func @shared_chain
// CHECK-COUNT-2: agon.region insert
func.func @shared_chain(%x: tensor<4xf32>, %y: tensor<2xf32>, %z: tensor<2xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %c = agon.concat %x, %y dim 0 : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  %d = agon.concat %x, %z dim 0 : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>
  return %c, %d : tensor<6xf32>, tensor<6xf32>
}

// -----

// Scalars that depend on each other are one region; siblings that read one
// tensor are one region; two tensors of one shape are not.
// CHECK-LABEL: func @clusters
// CHECK-SAME: (%[[T:.+]]: tensor<f32>, %[[X:.+]]: tensor<64xf32>, %[[Y:.+]]: tensor<64xf32>)
// CHECK: agon.region elementwise(%[[T]]) {{.*}} -> (tensor<f32>, tensor<f32>)
// CHECK: agon.region elementwise(%[[Y]]) {{.*}} -> tensor<64xf32>
// CHECK: agon.region elementwise(%[[X]]) {{.*}} -> (tensor<64xf32>, tensor<64xf32>)
func.func @clusters(%t: tensor<f32>, %x: tensor<64xf32>, %y: tensor<64xf32>)
    -> (tensor<f32>, tensor<f32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %beta = arith.constant dense<0.9> : tensor<f32>
  %t1 = arith.addf %t, %one : tensor<f32>
  %p = math.powf %beta, %t1 : tensor<f32>
  %c = arith.subf %one, %p : tensor<f32>
  %e = math.exp %x : tensor<64xf32>
  %f = math.exp %y : tensor<64xf32>
  %g = math.tanh %x : tensor<64xf32>
  return %t1, %c, %e, %g, %f : tensor<f32>, tensor<f32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
}

// -----

// Siblings stay apart where one needs the other by way of a reduction.
// CHECK-LABEL: func @siblings_not_convex
// CHECK: %[[E:.+]] = agon.region elementwise
// CHECK: math.exp
// CHECK: %[[S:.+]] = agon.region reduction(%[[E]])
// CHECK: agon.region elementwise(%[[E]], %[[S]])
func.func @siblings_not_convex(%x: tensor<64xf32>) -> tensor<64xf32> {
  %e = math.exp %x : tensor<64xf32>
  %s = agon.reduce sum %e dims [0] : tensor<64xf32> -> tensor<f32>
  %b = agon.broadcast %s dims [] : tensor<f32> -> tensor<64xf32>
  %p = arith.divf %e, %b : tensor<64xf32>
  return %p : tensor<64xf32>
}

// -----

// Reshapes, tables and returned arguments stay outside; unused work is dropped.
// CHECK-LABEL: func @outside
// CHECK-SAME: (%[[X:.+]]: tensor<2x2xf32>)
// CHECK: %[[TABLE:.+]] = arith.constant dense<
// CHECK: %[[FLAT:.+]] = agon.reshape %[[X]]
// CHECK: %[[R:.+]] = agon.region elementwise(%[[FLAT]], %[[TABLE]])
// CHECK-NOT: agon.region
// CHECK: return %[[R]], %[[X]]
func.func @outside(%x: tensor<2x2xf32>) -> (tensor<4xf32>, tensor<2x2xf32>) {
  %table = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %f = agon.reshape %x : tensor<2x2xf32> -> tensor<4xf32>
  %r = arith.mulf %f, %table : tensor<4xf32>
  %unused = math.exp %f : tensor<4xf32>
  return %r, %x : tensor<4xf32>, tensor<2x2xf32>
}

// -----

// Merged bodies hold each scalar constant and each common value once.
// CHECK-LABEL: func @merged
// CHECK: linalg.generic
// CHECK-NEXT: ^bb0(%[[IN:.+]]: f32, %{{.+}}: f32, %{{.+}}: f32):
// CHECK-NEXT: %[[TWO:.+]] = arith.constant 2.0
// CHECK-NEXT: %[[E:.+]] = math.exp %[[IN]]
// CHECK-NEXT: %[[A:.+]] = arith.mulf %[[E]], %[[TWO]]
// CHECK-NEXT: %[[B:.+]] = arith.addf %[[E]], %[[TWO]]
// CHECK-NEXT: linalg.yield %[[A]], %[[B]]
func.func @merged(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %two = arith.constant dense<2.0> : tensor<64xf32>
  %e = math.exp %x : tensor<64xf32>
  %a = arith.mulf %e, %two : tensor<64xf32>
  %b = arith.addf %e, %two : tensor<64xf32>
  return %a, %b : tensor<64xf32>, tensor<64xf32>
}

// -----

// Padding that only elementwise operations read is never stored, and what is padded is; a sum over
// windows reads it from memory.
// CHECK-LABEL: func @padding
// CHECK-SAME: (%[[X:.+]]: tensor<4x8xf32>)
// CHECK: %[[E:.+]] = agon.region elementwise(%[[X]])
// CHECK: %[[R:.+]] = agon.region elementwise(%[[E]])
// CHECK: ^bb0(%[[IN:.+]]: tensor<4x8xf32>):
// CHECK: %[[ZEROS:.+]] = linalg.fill
// CHECK: %[[BOX:.+]] = tensor.insert_slice %[[IN]] into %[[ZEROS]][1, 0] [4, 8] [1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[BOX]], %[[BOX]] :
// CHECK: %[[STORED:.+]] = agon.region insert(%[[E]])
// CHECK: %[[S:.+]] = agon.region reduction(%[[STORED]])
// CHECK: return %[[R]], %[[S]]
func.func @padding(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<8xf32>) {
  %e = math.exp %x : tensor<4x8xf32>
  %p = agon.pad %e starts [1, 0] strides [1, 1] : tensor<4x8xf32> -> tensor<6x8xf32>
  %a = agon.slice %p starts [0, 0] strides [1, 1] : tensor<6x8xf32> -> tensor<4x8xf32>
  %b = agon.slice %p starts [2, 0] strides [1, 1] : tensor<6x8xf32> -> tensor<4x8xf32>
  %r = arith.subf %b, %a : tensor<4x8xf32>
  %q = agon.pad %e starts [2, 0] strides [1, 1] : tensor<4x8xf32> -> tensor<7x8xf32>
  %s = agon.reduce sum %q dims [0] : tensor<7x8xf32> -> tensor<8xf32>
  return %r, %s : tensor<4x8xf32>, tensor<8xf32>
}
