// Sums of gradients are taken before the steps that all terms have in common. What they are is
// compared in test/unit/tensor/MergeTest.cpp and by the gradients of test/e2e.
// RUN: agon-opt %s --agon-merge-sums --split-input-file | FileCheck %s
// RUN: agon-opt %s --agon-decompose --agon-merge-sums --canonicalize --cse --split-input-file | FileCheck %s --check-prefix=CONV

// One transform for three terms, in whatever brackets; what is no such term is added after.
// CHECK-LABEL: func @transforms
func.func @transforms(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>, %c: tensor<4x8xf32>, %d: tensor<8x2xf32>) -> tensor<8x2xf32> {
  // CHECK-NEXT: %[[AB:.+]] = arith.addf %arg0, %arg1
  // CHECK-NEXT: %[[ABC:.+]] = arith.addf %[[AB]], %arg2
  // CHECK-NEXT: %[[P:.+]] = agon.mode_product %[[ABC]] dims [0]
  // CHECK-NEXT: %[[T:.+]] = agon.transpose %[[P]] permutation [1, 0]
  // CHECK-NEXT: %[[S:.+]] = arith.addf %[[T]], %arg3
  // CHECK-NEXT: return %[[S]]
  %pa = agon.mode_product %a dims [0] matrices [dense<1.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %pb = agon.mode_product %b dims [0] matrices [dense<1.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %pc = agon.mode_product %c dims [0] matrices [dense<1.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %ta = agon.transpose %pa permutation [1, 0] : tensor<2x8xf32> -> tensor<8x2xf32>
  %tb = agon.transpose %pb permutation [1, 0] : tensor<2x8xf32> -> tensor<8x2xf32>
  %tc = agon.transpose %pc permutation [1, 0] : tensor<2x8xf32> -> tensor<8x2xf32>
  %ad = arith.addf %ta, %d : tensor<8x2xf32>
  %bc = arith.addf %tb, %tc : tensor<8x2xf32>
  %sum = arith.addf %ad, %bc : tensor<8x2xf32>
  return %sum : tensor<8x2xf32>
}

// -----

// Other matrices, a term that something else reads, views of no contraction: nothing to gain.
// CHECK-LABEL: func @apart
func.func @apart(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<8x4xf32>) {
  // CHECK-COUNT-4: agon.mode_product
  // CHECK-COUNT-2: agon.transpose
  %pa = agon.mode_product %a dims [0] matrices [dense<1.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %pb = agon.mode_product %b dims [0] matrices [dense<2.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %other = arith.addf %pa, %pb : tensor<2x8xf32>
  %qa = agon.mode_product %a dims [0] matrices [dense<3.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %qb = agon.mode_product %b dims [0] matrices [dense<3.0> : tensor<2x4xf64>] : tensor<4x8xf32> -> tensor<2x8xf32>
  %read = arith.addf %qa, %qb : tensor<2x8xf32>
  %ta = agon.transpose %a permutation [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  %tb = agon.transpose %b permutation [1, 0] : tensor<4x8xf32> -> tensor<8x4xf32>
  %views = arith.addf %ta, %tb : tensor<8x4xf32>
  return %other, %read, %qa, %views : tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, tensor<8x4xf32>
}

// -----

// Contractions meet through transpositions; those over as many terms stand side by side.
// CHECK-LABEL: func @contractions
func.func @contractions(%a: tensor<4x8xf32>, %b: tensor<4x6xf32>, %c: tensor<5x8xf32>, %d: tensor<5x6xf32>) -> tensor<6x8xf32> {
  // CHECK-DAG: %[[X:.+]] = agon.contract %arg0, %arg1
  // CHECK-DAG: %[[Y:.+]] = agon.contract %arg2, %arg3
  // CHECK-DAG: %[[Z:.+]] = agon.contract %arg0, %{{.+}} reduce
  // CHECK: %[[YX:.+]] = arith.addf %[[Y]], %[[X]]
  // CHECK: %[[YXZ:.+]] = arith.addf %[[YX]], %[[Z]]
  // CHECK: agon.transpose %[[YXZ]]
  %x = agon.contract %a, %b reduce [0] x [0] : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %y = agon.contract %c, %d reduce [0] x [0] : (tensor<5x8xf32>, tensor<5x6xf32>) -> tensor<8x6xf32>
  %n = arith.negf %b : tensor<4x6xf32>
  %z = agon.contract %a, %n reduce [0] x [0] : (tensor<4x8xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  %tx = agon.transpose %x permutation [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %ty = agon.transpose %y permutation [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %tz = agon.transpose %z permutation [1, 0] : tensor<8x6xf32> -> tensor<6x8xf32>
  %xy = arith.addf %tx, %ty : tensor<6x8xf32>
  %s = arith.addf %xy, %tz : tensor<6x8xf32>
  return %s : tensor<6x8xf32>
}

// -----

// D(x) and D(G(z)): two filter gradients, one transform back.
// CONV-LABEL: func @filter_gradients
func.func @filter_gradients(%x: tensor<8x64x8x8xf32>, %y: tensor<8x96x8x8xf32>, %u: tensor<8x64x8x8xf32>, %v: tensor<8x96x8x8xf32>) -> tensor<96x64x3x3xf32> {
  // CONV: %[[A:.+]] = agon.contract {{.*}} -> tensor<6x6x1x1x64x96xf32>
  // CONV: %[[B:.+]] = agon.contract {{.*}} -> tensor<6x6x1x1x64x96xf32>
  // CONV: %[[SUM:.+]] = arith.addf %[[A]], %[[B]]
  // CONV: agon.mode_product %[[SUM]] {{.*}} -> tensor<3x3x1x1x64x96xf32>
  // CONV-NOT: mode_product
  %first = agon.conv_filter_gradient %x, %y strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x64x8x8xf32>, tensor<8x96x8x8xf32>) -> tensor<96x64x3x3xf32>
  %second = agon.conv_filter_gradient %u, %v strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x64x8x8xf32>, tensor<8x96x8x8xf32>) -> tensor<96x64x3x3xf32>
  %sum = arith.addf %first, %second : tensor<96x64x3x3xf32>
  return %sum : tensor<96x64x3x3xf32>
}
