// RUN: not agon-opt %s -agon-expand-gradients 2>&1 | FileCheck %s

// CHECK: errors.mlir:[[# @LINE + 2]]:8: error: 'math.acos' op has no derivative
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.acos %x : tensor<4xf32>
  %d = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}
