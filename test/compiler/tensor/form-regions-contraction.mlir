// Contractions with their prologues and epilogues.
// RUN: agon-opt %s --agon-to-linalg --cse --agon-form-regions --split-input-file | FileCheck %s
// RUN: agon-opt %s --agon-to-linalg --cse --agon-form-regions=fuse=false --split-input-file | FileCheck %s --check-prefix=PLAIN

// Bias and activation follow in the result's space: the accumulator is not kept.
// 16 * 64 * (2 * 32 + 1 + 1) operations; the activation is counted, its maximum too.
// CHECK-LABEL: func @layer
// CHECK-SAME: (%[[X:.+]]: tensor<16x32xf32>, %[[W:.+]]: tensor<32x64xf32>, %[[B:.+]]: tensor<64xf32>)
// CHECK-NEXT: %[[Y:.+]] = agon.region contraction(%[[X]], %[[W]], %[[B]]) flops 67584 bytes 14592
// CHECK: ^bb0(%[[RX:.+]]: tensor<16x32xf32>, %[[RW:.+]]: tensor<32x64xf32>, %[[RB:.+]]: tensor<64xf32>):
// CHECK: %[[INIT:.+]] = linalg.fill
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[RX]], %[[RW]] : {{.*}}) outs(%[[INIT]] :
// CHECK: %[[OUT:.+]] = linalg.generic {{.*}} ins(%[[ACC]], %[[RB]] :
// CHECK: %[[ZERO:.+]] = arith.constant 0.0
// CHECK: %[[S:.+]] = arith.addf
// CHECK: arith.maximumf %[[S]], %[[ZERO]]
// CHECK: agon.yield %[[OUT]]
// CHECK: return %[[Y]]
// PLAIN-LABEL: func @layer
// PLAIN: agon.region contraction
// PLAIN: agon.region elementwise
// PLAIN: agon.region elementwise
func.func @layer(%x: tensor<16x32xf32>, %w: tensor<32x64xf32>, %b: tensor<64xf32>) -> tensor<16x64xf32> {
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %z = agon.contract %x, %w reduce [1] x [0] : (tensor<16x32xf32>, tensor<32x64xf32>) -> tensor<16x64xf32>
  %bb = agon.broadcast %b dims [1] : tensor<64xf32> -> tensor<16x64xf32>
  %s = arith.addf %z, %bb : tensor<16x64xf32>
  %y = arith.maximumf %s, %zero : tensor<16x64xf32>
  return %y : tensor<16x64xf32>
}

// -----

// Both the sum before and the one after the activation are wanted: two results.
// CHECK-LABEL: func @two_results
// CHECK: %[[R:.+]]:2 = agon.region contraction
// CHECK: %[[E:.+]]:2 = linalg.generic
// CHECK: agon.yield %[[E]]#0, %[[E]]#1
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @two_results(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>) {
  %z = agon.contract %x, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %bb = agon.broadcast %b dims [1] : tensor<5xf32> -> tensor<4x5xf32>
  %s = arith.addf %z, %bb : tensor<4x5xf32>
  %y = math.tanh %s : tensor<4x5xf32>
  return %s, %y : tensor<4x5xf32>, tensor<4x5xf32>
}

// -----

// The sum of two contractions joins one of them; the other comes before it.
// CHECK-LABEL: func @two_contractions
// CHECK: %[[OTHER:.+]] = agon.region contraction(
// CHECK: %[[SUM:.+]] = agon.region contraction({{.*}}%[[OTHER]]
// CHECK-NOT: agon.region
// CHECK: return %[[SUM]]
func.func @two_contractions(%x: tensor<4x3xf32>, %v: tensor<3x5xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %y = agon.contract %x, %v reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %z = agon.contract %x, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %s = arith.addf %y, %z : tensor<4x5xf32>
  return %s : tensor<4x5xf32>
}

// -----

// What depends on the result by another way cannot be its epilogue: the mean
// needs the whole result first.
// CHECK-LABEL: func @not_convex
// CHECK: %[[Y:.+]] = agon.region contraction
// CHECK: %[[MEAN:.+]] = agon.region reduction(%[[Y]])
// CHECK: %[[D:.+]] = agon.region elementwise(%[[Y]], %[[MEAN]])
// CHECK: return %[[D]]
func.func @not_convex(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %n = arith.constant dense<0.25> : tensor<5xf32>
  %y = agon.contract %x, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %s = agon.reduce sum %y dims [0] : tensor<4x5xf32> -> tensor<5xf32>
  %m = arith.mulf %s, %n : tensor<5xf32>
  %b = agon.broadcast %m dims [1] : tensor<5xf32> -> tensor<4x5xf32>
  %d = arith.subf %y, %b : tensor<4x5xf32>
  return %d : tensor<4x5xf32>
}

// -----

// A cheap operand is computed while it is packed, in its own space; a strided
// slice is only another map.
// CHECK: #[[STRIDED:.+]] = affine_map<(d0, d1) -> (d0, d1 * 2 + 1)>
// CHECK-LABEL: func @prologue
// CHECK-SAME: (%[[X:.+]]: tensor<4x6xf32>, %[[M:.+]]: tensor<4x3xf32>, %[[W:.+]]: tensor<3x5xf32>)
// CHECK-NEXT: agon.region contraction(%[[X]], %[[M]], %[[W]])
// CHECK: ^bb0(%[[RX:.+]]: tensor<4x6xf32>, %[[RM:.+]]: tensor<4x3xf32>, %[[RW:.+]]: tensor<3x5xf32>):
// CHECK: %[[A:.+]] = linalg.generic {indexing_maps = [#[[STRIDED]], {{.*}}iterator_types = ["parallel", "parallel"]} ins(%[[RX]], %[[RM]] :
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} ins(%[[A]], %[[RW]] :
func.func @prologue(%x: tensor<4x6xf32>, %m: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %s = agon.slice %x starts [0, 1] strides [1, 2] : tensor<4x6xf32> -> tensor<4x3xf32>
  %a = arith.mulf %s, %m : tensor<4x3xf32>
  %y = agon.contract %a, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// An expensive operand is stored, and so is one that others read as well.
// CHECK-LABEL: func @stored
// CHECK: %[[A:.+]] = agon.region elementwise
// CHECK: math.exp
// CHECK: agon.region contraction(%[[A]],
func.func @stored(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %a = math.exp %x : tensor<4x3xf32>
  %y = agon.contract %a, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %y : tensor<4x5xf32>
}

// -----

// All or nothing: an operand too dear to compute while packing is stored as a
// whole, not its inputs.
// CHECK-LABEL: func @all_or_nothing
// CHECK: %[[A:.+]] = agon.region elementwise
// CHECK: agon.region contraction(%[[A]], %{{.+}}) flops
func.func @all_or_nothing(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xf32> {
  %a = math.exp %x : tensor<4x3xf32>
  %b = math.exp %y : tensor<4x3xf32>
  %c = arith.mulf %a, %b : tensor<4x3xf32>
  %z = agon.contract %c, %w reduce [1] x [0] : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  return %z : tensor<4x5xf32>
}

// -----

// The test of a sign is made again by the reader, from the activation that is
// stored for the weights' gradient anyway.
// CHECK-LABEL: func @backward
// CHECK-SAME: (%[[X:.+]]: tensor<8x4xf32>, %[[W:.+]]: tensor<4x4xf32>, %[[G:.+]]: tensor<8x4xf32>)
// CHECK-NEXT: %[[Y:.+]] = agon.region contraction(%[[X]], %[[W]])
// CHECK: agon.region contraction(%[[G]], %[[W]], %[[Y]]) {{.*}} -> tensor<8x4xf32>
// CHECK: arith.cmpf ogt
// CHECK-NEXT: arith.select
// CHECK: agon.region contraction(%[[Y]], %[[G]])
func.func @backward(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>, %g: tensor<8x4xf32>) -> (tensor<8x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8x4xf32>
  %z = agon.contract %x, %w reduce [1] x [0] : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %y = arith.maximumf %z, %zero : tensor<8x4xf32>
  %m = arith.cmpf ogt, %y, %zero : tensor<8x4xf32>
  %d = agon.contract %g, %w reduce [1] x [1] : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %r = arith.select %m, %d, %zero : tensor<8x4xi1>, tensor<8x4xf32>
  %dw = agon.contract %y, %g reduce [0] x [0] : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<4x4xf32>
  return %r, %dw : tensor<8x4xf32>, tensor<4x4xf32>
}
