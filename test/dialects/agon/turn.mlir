// A turn's differentiation is printed as it is parsed.
// RUN: agon-opt %s | agon-opt | FileCheck %s

// CHECK-LABEL: func.func @turn(
// CHECK-SAME: %[[LOSS:.*]]: tensor<f32>, %[[W:.*]]: tensor<2x1xf32>, %[[B:.*]]: tensor<1xf32>)
func.func @turn(%loss: tensor<f32>, %w: tensor<2x1xf32>, %b: tensor<1xf32>) -> (tensor<2x1xf32>, tensor<1xf32>) {
  // CHECK: %[[COTANGENTS:.*]]:2 = agon.differentiate %[[LOSS]] wrt(%[[W]], %[[B]]) :
  // CHECK-SAME: (tensor<f32>, tensor<2x1xf32>, tensor<1xf32>) -> (tensor<2x1xf32>, tensor<1xf32>)
  %g:2 = agon.differentiate %loss wrt(%w, %b)
         : (tensor<f32>, tensor<2x1xf32>, tensor<1xf32>) -> (tensor<2x1xf32>, tensor<1xf32>)
  return %g#0, %g#1 : tensor<2x1xf32>, tensor<1xf32>
}
