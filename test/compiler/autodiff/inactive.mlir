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
