// Convolutions as contractions over windows, the channels last. What they
// compute is compared with their definitions in test/unit/tensor.
// RUN: agon-opt %s --agon-decompose --canonicalize --cse --split-input-file | FileCheck %s

// Windows are a view: nothing is copied but the padded input.
// CHECK-LABEL: func @forward
// CHECK-SAME: (%[[X:.+]]: tensor<8x3x9x8xf32>, %[[W:.+]]: tensor<5x3x3x4xf32>)
func.func @forward(%x: tensor<8x3x9x8xf32>, %w: tensor<5x3x3x4xf32>) -> tensor<8x5x5x4xf32> {
  // CHECK-NEXT: %[[LAST:.+]] = agon.transpose %[[X]] permutation [0, 2, 3, 1]
  // CHECK-NEXT: %[[PADDED:.+]] = agon.pad %[[LAST]] starts [0, 1, 1, 0] strides [1, 1, 1, 1] : tensor<8x9x8x3xf32> -> tensor<8x11x10x3xf32>
  // CHECK-NEXT: %[[WINDOWS:.+]] = agon.unfold %[[PADDED]] dims [1, 2] sizes [3, 4] strides [2, 2] dilations [1, 1] : {{.*}} -> tensor<8x5x4x3x3x4xf32>
  // CHECK-NEXT: %[[TAPS:.+]] = agon.transpose %[[W]] permutation [2, 3, 1, 0] : {{.*}} -> tensor<3x4x3x5xf32>
  // CHECK-NEXT: %[[SUM:.+]] = agon.contract %[[WINDOWS]], %[[TAPS]] reduce [4, 5, 3] x [0, 1, 2] : {{.*}} -> tensor<8x5x4x5xf32>
  // CHECK-NEXT: %[[Y:.+]] = agon.transpose %[[SUM]] permutation [0, 3, 1, 2]
  // CHECK-NEXT: return %[[Y]]
  %y = agon.conv %x, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x3x9x8xf32>, tensor<5x3x3x4xf32>) -> tensor<8x5x5x4xf32>
  return %y : tensor<8x5x5x4xf32>
}

// -----

// The same windows, summed over samples and positions.
// CHECK-LABEL: func @filter_gradient
// CHECK-SAME: (%[[X:.+]]: tensor<8x3x9x8xf32>, %[[Y:.+]]: tensor<8x5x5x4xf32>)
func.func @filter_gradient(%x: tensor<8x3x9x8xf32>, %y: tensor<8x5x5x4xf32>) -> tensor<5x3x3x4xf32> {
  // CHECK: %[[WINDOWS:.+]] = agon.unfold {{.*}} -> tensor<8x5x4x3x3x4xf32>
  // CHECK: %[[COTANGENT:.+]] = agon.transpose %[[Y]] permutation [0, 2, 3, 1]
  // CHECK: %[[COLUMNS:.+]] = agon.transpose %[[WINDOWS]] permutation [0, 1, 2, 4, 5, 3]
  // CHECK: %[[SUM:.+]] = agon.contract %[[COLUMNS]], %[[COTANGENT]] reduce [0, 1, 2] x [0, 1, 2] : {{.*}} -> tensor<3x4x3x5xf32>
  // CHECK-NOT: agon.contract
  // CHECK: agon.transpose %[[SUM]] permutation [3, 2, 0, 1]
  %w = agon.conv_filter_gradient %x, %y strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x3x9x8xf32>, tensor<8x5x5x4xf32>) -> tensor<5x3x3x4xf32>
  return %w : tensor<5x3x3x4xf32>
}

// -----

