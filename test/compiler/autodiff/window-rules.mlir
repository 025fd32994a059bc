// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// The pullbacks of convolutions, windows and look-ups, with the cotangent %c.

// CHECK-LABEL: @conv(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[W:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[DX:.*]] = agon.conv_input_gradient %[[C]], %[[W]] strides [2] low [1] high [0] dilations [1] groups 2
// CHECK-DAG: %[[DW:.*]] = agon.conv_filter_gradient %[[X]], %[[C]] strides [2] low [1] high [0] dilations [1] groups 2
// CHECK: return %[[DX]], %[[DW]]
func.func @conv(%x: tensor<8x4x9xf32>, %w: tensor<6x2x3xf32>, %c: tensor<8x6x4xf32>) -> (tensor<8x4x9xf32>, tensor<6x2x3xf32>) {
  %y = agon.conv %x, %w strides [2] low [1] high [0] dilations [1] groups 2
    : (tensor<8x4x9xf32>, tensor<6x2x3xf32>) -> tensor<8x6x4xf32>
  %s = arith.mulf %y, %c : tensor<8x6x4xf32>
  %dx = agon.gradient %s wrt %x : tensor<8x6x4xf32>, tensor<8x4x9xf32>
  %dw = agon.gradient %s wrt %w : tensor<8x6x4xf32>, tensor<6x2x3xf32>
  return %dx, %dw : tensor<8x4x9xf32>, tensor<6x2x3xf32>
}

// CHECK-LABEL: @conv_input_gradient(
// CHECK-SAME: %[[Y:[^ ]*]]: {{[^ ]*}}, %[[W:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[DY:.*]] = agon.conv %[[C]], %[[W]] strides [2] low [1] high [0] dilations [1] :
// CHECK-DAG: %[[DW:.*]] = agon.conv_filter_gradient %[[C]], %[[Y]] strides [2] low [1] high [0] dilations [1] :
// CHECK: return %[[DY]], %[[DW]]
func.func @conv_input_gradient(%y: tensor<8x6x4xf32>, %w: tensor<6x4x3xf32>, %c: tensor<8x4x9xf32>)
    -> (tensor<8x6x4xf32>, tensor<6x4x3xf32>) {
  %x = agon.conv_input_gradient %y, %w strides [2] low [1] high [0] dilations [1]
    : (tensor<8x6x4xf32>, tensor<6x4x3xf32>) -> tensor<8x4x9xf32>
  %s = arith.mulf %x, %c : tensor<8x4x9xf32>
  %dy = agon.gradient %s wrt %y : tensor<8x4x9xf32>, tensor<8x6x4xf32>
  %dw = agon.gradient %s wrt %w : tensor<8x4x9xf32>, tensor<6x4x3xf32>
  return %dy, %dw : tensor<8x6x4xf32>, tensor<6x4x3xf32>
}

// CHECK-LABEL: @conv_filter_gradient(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[Y:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[DX:.*]] = agon.conv_input_gradient %[[Y]], %[[C]] strides [2] low [1] high [0] dilations [1] :
// CHECK-DAG: %[[DY:.*]] = agon.conv %[[X]], %[[C]] strides [2] low [1] high [0] dilations [1] :
// CHECK: return %[[DX]], %[[DY]]
func.func @conv_filter_gradient(%x: tensor<8x4x9xf32>, %y: tensor<8x6x4xf32>, %c: tensor<6x4x3xf32>)
    -> (tensor<8x4x9xf32>, tensor<8x6x4xf32>) {
  %w = agon.conv_filter_gradient %x, %y strides [2] low [1] high [0] dilations [1]
    : (tensor<8x4x9xf32>, tensor<8x6x4xf32>) -> tensor<6x4x3xf32>
  %s = arith.mulf %w, %c : tensor<6x4x3xf32>
  %dx = agon.gradient %s wrt %x : tensor<6x4x3xf32>, tensor<8x4x9xf32>
  %dy = agon.gradient %s wrt %y : tensor<6x4x3xf32>, tensor<8x6x4xf32>
  return %dx, %dy : tensor<8x4x9xf32>, tensor<8x6x4xf32>
}

