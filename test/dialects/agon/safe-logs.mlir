// RUN: agon-opt %s -agon-safe-numerics -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @softplus(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @softplus(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[S:.*]] = agon.softplus %[[X]]
  // CHECK-NEXT: return %[[S]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %d = arith.addf %one, %e : tensor<4xf32>
  %l = math.log %d : tensor<4xf32>
  return %l : tensor<4xf32>
}

// -----
// The two terms of the GAN's value.
// CHECK-LABEL: func.func @discriminator(
// CHECK-SAME: %[[REAL:.*]]: tensor<4x1xf32>, %[[FAKE:.*]]: tensor<4x1xf32>)
func.func @discriminator(%real: tensor<4x1xf32>, %fake: tensor<4x1xf32>) -> (tensor<4x1xf32>, tensor<4x1xf32>) {
  // CHECK: %[[MIRRORED:.*]] = arith.negf %[[REAL]]
  // CHECK: %[[S:.*]] = agon.softplus %[[MIRRORED]]
  // CHECK: %[[LOG_REAL:.*]] = arith.negf %[[S]]
  // CHECK: %[[T:.*]] = agon.softplus %[[FAKE]]
  // CHECK: %[[LOG_FAKE:.*]] = arith.negf %[[T]]
  // CHECK: return %[[LOG_REAL]], %[[LOG_FAKE]]
  %one = arith.constant dense<1.0> : tensor<4x1xf32>
  %p = agon.sigmoid %real : tensor<4x1xf32>
  %log_real = math.log %p : tensor<4x1xf32>
  %q = agon.sigmoid %fake : tensor<4x1xf32>
  %r = arith.subf %one, %q : tensor<4x1xf32>
  %log_fake = math.log %r : tensor<4x1xf32>
  return %log_real, %log_fake : tensor<4x1xf32>, tensor<4x1xf32>
}