// A kernel of 4 and a stride of 2, as generators have it: two phases along each
// axis with two taps each. They are one contraction, in which a phase is a batch
// axis of windows (dims 4 and 5) and of taps (0 and 1); no zero is multiplied.
// CHECK-LABEL: func @phases_joined
// CHECK-SAME: (%[[Y:.+]]: tensor<8x5x4x6xf32>, %[[W:.+]]: tensor<5x9x4x4xf32>)
func.func @phases_joined(%y: tensor<8x5x4x6xf32>, %w: tensor<5x9x4x4xf32>) -> tensor<8x9x8x12xf32> {
  // CHECK: %[[PADDED:.+]] = agon.pad %{{.+}} starts [0, 1, 1, 0] strides [1, 1, 1, 1] : tensor<8x4x6x5xf32> -> tensor<8x6x8x5xf32>
  // CHECK: %[[PHASES:.+]] = agon.unfold %[[PADDED]] dims [1, 2] sizes [2, 2] strides [1, 1] {{.*}} -> tensor<8x5x7x5x2x2xf32>
  // CHECK: %[[WINDOWS:.+]] = agon.unfold %[[PHASES]] dims [1, 2] sizes [2, 2] strides [1, 1] {{.*}} -> tensor<8x4x6x5x2x2x2x2xf32>
  // CHECK: %[[SUM:.+]] = agon.contract %[[WINDOWS]], %{{.+}} batch [4, 5] x [0, 1] reduce [6, 7, 3] x [2, 3, 4]
  // CHECK-SAME: (tensor<8x4x6x5x2x2x2x2xf32>, tensor<2x2x2x2x5x9xf32>) -> tensor<2x2x8x4x6x9xf32>
  // CHECK-NOT: agon.contract
  // CHECK: %[[SIDE_BY_SIDE:.+]] = agon.transpose %[[SUM]] permutation [2, 3, 0, 4, 1, 5]
  // CHECK: agon.reshape %[[SIDE_BY_SIDE]] : tensor<8x4x2x6x2x9xf32> -> tensor<8x8x12x9xf32>
  %x = agon.conv_input_gradient %y, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x5x4x6xf32>, tensor<5x9x4x4xf32>) -> tensor<8x9x8x12xf32>
  return %x : tensor<8x9x8x12xf32>
}

// -----

// With few channels the phases are channels too: 12 columns instead of four times 3. What they give are the
// elements of the padded input.
// CHECK-LABEL: func @phases_as_channels
func.func @phases_as_channels(%y: tensor<8x5x4x6xf32>, %w: tensor<5x3x4x4xf32>) -> tensor<8x3x8x12xf32> {
  // CHECK: %[[PADDED:.+]] = agon.pad %{{.+}} starts [0, 1, 1, 0] {{.*}} -> tensor<8x6x8x5xf32>
  // CHECK: %[[WINDOWS:.+]] = agon.unfold %[[PADDED]] dims [1, 2] sizes [2, 2] strides [1, 1] {{.*}} -> tensor<8x5x7x5x2x2xf32>
  // CHECK: %[[SUM:.+]] = agon.contract %[[WINDOWS]], %{{.+}} reduce [4, 5, 3] x [0, 1, 2]
  // CHECK-SAME: -> tensor<8x5x7x2x2x3xf32>
  // CHECK: %[[MERGED:.+]] = agon.reshape %{{.+}} : tensor<8x5x2x7x2x3xf32> -> tensor<8x10x14x3xf32>
  // CHECK: agon.slice %[[MERGED]] starts [0, 1, 1, 0] {{.*}} -> tensor<8x8x12x3xf32>
  %x = agon.conv_input_gradient %y, %w strides [2, 2] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<8x5x4x6xf32>, tensor<5x3x4x4xf32>) -> tensor<8x3x8x12xf32>
  return %x : tensor<8x3x8x12xf32>
}

// -----

// A kernel of 3: one tap for even places, two for odd ones. Each phase is a
// contraction of its own; the twelfth element is cut off again.
// CHECK-LABEL: func @phases_apart
// CHECK-SAME: (%[[Y:.+]]: tensor<8x5x6xf32>, %[[W:.+]]: tensor<5x9x3xf32>)
func.func @phases_apart(%y: tensor<8x5x6xf32>, %w: tensor<5x9x3xf32>) -> tensor<8x9x11xf32> {
  // CHECK: agon.slice %[[W]] starts [0, 0, 1] strides [1, 1, 2] : tensor<5x9x3xf32> -> tensor<5x9x1xf32>
  // CHECK: agon.contract {{.*}} (tensor<8x6x5x1xf32>, tensor<1x5x9xf32>) -> tensor<8x6x9xf32>
  // CHECK: agon.slice %[[W]] starts [0, 0, 0] strides [1, 1, 2] : tensor<5x9x3xf32> -> tensor<5x9x2xf32>
  // CHECK: agon.contract {{.*}} (tensor<8x6x5x2xf32>, tensor<2x5x9xf32>) -> tensor<8x6x9xf32>
  // CHECK: %[[BOTH:.+]] = agon.concat %{{.+}}, %{{.+}} dim 2 : {{.*}} -> tensor<8x6x2x9xf32>
  // CHECK: %[[JOINED:.+]] = agon.reshape %[[BOTH]] : tensor<8x6x2x9xf32> -> tensor<8x12x9xf32>
  // CHECK: agon.slice %[[JOINED]] {{.*}} -> tensor<8x11x9xf32>
  %x = agon.conv_input_gradient %y, %w strides [2] low [1] high [1] dilations [1]
      : (tensor<8x5x6xf32>, tensor<5x9x3xf32>) -> tensor<8x9x11xf32>
  return %x : tensor<8x9x11xf32>
}

