// RUN: agon-opt %s -agon-safe-numerics -canonicalize -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @logistic(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @logistic(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[P:.*]] = agon.sigmoid %[[X]]
  // CHECK-NEXT: return %[[P]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %n = arith.negf %x : tensor<4xf32>
  %e = math.exp %n : tensor<4xf32>
  %d = arith.addf %e, %one : tensor<4xf32>
  %p = arith.divf %one, %d : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----
// The constant may still be a number that is broadcast.
// CHECK-LABEL: func.func @logistic_before_folding(
// CHECK-SAME: %[[X:.*]]: tensor<4xf64>)
func.func @logistic_before_folding(%x: tensor<4xf64>) -> tensor<4xf64> {
  // CHECK-NEXT: %[[P:.*]] = agon.sigmoid %[[X]]
  // CHECK-NEXT: return %[[P]]
  %c = arith.constant dense<1.0> : tensor<f64>
  %one = agon.broadcast %c dims [] : tensor<f64> -> tensor<4xf64>
  %e = math.exp %x : tensor<4xf64>
  %d = arith.addf %one, %e : tensor<4xf64>
  %p = arith.divf %e, %d : tensor<4xf64>
  return %p : tensor<4xf64>
}

// -----
// CHECK-LABEL: func.func @scaled_logistic(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[X:.*]]: tensor<4xf32>)
func.func @scaled_logistic(%a: tensor<4xf32>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[MIRRORED:.*]] = arith.negf %[[X]]
  // CHECK: %[[P:.*]] = agon.sigmoid %[[MIRRORED]]
  // CHECK: %[[SCALED:.*]] = arith.mulf %[[A]], %[[P]]
  // CHECK: return %[[SCALED]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %d = arith.addf %one, %e : tensor<4xf32>
  %p = arith.divf %a, %d : tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @complement(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @complement(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  // CHECK: %[[MIRRORED:.*]] = arith.negf %[[X]]
  // CHECK: %[[Q:.*]] = agon.sigmoid %[[MIRRORED]]
  // CHECK: %[[SHAPED:.*]] = agon.reshape %[[Q]] : tensor<4xf32> -> tensor<2x2xf32>
  // CHECK: return %[[SHAPED]]
  %one = arith.constant dense<1.0> : tensor<2x2xf32>
  %p = agon.sigmoid %x : tensor<4xf32>
  %r = agon.reshape %p : tensor<4xf32> -> tensor<2x2xf32>
  %q = arith.subf %one, %r : tensor<2x2xf32>
  return %q : tensor<2x2xf32>
}

// -----
// Two is not one.
// CHECK-LABEL: func.func @not_logistic
func.func @not_logistic(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NOT: arith.negf
  // CHECK: arith.divf
  // CHECK: agon.sigmoid
  // CHECK: arith.subf
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %d = arith.addf %e, %two : tensor<4xf32>
  %p = arith.divf %one, %d : tensor<4xf32>
  %s = agon.sigmoid %x : tensor<4xf32>
  %q = arith.subf %two, %s : tensor<4xf32>
  return %p, %q : tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @softmax(
// CHECK-SAME: %[[X:.*]]: tensor<8x10xf32>)
func.func @softmax(%x: tensor<8x10xf32>) -> tensor<8x10xf32> {
  // CHECK: %[[MAX:.*]] = agon.reduce max %[[X]] dims [1]
  // CHECK: %[[CONSTANT:.*]] = agon.stop_gradient %[[MAX]]
  // CHECK: %[[SHIFT:.*]] = agon.broadcast %[[CONSTANT]] dims [0]
  // CHECK: %[[SHIFTED:.*]] = arith.subf %[[X]], %[[SHIFT]]
  // CHECK: %[[EXP:.*]] = math.exp %[[SHIFTED]]
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[EXP]] dims [1]
  // CHECK: %[[TOTAL:.*]] = agon.broadcast %[[SUM]] dims [0]
  // CHECK: %[[P:.*]] = arith.divf %[[EXP]], %[[TOTAL]]
  // CHECK: return %[[P]]
  %e = math.exp %x : tensor<8x10xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %r = agon.reshape %s : tensor<8xf32> -> tensor<8x1xf32>
  %r1 = agon.reshape %r : tensor<8x1xf32> -> tensor<8xf32>
  %b = agon.broadcast %r1 dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %p = arith.divf %e, %b : tensor<8x10xf32>
  return %p : tensor<8x10xf32>
}

// -----
// Shifted by the user already: left alone.
// CHECK-LABEL: func.func @shifted_softmax(
func.func @shifted_softmax(%x: tensor<8x10xf32>) -> tensor<8x10xf32> {
  // CHECK-COUNT-1: agon.reduce max
  // CHECK-NOT: agon.reduce max
  // CHECK: return
  %m = agon.reduce max %x dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %mb = agon.broadcast %m dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %d = arith.subf %x, %mb : tensor<8x10xf32>
  %e = math.exp %d : tensor<8x10xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %b = agon.broadcast %s dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %p = arith.divf %e, %b : tensor<8x10xf32>
  return %p : tensor<8x10xf32>
}

// -----
// The sum of column i divides row i: no softmax, however square.
// CHECK-LABEL: func.func @transposed_sum(
func.func @transposed_sum(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  // CHECK-NOT: agon.reduce max
  // CHECK: return
  %e = math.exp %x : tensor<8x8xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x8xf32> -> tensor<8xf32>
  %b = agon.broadcast %s dims [1] : tensor<8xf32> -> tensor<8x8xf32>
  %p = arith.divf %e, %b : tensor<8x8xf32>
  return %p : tensor<8x8xf32>
}