// -----
// -log(1 / (1 + exp(-x))) = softplus(-x), from nothing but arithmetic.
// CHECK-LABEL: func.func @by_hand(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @by_hand(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[MIRRORED:.*]] = arith.negf %[[X]]
  // CHECK-NEXT: %[[S:.*]] = agon.softplus %[[MIRRORED]]
  // CHECK-NEXT: return %[[S]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %n = arith.negf %x : tensor<4xf32>
  %e = math.exp %n : tensor<4xf32>
  %d = arith.addf %one, %e : tensor<4xf32>
  %p = arith.divf %one, %d : tensor<4xf32>
  %l = math.log %p : tensor<4xf32>
  %m = arith.negf %l : tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @through_shapes(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @through_shapes(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<3x4x2xf32> {
  // CHECK-NOT: math.log
  // CHECK-COUNT-2: agon.softplus
  // CHECK: agon.concat
  // CHECK: agon.reshape
  // CHECK: agon.transpose
  // CHECK: agon.broadcast
  // CHECK: agon.stop_gradient
  // CHECK-NOT: math.log
  // CHECK: return
  %p = agon.sigmoid %x : tensor<4xf32>
  %q = agon.sigmoid %y : tensor<4xf32>
  %c = agon.concat %p, %q dim 0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %r = agon.reshape %c : tensor<8xf32> -> tensor<2x4xf32>
  %t = agon.transpose %r permutation [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  %b = agon.broadcast %t dims [1, 2] : tensor<4x2xf32> -> tensor<3x4x2xf32>
  %s = agon.stop_gradient %b : tensor<3x4x2xf32>
  %l = math.log %s : tensor<3x4x2xf32>
  return %l : tensor<3x4x2xf32>
}

// -----
// CHECK-LABEL: func.func @sums_of_two(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4xf32>)
func.func @sums_of_two(%a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[LOG_2:.*]] = arith.constant dense<0.693147182>
  // CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[B]], %[[A]]
  // CHECK: %[[S:.*]] = agon.softplus %[[DIFFERENCE]]
  // CHECK: %[[FIRST:.*]] = arith.addf %[[A]], %[[S]]
  // CHECK: %[[SCALED:.*]] = arith.subf %[[A]], %[[LOG_2]]
  // CHECK: %[[T:.*]] = agon.softplus %[[SCALED]]
  // CHECK: %[[SECOND:.*]] = arith.addf %[[T]], %[[LOG_2]]
  // CHECK: return %[[FIRST]], %[[SECOND]]
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %ea = math.exp %a : tensor<4xf32>
  %eb = math.exp %b : tensor<4xf32>
  %s = arith.addf %ea, %eb : tensor<4xf32>
  %l = math.log %s : tensor<4xf32>
  %t = arith.addf %two, %ea : tensor<4xf32>
  %m = math.log %t : tensor<4xf32>
  return %l, %m : tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @products(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[X:.*]]: tensor<4xf32>)
func.func @products(%a: tensor<4xf32>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01>
  // CHECK: %[[LOG_X:.*]] = math.log %[[X]]
  // CHECK: %[[PRODUCT:.*]] = arith.addf %[[A]], %[[LOG_X]]
  // CHECK: %[[QUOTIENT:.*]] = arith.subf %[[A]], %[[LOG_X]]
  // CHECK: %[[ROOT:.*]] = arith.mulf %[[A]], %[[HALF]]
  // CHECK: return %[[A]], %[[PRODUCT]], %[[QUOTIENT]], %[[ROOT]]
  %e = math.exp %a : tensor<4xf32>
  %0 = math.log %e : tensor<4xf32>
  %p = arith.mulf %e, %x : tensor<4xf32>
  %1 = math.log %p : tensor<4xf32>
  %q = arith.divf %e, %x : tensor<4xf32>
  %2 = math.log %q : tensor<4xf32>
  %r = math.sqrt %e : tensor<4xf32>
  %3 = math.log %r : tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// exp(a) * x and y may both be negative, and then log of their product exists
// where log(x) does not.
// CHECK-LABEL: func.func @signs(
// CHECK-SAME: %[[A:.*]]: tensor<4xf32>, %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @signs(%a: tensor<4xf32>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<f32>) {
  // CHECK: %[[E:.*]] = math.exp %[[A]]
  // CHECK: %[[P:.*]] = arith.mulf %[[E]], %[[X]]
  // CHECK: %[[Q:.*]] = arith.mulf %[[P]], %[[Y]]
  // CHECK: math.log %[[Q]]
  // CHECK: %[[SQUARE:.*]] = math.powf %[[P]]
  // CHECK: math.log %[[SQUARE]]
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[P]]
  // CHECK: math.log %[[SUM]]
  %e = math.exp %a : tensor<4xf32>
  %p = arith.mulf %e, %x : tensor<4xf32>
  %q = arith.mulf %p, %y : tensor<4xf32>
  %0 = math.log %q : tensor<4xf32>
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %s = math.powf %p, %two : tensor<4xf32>
  %1 = math.log %s : tensor<4xf32>
  %t = agon.reduce sum %p dims [0] : tensor<4xf32> -> tensor<f32>
  %2 = math.log %t : tensor<f32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<f32>
}

// -----
// What has no safe form stays: sums with a negative constant, tanh, plain
// values, sums of what is not exponential.
// CHECK-LABEL: func.func @untouched(
func.func @untouched(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<f32>) {
  // CHECK-COUNT-4: math.log
  %c = arith.constant dense<-2.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %d = arith.addf %e, %c : tensor<4xf32>
  %0 = math.log %d : tensor<4xf32>
  %t = math.tanh %x : tensor<4xf32>
  %1 = math.log %t : tensor<4xf32>
  %2 = math.log %y : tensor<4xf32>
  %p = agon.sigmoid %x : tensor<4xf32>
  %s = agon.reduce sum %p dims [0] : tensor<4xf32> -> tensor<f32>
  // CHECK-NOT: agon.softplus
  %3 = math.log %s : tensor<f32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<f32>
}

// -----
// CHECK-LABEL: func.func @either(
// CHECK-SAME: %[[C:.*]]: tensor<4xi1>, %[[X:.*]]: tensor<4xf32>)
func.func @either(%c: tensor<4xi1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NOT: math.log
  // CHECK: arith.select %[[C]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %p = agon.sigmoid %x : tensor<4xf32>
  %q = arith.subf %one, %p : tensor<4xf32>
  %s = arith.select %c, %p, %q : tensor<4xi1>, tensor<4xf32>
  %l = math.log %s : tensor<4xf32>
  return %l : tensor<4xf32>
}