// CHECK-LABEL: @windows(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[DX:.*]] = agon.fold %[[C]] dims [1] sizes [3] strides [2] dilations [1] : tensor<8x4x3xf32> -> tensor<8x9xf32>
// CHECK-DAG: %[[DC:.*]] = agon.unfold %[[X]] dims [1] sizes [3] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
// CHECK: return %[[DX]], %[[DC]]
func.func @windows(%x: tensor<8x9xf32>, %c: tensor<8x4x3xf32>) -> (tensor<8x9xf32>, tensor<8x4x3xf32>) {
  %u = agon.unfold %x dims [1] sizes [3] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  %s = arith.mulf %u, %c : tensor<8x4x3xf32>
  %dx = agon.gradient %s wrt %x : tensor<8x4x3xf32>, tensor<8x9xf32>
  %f = agon.fold %c dims [1] sizes [3] strides [2] dilations [1] : tensor<8x4x3xf32> -> tensor<8x9xf32>
  %t = arith.mulf %f, %x : tensor<8x9xf32>
  %dc = agon.gradient %t wrt %c : tensor<8x9xf32>, tensor<8x4x3xf32>
  return %dx, %dc : tensor<8x9xf32>, tensor<8x4x3xf32>
}

// CHECK-LABEL: @labels(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[L:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[DX:.*]] = agon.scatter_add %[[C]], %[[L]] batch 1 : (tensor<8x4xf32>, tensor<8xi32>) -> tensor<8x9x4xf32>
// CHECK-DAG: %[[DC:.*]] = agon.gather %[[X]], %[[L]] batch 1 : (tensor<8x9x4xf32>, tensor<8xi32>) -> tensor<8x4xf32>
// CHECK: return %[[DX]], %[[DC]]
func.func @labels(%x: tensor<8x9x4xf32>, %l: tensor<8xi32>, %c: tensor<8x4xf32>) -> (tensor<8x9x4xf32>, tensor<8x4xf32>) {
  %u = agon.gather %x, %l batch 1 : (tensor<8x9x4xf32>, tensor<8xi32>) -> tensor<8x4xf32>
  %s = arith.mulf %u, %c : tensor<8x4xf32>
  %dx = agon.gradient %s wrt %x : tensor<8x4xf32>, tensor<8x9x4xf32>
  %f = agon.scatter_add %c, %l batch 1 : (tensor<8x4xf32>, tensor<8xi32>) -> tensor<8x9x4xf32>
  %t = arith.mulf %f, %x : tensor<8x9x4xf32>
  %dc = agon.gradient %t wrt %c : tensor<8x9x4xf32>, tensor<8x4xf32>
  return %dx, %dc : tensor<8x9x4xf32>, tensor<8x4xf32>
}

// CHECK-LABEL: @order(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[FORTH:.*]] = agon.cumsum %[[C]] dim 0 reverse : tensor<8xf32>
// CHECK-DAG: %[[BACK:.*]] = agon.cumsum %[[C]] dim 0 : tensor<8xf32>
// CHECK-DAG: %[[MIRROR:.*]] = agon.reverse %[[C]] dims [0] : tensor<8xf32>
// CHECK: return %[[FORTH]], %[[BACK]], %[[MIRROR]]
func.func @order(%x: tensor<8xf32>, %c: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %0 = agon.cumsum %x dim 0 : tensor<8xf32>
  %1 = agon.cumsum %x dim 0 reverse : tensor<8xf32>
  %2 = agon.reverse %x dims [0] : tensor<8xf32>
  %s = arith.mulf %0, %c : tensor<8xf32>
  %t = arith.mulf %1, %c : tensor<8xf32>
  %u = arith.mulf %2, %c : tensor<8xf32>
  %ds = agon.gradient %s wrt %x : tensor<8xf32>, tensor<8xf32>
  %dt = agon.gradient %t wrt %x : tensor<8xf32>, tensor<8xf32>
  %du = agon.gradient %u wrt %x : tensor<8xf32>, tensor<8xf32>
  return %ds, %dt, %du : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// The border takes nothing of the cotangent.
// CHECK-LABEL: @border(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-NEXT: %[[DX:.*]] = agon.slice %[[C]] starts [1] strides [1] : tensor<6xf32> -> tensor<4xf32>
// CHECK-NEXT: return %[[DX]]
func.func @border(%x: tensor<4xf32>, %c: tensor<6xf32>) -> tensor<4xf32> {
  %0 = agon.pad %x starts [1] strides [1] value 3.0 : tensor<4xf32> -> tensor<6xf32>
  %s = arith.mulf %0, %c : tensor<6xf32>
  %ds = agon.gradient %s wrt %x : tensor<6xf32>, tensor<4xf32>
  return %ds : tensor<4xf32>
}
