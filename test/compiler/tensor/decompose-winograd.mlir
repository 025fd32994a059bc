// Convolutions by Winograd's method. What they compute is compared with their
// definitions in test/unit/tensor and test/e2e/winograd.py.
// RUN: agon-opt %s --agon-decompose --canonicalize --cse --split-input-file | FileCheck %s
// RUN: agon-opt %s --agon-decompose=winograd=never --split-input-file | FileCheck %s --check-prefix=NEVER
// RUN: agon-opt %s --agon-decompose --canonicalize --cse --agon-to-linalg --cse --split-input-file | FileCheck %s --check-prefix=LINALG

// NEVER-NOT: mode_product

// Tiles of 4 x 4 outputs: 6 x 6 points, for each of which there is one product of matrices.
// CHECK-LABEL: func @forward
func.func @forward(%x: tensor<8x64x8x8xf32>, %w: tensor<96x64x3x3xf32>) -> tensor<8x96x8x8xf32> {
  // CHECK-DAG: %[[TILES:.+]] = agon.unfold %{{.+}} dims [1, 2] sizes [6, 6] strides [4, 4] {{.*}} -> tensor<8x2x2x64x1x1x6x6xf32>
  // CHECK-DAG: %[[V:.+]] = agon.mode_product %[[TILES]] dims [6, 7]
  // The filter lies in blocks of 32 channels out.
  // CHECK-DAG: %[[U:.+]] = agon.mode_product %{{.+}} dims [4, 5] {{.*}} : tensor<3x64x1x1x3x3x32xf32> -> tensor<3x64x1x1x6x6x32xf32>
  // CHECK: agon.contract {{.*}} batch [0, 1] x [0, 1] reduce [5, 6, 7] x [3, 4, 5] {{.*}} -> tensor<6x6x8x2x2x3x32xf32>
  // CHECK: agon.mode_product {{.*}} -> tensor<4x4x8x2x2x96xf32>
  // CHECK: agon.reshape {{.*}} -> tensor<8x8x8x96xf32>

  // Transposition and reshape are the map of the result, the matrices are constants.
  // LINALG-LABEL: func @forward
  // LINALG: %[[ONTO:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %{{.+}}, %{{.+}} : tensor<4x6xf32>, tensor<4x6xf32>, tensor<6x6x8x2x2x96xf32>)
  // LINALG-SAME: outs(%{{.+}} : tensor<8x8x8x96xf32>)
  %y = agon.conv %x, %w strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x64x8x8xf32>, tensor<96x64x3x3xf32>) -> tensor<8x96x8x8xf32>
  return %y : tensor<8x96x8x8xf32>
}

// -----

// The phases of a stride are channels, with two taps each: 256 channels of 5 x 5 points.
// CHECK-LABEL: func @strided
func.func @strided(%x: tensor<32x64x16x16xf32>, %w: tensor<96x64x4x4xf32>) -> tensor<32x96x8x8xf32> {
  // CHECK: agon.mode_product {{.*}} -> tensor<32x2x2x64x2x2x5x5xf32>
  // CHECK: agon.contract {{.*}} (tensor<5x5x32x2x2x2x2x64xf32>, tensor<5x5x3x2x2x64x32xf32>) -> tensor<5x5x32x2x2x3x32xf32>
  %y = agon.conv %x, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<32x64x16x16xf32>, tensor<96x64x4x4xf32>) -> tensor<32x96x8x8xf32>
  return %y : tensor<32x96x8x8xf32>
}

// -----

