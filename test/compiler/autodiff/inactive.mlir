// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// An operation without a derivative is no obstacle where nothing active goes through it.

// CHECK-LABEL: @beside(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[Z:[^ ]*]]: {{[^ ]*}}
// CHECK-NEXT: %[[A:.*]] = math.acos %[[Z]]
// CHECK-NEXT: return %[[A]]
func.func @beside(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %a = math.acos %z : tensor<4xf32>
  %y = arith.mulf %x, %a : tensor<4xf32>
  %d = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}

// CHECK-LABEL: @behind(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}
// CHECK-NEXT: %[[A:.*]] = math.acos %[[X]]
// CHECK-NEXT: %[[S:.*]] = agon.stop_gradient %[[A]]
// CHECK-NEXT: return %[[S]]
func.func @behind(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = math.acos %x : tensor<4xf32>
  %s = agon.stop_gradient %a : tensor<4xf32>
  %y = arith.mulf %x, %s : tensor<4xf32>
  %d = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}

// A derivative within an objective holds the parameters, also those that follow from gradients of what x is in.
// CHECK-LABEL: @ahead(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[W:[^ ]*]]:
// CHECK: %[[G:.*]] = agon.differentiate %{{.*}} wrt(%[[W]])
// CHECK: %[[V:.*]] = arith.subf %[[W]], %[[G]]
// CHECK-NOT: arith
// CHECK: return %[[V]]
func.func @ahead(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %loss = arith.mulf %x, %w : tensor<f32>
  %square = arith.mulf %loss, %loss : tensor<f32>
  %g = agon.differentiate %square wrt(%w) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %v = arith.subf %w, %g : tensor<f32>
  %y = arith.mulf %v, %x : tensor<f32>
  %d = agon.gradient %y wrt %x : tensor<f32>, tensor<f32>
  return %d : tensor<f32>
}
