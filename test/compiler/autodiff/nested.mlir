// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// RUN: agon-opt %s -agon-expand-gradients -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// Gradients of gradients, to the third order.
// CHECK-LABEL: @third(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}
// CHECK-NEXT: %[[COS:.*]] = math.cos %[[X]]
// CHECK-NEXT: %[[MINUS:.*]] = arith.negf %[[COS]]
// CHECK-NEXT: return %[[MINUS]]
// LOC-LABEL: @third(
// LOC: math.sin {{.*}} loc("sine")
// LOC: math.cos {{.*}} loc("gradient"("sine"))
func.func @third(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.sin %x : tensor<4xf32> loc("sine")
  %d = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  %e = agon.gradient %d wrt %x : tensor<4xf32>, tensor<4xf32>
  %f = agon.gradient %e wrt %x : tensor<4xf32>, tensor<4xf32>
  return %f : tensor<4xf32>
}

// What does not depend on x has the gradient zero, and costs nothing.
// CHECK-LABEL: @independent(
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: return %[[ZERO]]
func.func @independent(%x: tensor<2x3xf32>, %z: tensor<4xf32>) -> tensor<2x3xf32> {
  %y = math.exp %z : tensor<4xf32>
  %d = agon.gradient %y wrt %x : tensor<4xf32>, tensor<2x3xf32>
  return %d : tensor<2x3xf32>
}

// The derivative of x with respect to itself.
// CHECK-LABEL: @itself(
// CHECK-NEXT: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-NEXT: return %[[ONE]]
func.func @itself(%x: tensor<4xf32>) -> tensor<4xf32> {
  %d = agon.gradient %x wrt %x : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}

// With respect to a value computed on the way: what lies before it is not visited.
// CHECK-LABEL: @intermediate(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}
// CHECK-NEXT: %[[MIDDLE:.*]] = math.exp %[[X]]
// CHECK-NEXT: %[[SLOPE:.*]] = math.cos %[[MIDDLE]]
// CHECK-NEXT: return %[[SLOPE]]
func.func @intermediate(%x: tensor<4xf32>) -> tensor<4xf32> {
  %m = math.exp %x : tensor<4xf32>
  %y = math.sin %m : tensor<4xf32>
  %d = agon.gradient %y wrt %m : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}

// A zero is symbolic: the second derivative of a linear network is no operation.
// CHECK-LABEL: @linear(
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<8x3xf32>
// CHECK-NEXT: return %[[ZERO]]
func.func @linear(%x: tensor<8x3xf32>, %w: tensor<3x5xf32>) -> tensor<8x3xf32> {
  %y = agon.contract %x, %w reduce [1] x [0] : (tensor<8x3xf32>, tensor<3x5xf32>) -> tensor<8x5xf32>
  %d = agon.gradient %y wrt %x : tensor<8x5xf32>, tensor<8x3xf32>
  %e = agon.gradient %d wrt %x : tensor<8x3xf32>, tensor<8x3xf32>
  return %e : tensor<8x3xf32>
}

// A gradient penalty: the gradient with respect to w of |d y / d x|^2.
// CHECK-LABEL: @penalty(
// CHECK-NOT: agon.gradient
// CHECK: return
func.func @penalty(%x: tensor<8x3xf32>, %w: tensor<3x1xf32>) -> tensor<3x1xf32> {
  %h = agon.contract %x, %w reduce [1] x [0] : (tensor<8x3xf32>, tensor<3x1xf32>) -> tensor<8x1xf32>
  %y = math.tanh %h : tensor<8x1xf32>
  %d = agon.gradient %y wrt %x : tensor<8x1xf32>, tensor<8x3xf32>
  %q = arith.mulf %d, %d : tensor<8x3xf32>
  %g = agon.gradient %q wrt %w : tensor<8x3xf32>, tensor<3x1xf32>
  return %g : tensor<3x1xf32>
}
