// Fold, running sums and look-ups in simpler operations. What they compute is
// compared with their definitions in test/unit/tensor.
// RUN: agon-opt %s --agon-decompose --canonicalize --cse --split-input-file | FileCheck %s

// Windows that lie side by side are put there.
// CHECK-LABEL: func @tiles
// CHECK-SAME: (%[[W:.+]]: tensor<8x4x5x3x2xf32>)
func.func @tiles(%w: tensor<8x4x5x3x2xf32>) -> tensor<8x12x10xf32> {
  // CHECK-NEXT: %[[T:.+]] = agon.transpose %[[W]] permutation [0, 1, 3, 2, 4]
  // CHECK-NEXT: %[[Y:.+]] = agon.reshape %[[T]] : tensor<8x4x3x5x2xf32> -> tensor<8x12x10xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = agon.fold %w dims [1, 2] sizes [3, 2] strides [3, 2] dilations [1, 1] : tensor<8x4x5x3x2xf32> -> tensor<8x12x10xf32>
  return %y : tensor<8x12x10xf32>
}

// -----

// Gaps and a rest are zeros.
// CHECK-LABEL: func @gaps
// CHECK-SAME: (%[[W:.+]]: tensor<4x2xf32>)
func.func @gaps(%w: tensor<4x2xf32>) -> tensor<13xf32> {
  // CHECK-NEXT: %[[P:.+]] = agon.pad %[[W]] starts [0, 0] strides [1, 1] : tensor<4x2xf32> -> tensor<4x3xf32>
  // CHECK-NEXT: %[[R:.+]] = agon.reshape %[[P]] : tensor<4x3xf32> -> tensor<12xf32>
  // CHECK-NEXT: %[[Y:.+]] = agon.pad %[[R]] starts [0] strides [1] : tensor<12xf32> -> tensor<13xf32>
  // CHECK-NEXT: return %[[Y]]
  %y = agon.fold %w dims [0] sizes [2] strides [3] dilations [1] : tensor<4x2xf32> -> tensor<13xf32>
  return %y : tensor<13xf32>
}

// -----

// Overlapping windows: one reduction over a view for each remainder of the stride.
// CHECK-LABEL: func @overlap
// CHECK-SAME: (%[[W:.+]]: tensor<4x3xf32>)
func.func @overlap(%w: tensor<4x3xf32>) -> tensor<9xf32> {
  // CHECK-NEXT: %[[P:.+]] = agon.pad %[[W]] starts [1, 0] strides [1, 1] : tensor<4x3xf32> -> tensor<6x3xf32>
  // CHECK-NEXT: %[[FLAT:.+]] = agon.reshape %[[P]] : tensor<6x3xf32> -> tensor<18xf32>
  // CHECK-NEXT: %[[EVEN:.+]] = agon.slice %[[FLAT]] starts [2] strides [1]
  // CHECK-NEXT: %[[TAPS:.+]] = agon.unfold %[[EVEN]] dims [0] sizes [2] strides [3] dilations [1]
  // CHECK-NEXT: %[[SUMS:.+]] = agon.reduce sum %[[TAPS]] dims [1]
  // CHECK-NOT: agon.reduce
  // CHECK: agon.concat
  %y = agon.fold %w dims [0] sizes [3] strides [2] dilations [1] : tensor<4x3xf32> -> tensor<9xf32>
  return %y : tensor<9xf32>
}

// -----

// CHECK-LABEL: func @look_up
// CHECK-SAME: (%[[T:.+]]: tensor<10x64xf32>, %[[L:.+]]: tensor<32xi32>, %[[E:.+]]: tensor<32x64xf32>)
func.func @look_up(%t: tensor<10x64xf32>, %l: tensor<32xi32>, %e: tensor<32x64xf32>) -> (tensor<32x64xf32>, tensor<10x64xf32>) {
  // CHECK-NEXT: %[[HOT:.+]] = agon.one_hot %[[L]] : tensor<32xi32> -> tensor<32x10xf32>
  // CHECK-NEXT: %[[G:.+]] = agon.contract %[[HOT]], %[[T]] reduce [1] x [0]
  // CHECK-NEXT: %[[S:.+]] = agon.contract %[[HOT]], %[[E]] reduce [0] x [0]
  // CHECK-NEXT: return %[[G]], %[[S]]
  %g = agon.gather %t, %l batch 0 : (tensor<10x64xf32>, tensor<32xi32>) -> tensor<32x64xf32>
  %s = agon.scatter_add %e, %l batch 0 : (tensor<32x64xf32>, tensor<32xi32>) -> tensor<10x64xf32>
  return %g, %s : tensor<32x64xf32>, tensor<10x64xf32>
}

// -----

// Three passes for five elements.
// CHECK-LABEL: func @running
// CHECK-SAME: (%[[X:.+]]: tensor<5xf32>)
func.func @running(%x: tensor<5xf32>) -> tensor<5xf32> {
  // CHECK-NEXT: %[[S1:.+]] = agon.slice %[[X]] starts [1] strides [1] : tensor<5xf32> -> tensor<4xf32>
  // CHECK-NEXT: %[[P1:.+]] = agon.pad %[[S1]] starts [0] strides [1] : tensor<4xf32> -> tensor<5xf32>
  // CHECK-NEXT: %[[A1:.+]] = arith.addf %[[X]], %[[P1]]
  // CHECK: agon.slice %[[A1]] starts [2]
  // CHECK: agon.slice %{{.+}} starts [4]
  // CHECK-NOT: agon.slice
  %y = agon.cumsum %x dim 0 reverse : tensor<5xf32>
  return %y : tensor<5xf32>
}