// -----

// A generator's first layer is a matrix product with the taps as its columns.
// CHECK-LABEL: func @one_position
// CHECK-SAME: (%[[Z:.+]]: tensor<8x100x1x1xf32>, %[[W:.+]]: tensor<100x64x4x4xf32>)
func.func @one_position(%z: tensor<8x100x1x1xf32>, %w: tensor<100x64x4x4xf32>) -> tensor<8x64x4x4xf32> {
  // CHECK-NEXT: %[[ROWS:.+]] = agon.reshape %[[Z]] : tensor<8x100x1x1xf32> -> tensor<8x100xf32>
  // CHECK-NEXT: %[[TAPS:.+]] = agon.transpose %[[W]] permutation [0, 2, 3, 1]
  // CHECK-NEXT: %[[X:.+]] = agon.contract %[[ROWS]], %[[TAPS]] reduce [1] x [0] : {{.*}} -> tensor<8x4x4x64xf32>
  // CHECK-NEXT: %[[FIRST:.+]] = agon.transpose %[[X]] permutation [0, 3, 1, 2]
  // CHECK-NEXT: return %[[FIRST]]
  %x = agon.conv_input_gradient %z, %w strides [1, 1] low [0, 0] high [0, 0] dilations [1, 1]
      : (tensor<8x100x1x1xf32>, tensor<100x64x4x4xf32>) -> tensor<8x64x4x4xf32>
  return %x : tensor<8x64x4x4xf32>
}

// -----

// One channel a group leaves no sum over channels.
// CHECK-LABEL: func @depthwise
// CHECK-SAME: (%[[X:.+]]: tensor<8x6x7xf32>, %[[W:.+]]: tensor<6x1x3xf32>)
func.func @depthwise(%x: tensor<8x6x7xf32>, %w: tensor<6x1x3xf32>) -> tensor<8x6x5xf32> {
  // CHECK: %[[WINDOWS:.+]] = agon.unfold %{{.+}} dims [1] sizes [3] {{.*}} -> tensor<8x5x6x3xf32>
  // CHECK: %[[TAPS:.+]] = agon.reshape %[[W]] : tensor<6x1x3xf32> -> tensor<6x3xf32>
  // CHECK: %[[SPREAD:.+]] = agon.broadcast %[[TAPS]] dims [2, 3]
  // CHECK: %[[TERMS:.+]] = arith.mulf %[[WINDOWS]], %[[SPREAD]]
  // CHECK: agon.reduce sum %[[TERMS]] dims [3]
  // CHECK-NOT: agon.contract
  // CHECK: return
  %y = agon.conv %x, %w strides [1] low [0] high [0] dilations [1] groups 6
      : (tensor<8x6x7xf32>, tensor<6x1x3xf32>) -> tensor<8x6x5xf32>
  return %y : tensor<8x6x5xf32>
}

// -----

// Groups are a batch axis of the contraction.
// CHECK-LABEL: func @groups
// CHECK-SAME: (%[[X:.+]]: tensor<8x6x7xf32>, %[[W:.+]]: tensor<4x3x3xf32>)
func.func @groups(%x: tensor<8x6x7xf32>, %w: tensor<4x3x3xf32>) -> tensor<8x4x5xf32> {
  // CHECK: %[[GROUPED:.+]] = agon.reshape %{{.+}} : tensor<8x7x6xf32> -> tensor<8x7x2x3xf32>
  // CHECK: %[[WINDOWS:.+]] = agon.unfold %[[GROUPED]] dims [1] sizes [3] {{.*}} -> tensor<8x5x2x3x3xf32>
  // CHECK: %[[SUM:.+]] = agon.contract %[[WINDOWS]], %{{.+}} batch [2] x [0] reduce [4, 3] x [1, 2] : (tensor<8x5x2x3x3xf32>, tensor<2x3x3x2xf32>) -> tensor<2x8x5x2xf32>
  // CHECK: %[[LAST:.+]] = agon.transpose %[[SUM]] permutation [1, 2, 0, 3]
  // CHECK: agon.reshape %[[LAST]] : tensor<8x5x2x2xf32> -> tensor<8x5x4xf32>
  %y = agon.conv %x, %w strides [1] low [0] high [0] dilations [1] groups 2
      : (tensor<8x6x7xf32>, tensor<4x3x3xf32>) -> tensor<8x4x5xf32>
  return %y : tensor<8x4x5xf32>
}
