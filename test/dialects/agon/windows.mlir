// Convolutions, windows, labels and the like are printed as they are parsed.
// RUN: agon-opt %s | agon-opt | FileCheck %s

// CHECK-LABEL: func.func @conv(
// CHECK-SAME: %[[X:.*]]: tensor<8x4x9x7xf32>, %[[W:.*]]: tensor<6x2x3x2xf32>, %[[Y:.*]]: tensor<8x6x5x6xf32>)
func.func @conv(%x: tensor<8x4x9x7xf32>, %w: tensor<6x2x3x2xf32>, %y: tensor<8x6x5x6xf32>) {
  // CHECK: agon.conv %[[X]], %[[W]] strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2 : (tensor<8x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<8x6x5x6xf32>
  %0 = agon.conv %x, %w strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<8x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<8x6x5x6xf32>
  // CHECK: agon.conv_input_gradient %[[Y]], %[[W]] strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2 : (tensor<8x6x5x6xf32>, tensor<6x2x3x2xf32>) -> tensor<8x4x9x7xf32>
  %1 = agon.conv_input_gradient %y, %w strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<8x6x5x6xf32>, tensor<6x2x3x2xf32>) -> tensor<8x4x9x7xf32>
  // CHECK: agon.conv_filter_gradient %[[X]], %[[Y]] strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2 : (tensor<8x4x9x7xf32>, tensor<8x6x5x6xf32>) -> tensor<6x2x3x2xf32>
  %2 = agon.conv_filter_gradient %x, %y strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<8x4x9x7xf32>, tensor<8x6x5x6xf32>) -> tensor<6x2x3x2xf32>
  return
}

// CHECK-LABEL: func.func @one_group(
// CHECK-SAME: %[[X:.*]]: tensor<1x2x5xf64>, %[[W:.*]]: tensor<3x2x5xf64>)
func.func @one_group(%x: tensor<1x2x5xf64>, %w: tensor<3x2x5xf64>) -> tensor<1x3x1xf64> {
  // CHECK: agon.conv %[[X]], %[[W]] strides [1] low [0] high [0] dilations [1] : (tensor<1x2x5xf64>, tensor<3x2x5xf64>) -> tensor<1x3x1xf64>
  %0 = agon.conv %x, %w strides [1] low [0] high [0] dilations [1] groups 1
    : (tensor<1x2x5xf64>, tensor<3x2x5xf64>) -> tensor<1x3x1xf64>
  return %0 : tensor<1x3x1xf64>
}

// CHECK-LABEL: func.func @windows(
// CHECK-SAME: %[[X:.*]]: tensor<8x9x7xf32>, %[[L:.*]]: tensor<9xi32>)
func.func @windows(%x: tensor<8x9x7xf32>, %l: tensor<9xi32>) {
  // CHECK: %[[U:.*]] = agon.unfold %[[X]] dims [2, 1] sizes [3, 2] strides [2, 1] dilations [1, 3] : tensor<8x9x7xf32> -> tensor<8x6x3x3x2xf32>
  %0 = agon.unfold %x dims [2, 1] sizes [3, 2] strides [2, 1] dilations [1, 3] : tensor<8x9x7xf32> -> tensor<8x6x3x3x2xf32>
  // CHECK: agon.fold %[[U]] dims [2, 1] sizes [3, 2] strides [2, 1] dilations [1, 3] : tensor<8x6x3x3x2xf32> -> tensor<8x9x7xf32>
  %1 = agon.fold %0 dims [2, 1] sizes [3, 2] strides [2, 1] dilations [1, 3] : tensor<8x6x3x3x2xf32> -> tensor<8x9x7xf32>
  // A longer input has the same windows.
  // CHECK: agon.fold %[[U]] {{.*}} -> tensor<8x9x8xf32>
  %2 = agon.fold %0 dims [2, 1] sizes [3, 2] strides [2, 1] dilations [1, 3] : tensor<8x6x3x3x2xf32> -> tensor<8x9x8xf32>
  // CHECK: agon.unfold {{.*}} : tensor<9xi32> -> tensor<3x3xi32>
  %3 = agon.unfold %l dims [0] sizes [3] strides [3] dilations [1] : tensor<9xi32> -> tensor<3x3xi32>
  return
}

// CHECK-LABEL: func.func @indices(
// CHECK-SAME: %[[X:.*]]: tensor<8x9x7xf32>, %[[L:.*]]: tensor<8x5xi32>)
func.func @indices(%x: tensor<8x9x7xf32>, %l: tensor<8x5xi32>) {
  // CHECK: agon.gather %[[X]], %[[L]] batch 0 : (tensor<8x9x7xf32>, tensor<8x5xi32>) -> tensor<8x5x9x7xf32>
  %0 = agon.gather %x, %l batch 0 : (tensor<8x9x7xf32>, tensor<8x5xi32>) -> tensor<8x5x9x7xf32>
  // CHECK: %[[G:.*]] = agon.gather %[[X]], %[[L]] batch 1 : (tensor<8x9x7xf32>, tensor<8x5xi32>) -> tensor<8x5x7xf32>
  %1 = agon.gather %x, %l batch 1 : (tensor<8x9x7xf32>, tensor<8x5xi32>) -> tensor<8x5x7xf32>
  // CHECK: agon.scatter_add %[[G]], %[[L]] batch 1 : (tensor<8x5x7xf32>, tensor<8x5xi32>) -> tensor<8x9x7xf32>
  %2 = agon.scatter_add %1, %l batch 1 : (tensor<8x5x7xf32>, tensor<8x5xi32>) -> tensor<8x9x7xf32>
  // CHECK: agon.cumsum %[[X]] dim 1 : tensor<8x9x7xf32>
  %3 = agon.cumsum %x dim 1 : tensor<8x9x7xf32>
  // CHECK: agon.cumsum %[[X]] dim 2 reverse : tensor<8x9x7xf32>
  %4 = agon.cumsum %x dim 2 reverse : tensor<8x9x7xf32>
  // CHECK: agon.reverse %[[X]] dims [2, 0] : tensor<8x9x7xf32>
  %5 = agon.reverse %x dims [2, 0] : tensor<8x9x7xf32>
  // CHECK: agon.pad %[[X]] starts [0, 0, 1] strides [1, 1, 1] value 0xFFF0000000000000 : tensor<8x9x7xf32> -> tensor<8x9x9xf32>
  %6 = agon.pad %x starts [0, 0, 1] strides [1, 1, 1] value 0xFFF0000000000000 : tensor<8x9x7xf32> -> tensor<8x9x9xf32>
  // CHECK: agon.pad %[[X]] starts [0, 0, 1] strides [1, 1, 1] value 5.000000e-01 : tensor<8x9x7xf32> -> tensor<8x9x9xf32>
  %7 = agon.pad %x starts [0, 0, 1] strides [1, 1, 1] value 0.5 : tensor<8x9x7xf32> -> tensor<8x9x9xf32>
  // CHECK: agon.mode_product %[[X]] dims [2, 0] matrices [dense<1.000000e+00> : tensor<3x7xf64>, dense<2.000000e+00> : tensor<1x8xf64>] : tensor<8x9x7xf32> -> tensor<1x9x3xf32>
  %8 = agon.mode_product %x dims [2, 0] matrices [dense<1.0> : tensor<3x7xf64>, dense<2.0> : tensor<1x8xf64>]
      : tensor<8x9x7xf32> -> tensor<1x9x3xf32>
  return
}