// A dilation of 2 makes 2 x 2 lattices of every sample, dense convolutions all of them. Nothing is moved: a tile's
// elements lie two apart, and its outputs as well.
// CHECK-LABEL: func @dilated
func.func @dilated(%x: tensor<4x64x16x16xf32>, %w: tensor<96x64x3x3xf32>) -> tensor<4x96x16x16xf32> {
  // CHECK: %[[PADDED:.+]] = agon.pad {{.*}} -> tensor<4x20x20x64xf32>
  // CHECK: %[[PHASES:.+]] = agon.reshape %[[PADDED]]
  // CHECK: %[[LATTICES:.+]] = agon.unfold %[[PHASES]] dims [1, 2] sizes [2, 2] strides [1, 1] {{.*}} -> tensor<4x19x19x64x1x1x2x2xf32>
  // CHECK: agon.unfold %[[LATTICES]] dims [1, 2] sizes [6, 6] strides [8, 8] dilations [2, 2] {{.*}} -> tensor<4x2x2x64x1x1x2x2x6x6xf32>
  // CHECK: agon.contract {{.*}} batch [0, 1] x [0, 1] reduce [7, 8, 9] x [3, 4, 5]
  // CHECK-SAME: (tensor<6x6x4x2x2x2x2x1x1x64xf32>, tensor<6x6x3x1x1x64x32xf32>) -> tensor<6x6x4x2x2x2x2x3x32xf32>
  // CHECK: agon.mode_product {{.*}} -> tensor<4x4x4x2x2x2x2x96xf32>
  // CHECK: agon.transpose {{.*}} -> tensor<4x2x4x2x2x4x2x96xf32>
  // CHECK: agon.reshape {{.*}} -> tensor<4x16x16x96xf32>

  // LINALG-LABEL: func @dilated
  // LINALG: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}}, %{{.+}} : tensor<6x6xf32>, tensor<6x6xf32>, tensor<4x20x20x64x1x1xf32>)
  %y = agon.conv %x, %w strides [1, 1] low [2, 2] high [2, 2] dilations [2, 2]
      : (tensor<4x64x16x16xf32>, tensor<96x64x3x3xf32>) -> tensor<4x96x16x16xf32>
  return %y : tensor<4x96x16x16xf32>
}

// -----

// The products of all tiles are summed at each point; there is one transform back.
// CHECK-LABEL: func @filter_gradient
func.func @filter_gradient(%x: tensor<8x64x8x8xf32>, %y: tensor<8x96x8x8xf32>) -> tensor<96x64x3x3xf32> {
  // CHECK: agon.contract {{.*}} batch [0, 1] x [0, 1] reduce [2, 3, 4] x [2, 3, 4] {{.*}} -> tensor<6x6x1x1x64x96xf32>
  // CHECK: agon.mode_product {{.*}} : tensor<6x6x1x1x64x96xf32> -> tensor<3x3x1x1x64x96xf32>
  %w = agon.conv_filter_gradient %x, %y strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x64x8x8xf32>, tensor<8x96x8x8xf32>) -> tensor<96x64x3x3xf32>
  return %w : tensor<96x64x3x3xf32>
}

// -----

// The two phases of an input gradient along each axis start one element apart: a batch axis each. No output is
// computed that is not wanted.
// CHECK-LABEL: func @input_gradient
func.func @input_gradient(%y: tensor<16x96x8x8xf32>, %w: tensor<96x64x4x4xf32>) -> tensor<16x64x16x16xf32> {
  // CHECK: agon.contract {{.*}} batch [0, 1, 2, 3] x [0, 1, 2, 3] reduce [7] x [5]
  // CHECK-SAME: (tensor<5x5x2x2x16x2x2x96xf32>, tensor<5x5x2x2x2x96x32xf32>) -> tensor<5x5x2x2x16x2x2x2x32xf32>
  // CHECK: agon.mode_product {{.*}} -> tensor<4x4x2x2x16x2x2x64xf32>
  // CHECK: agon.reshape {{.*}} -> tensor<16x16x16x64xf32>
  // CHECK-NOT: agon.slice
  %x = agon.conv_input_gradient %y, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<16x96x8x8xf32>, tensor<96x64x4x4xf32>) -> tensor<16x64x16x16xf32>
  return %x : tensor<16x64x16x16xf32>
}

// -----

// Few channels: the transforms would cost more than they save.
// CHECK-LABEL: func @thin
// CHECK-NOT: mode_product
func.func @thin(%x: tensor<4x3x32x32xf32>, %w: tensor<64x3x3x3xf32>) -> tensor<4x64x32x32xf32> {
  %y = agon.conv %x, %w strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<4x3x32x32xf32>, tensor<64x3x3x3xf32>) -> tensor<4x64x32x32xf32>
  return %y : tensor<4x64x32x32xf32>
}
