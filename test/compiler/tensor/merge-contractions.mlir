// Contractions that are only added up become one, where their results are more than what they read.
// RUN: agon-opt %s --agon-to-linalg --cse --agon-merge-contractions --split-input-file | FileCheck %s
// RUN: agon-opt %s --agon-to-linalg --cse --agon-merge-contractions --agon-form-regions --split-input-file | FileCheck %s --check-prefix=REGION

// A dense layer's weights, applied three times to a few samples each.
// CHECK-LABEL: func @weights
// REGION-LABEL: func @weights
func.func @weights(%x: tensor<8x64xf32>, %dx: tensor<8x32xf32>, %y: tensor<8x64xf32>, %dy: tensor<8x32xf32>,
                   %z: tensor<8x64xf32>, %dz: tensor<32x8xf32>, %w: tensor<64x32xf32>) -> tensor<64x32xf32> {
  // CHECK: linalg.generic {{.*}}"parallel", "parallel", "reduction"{{.*}} ins(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5 :
  // CHECK-COUNT-3: arith.mulf
  // CHECK: linalg.generic {{.*}} ins(%arg6, %
  // CHECK-NOT: linalg.generic
  // The rest of the sum is its epilogue.
  // REGION: agon.region contraction(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %arg6) flops 100352
  // REGION-NOT: agon.region
  // REGION: return
  %a = agon.contract %x, %dx reduce [0] x [0] : (tensor<8x64xf32>, tensor<8x32xf32>) -> tensor<64x32xf32>
  %b = agon.contract %y, %dy reduce [0] x [0] : (tensor<8x64xf32>, tensor<8x32xf32>) -> tensor<64x32xf32>
  %c = agon.contract %z, %dz reduce [0] x [1] : (tensor<8x64xf32>, tensor<32x8xf32>) -> tensor<64x32xf32>
  %wa = arith.addf %w, %a : tensor<64x32xf32>
  %wab = arith.addf %wa, %b : tensor<64x32xf32>
  %sum = arith.addf %wab, %c : tensor<64x32xf32>
  return %sum : tensor<64x32xf32>
}

// -----

// What is read is more than what is written: the second contraction has the addition as its epilogue.
// CHECK-LABEL: func @small
func.func @small(%x: tensor<80x8xf32>, %dx: tensor<80x8xf32>, %y: tensor<80x8xf32>, %dy: tensor<80x8xf32>) -> tensor<8x8xf32> {
  // CHECK-COUNT-2: linalg.generic {{.*}} ins(%arg{{[02]}}, %arg{{[13]}} :
  %a = agon.contract %x, %dx reduce [0] x [0] : (tensor<80x8xf32>, tensor<80x8xf32>) -> tensor<8x8xf32>
  %b = agon.contract %y, %dy reduce [0] x [0] : (tensor<80x8xf32>, tensor<80x8xf32>) -> tensor<8x8xf32>
  %sum = arith.addf %a, %b : tensor<8x8xf32>
  return %sum : tensor<8x8xf32>
}

// -----

// Other extents, or a result that is read twice.
// CHECK-LABEL: func @apart
func.func @apart(%x: tensor<2x8xf32>, %dx: tensor<2x8xf32>, %y: tensor<3x8xf32>, %dy: tensor<3x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) {
  // CHECK-NOT: ins(%arg{{[0-9]}}, %arg{{[0-9]}}, %arg
  %a = agon.contract %x, %dx reduce [0] x [0] : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x8xf32>
  %b = agon.contract %y, %dy reduce [0] x [0] : (tensor<3x8xf32>, tensor<3x8xf32>) -> tensor<8x8xf32>
  %c = agon.contract %dx, %x reduce [0] x [0] : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x8xf32>
  %d = agon.contract %x, %x reduce [0] x [0] : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<8x8xf32>
  %ab = arith.addf %a, %b : tensor<8x8xf32>
  %cd = arith.addf %c, %d : tensor<8x8xf32>
  return %ab, %cd, %d : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>
}
