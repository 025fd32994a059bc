// Chains of regions that are run for some samples at a time. Between the transforms of tiles there are 12 MB here, more
// than caches hold.
// RUN: agon-opt %s --split-input-file --agon-decompose --canonicalize --cse --agon-to-linalg --cse --agon-form-regions --agon-form-chunks | FileCheck %s

// The input's and the result's parts: what has no samples, the filter and the bias, is whole. The epilogue is
// of the last region.
// CHECK-LABEL: func @chain(
// CHECK-SAME: %[[X:.+]]: tensor<64x128x2x64xf32>, %[[U:.+]]: tensor<3x64x64xf32>, %[[B:.+]]: tensor<64xf32>)
// CHECK-NEXT: %[[Y:.+]] = agon.region chunks(%[[X]], %[[U]], %[[B]]) flops 212860928 bytes 8438016 : {{.*}} -> tensor<64x128x2x64xf32> {
// CHECK-NEXT: ^bb0(%[[PART:.+]]: tensor<1x128x2x64xf32>, %[[FILTER:.+]]: tensor<3x64x64xf32>, %[[BIAS:.+]]: tensor<64xf32>):
// CHECK-NEXT:   %[[V:.+]] = agon.region mode_product(%[[PART]]) {{.*}} -> tensor<3x1x128x64xf32>
// CHECK:          linalg.generic {{.*}} outs(%{{.+}} : tensor<3x1x128x64xf32>)
// CHECK:        %[[P:.+]] = agon.region contraction(%[[V]], %[[FILTER]]) flops 3145728 {{.*}} -> tensor<3x1x128x64xf32>
// CHECK:        %[[PARTOF:.+]] = agon.region mode_product(%[[P]], %[[BIAS]]) {{.*}} -> tensor<1x128x2x64xf32>
// CHECK:          arith.addf
// CHECK:        agon.yield %[[PARTOF]] : tensor<1x128x2x64xf32>
// CHECK: return %[[Y]]
func.func @chain(%x: tensor<64x128x2x64xf32>, %u: tensor<3x64x64xf32>, %b: tensor<64xf32>) -> tensor<64x128x2x64xf32> {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<64x128x2x64xf32> -> tensor<64x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<64x128x3x64xf32> -> tensor<3x64x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x64x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x64x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x64x128x64xf32> -> tensor<2x64x128x64xf32>
  %y = agon.transpose %q permutation [1, 2, 0, 3] : tensor<2x64x128x64xf32> -> tensor<64x128x2x64xf32>
  %c = agon.broadcast %b dims [3] : tensor<64xf32> -> tensor<64x128x2x64xf32>
  %s = arith.addf %y, %c : tensor<64x128x2x64xf32>
  return %s : tensor<64x128x2x64xf32>
}

// -----

// An epilogue that reads as much as it writes is a region of its own, over all samples. Who reads the transform itself
// reads it from the chain.
// CHECK-LABEL: func @residual(
// CHECK-SAME: %[[X:.+]]: tensor<64x128x2x64xf32>, %[[U:.+]]: tensor<3x64x64xf32>, %[[B:.+]]: tensor<64xf32>, %[[R:.+]]: tensor<64x128x2x64xf32>)
// CHECK-NEXT: %[[Y:.+]] = agon.region chunks(%[[X]], %[[U]]) flops 211812352 bytes 8437760 : {{.*}} -> tensor<64x128x2x64xf32> {
// CHECK:        agon.region mode_product(%{{.+}}) {{.*}} -> tensor<1x128x2x64xf32>
// CHECK: %[[Z:.+]]:2 = agon.region elementwise(%[[B]], %[[R]], %[[Y]]) flops 3145728 bytes 16777472 :
// CHECK-NOT:    agon.region
// CHECK: return %[[Z]]#0, %[[Z]]#1, %[[Y]]
func.func @residual(%x: tensor<64x128x2x64xf32>, %u: tensor<3x64x64xf32>, %b: tensor<64xf32>, %r: tensor<64x128x2x64xf32>) -> (tensor<64x128x2x64xf32>, tensor<64x128x2x64xf32>, tensor<64x128x2x64xf32>) {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<64x128x2x64xf32> -> tensor<64x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<64x128x3x64xf32> -> tensor<3x64x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x64x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x64x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x64x128x64xf32> -> tensor<2x64x128x64xf32>
  %y = agon.transpose %q permutation [1, 2, 0, 3] : tensor<2x64x128x64xf32> -> tensor<64x128x2x64xf32>
  %c = agon.broadcast %b dims [3] : tensor<64xf32> -> tensor<64x128x2x64xf32>
  %s = arith.addf %y, %c : tensor<64x128x2x64xf32>
  %z = arith.addf %s, %r : tensor<64x128x2x64xf32>
  %m = arith.mulf %z, %r : tensor<64x128x2x64xf32>
  return %z, %m, %y : tensor<64x128x2x64xf32>, tensor<64x128x2x64xf32>, tensor<64x128x2x64xf32>
}

// -----

// Half as many samples pass 6 MB: they stay.
// CHECK-LABEL: func @small(
// CHECK-NOT: agon.region chunks
func.func @small(%x: tensor<31x128x2x64xf32>, %u: tensor<3x64x64xf32>) -> tensor<31x128x2x64xf32> {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<31x128x2x64xf32> -> tensor<31x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<31x128x3x64xf32> -> tensor<3x31x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x31x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x31x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x31x128x64xf32> -> tensor<2x31x128x64xf32>
  %y = agon.transpose %q permutation [1, 2, 0, 3] : tensor<2x31x128x64xf32> -> tensor<31x128x2x64xf32>
  return %y : tensor<31x128x2x64xf32>
}

// -----

// The products are wanted by someone else, too.
// CHECK-LABEL: func @another_reader(
// CHECK-NOT: agon.region chunks
func.func @another_reader(%x: tensor<64x128x2x64xf32>, %u: tensor<3x64x64xf32>) -> (tensor<64x128x2x64xf32>, tensor<3x64x128x64xf32>) {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<64x128x2x64xf32> -> tensor<64x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<64x128x3x64xf32> -> tensor<3x64x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x64x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x64x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x64x128x64xf32> -> tensor<2x64x128x64xf32>
  %y = agon.transpose %q permutation [1, 2, 0, 3] : tensor<2x64x128x64xf32> -> tensor<64x128x2x64xf32>
  return %y, %p : tensor<64x128x2x64xf32>, tensor<3x64x128x64xf32>
}

// -----

// The samples and the tiles are one axis of the result.
// CHECK-LABEL: func @merged(
// CHECK-NOT: agon.region chunks
func.func @merged(%x: tensor<64x128x2x64xf32>, %u: tensor<3x64x64xf32>) -> tensor<8192x2x64xf32> {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<64x128x2x64xf32> -> tensor<64x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<64x128x3x64xf32> -> tensor<3x64x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x64x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x64x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x64x128x64xf32> -> tensor<2x64x128x64xf32>
  %t = agon.transpose %q permutation [1, 2, 0, 3] : tensor<2x64x128x64xf32> -> tensor<64x128x2x64xf32>
  %y = agon.reshape %t : tensor<64x128x2x64xf32> -> tensor<8192x2x64xf32>
  return %y : tensor<8192x2x64xf32>
}

// -----

// The result's first axis is the input's second one, whose parts do not lie together.
// CHECK-LABEL: func @another_axis(
// CHECK-NOT: agon.region chunks
func.func @another_axis(%x: tensor<64x128x2x64xf32>, %u: tensor<3x64x64xf32>) -> tensor<128x64x2x64xf32> {
  %v = agon.mode_product %x dims [2] matrices [dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf64>] : tensor<64x128x2x64xf32> -> tensor<64x128x3x64xf32>
  %w = agon.transpose %v permutation [2, 0, 1, 3] : tensor<64x128x3x64xf32> -> tensor<3x64x128x64xf32>
  %p = agon.contract %w, %u batch [0] x [0] reduce [3] x [1] : (tensor<3x64x128x64xf32>, tensor<3x64x64xf32>) -> tensor<3x64x128x64xf32>
  %q = agon.mode_product %p dims [0] matrices [dense<[[1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]> : tensor<2x3xf64>] : tensor<3x64x128x64xf32> -> tensor<2x64x128x64xf32>
  %y = agon.transpose %q permutation [2, 1, 0, 3] : tensor<2x64x128x64xf32> -> tensor<128x64x2x64xf32>
  return %y : tensor<128x64x2x64xf32>
}

// -----

// A convolution in parts, a sample each, and its filter's gradient, which wants the transformed input of all samples:
// it gets one of its own, with the padding, just before it reads it.
// CHECK-LABEL: func @shared(
// CHECK-NOT: agon.region
// CHECK: agon.region mode_product(%arg1) {{.*}} -> tensor<6x6x2x1x1x64x32xf32>
// CHECK: agon.region chunks{{.*}} -> tensor<16x32x32x64xf32> {
// CHECK-NEXT: ^bb0(%{{.+}}: tensor<1x64x32x32xf32>, %{{.+}}: tensor<6x6x2x1x1x64x32xf32>):
// CHECK:   agon.region insert{{.*}} -> tensor<1x34x34x64xf32>
// CHECK:   agon.region mode_product{{.*}} -> tensor<6x6x1x8x8x1x1x64xf32>
// CHECK:   agon.region contraction{{.*}} -> tensor<6x6x1x8x8x2x32xf32>
// CHECK:   agon.region mode_product{{.*}} -> tensor<1x32x32x64xf32>
// CHECK: agon.region insert{{.*}} -> tensor<16x34x34x64xf32>
// CHECK: %[[V:.+]] = agon.region mode_product{{.*}} -> tensor<6x6x16x8x8x1x1x64xf32>
// CHECK: agon.region contraction({{.*}}%[[V]]
func.func @shared(%x: tensor<16x64x32x32xf32>, %w: tensor<64x64x3x3xf32>, %g: tensor<16x64x32x32xf32>) -> (tensor<16x64x32x32xf32>, tensor<64x64x3x3xf32>) {
  %y = agon.conv %x, %w strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<16x64x32x32xf32>, tensor<64x64x3x3xf32>) -> tensor<16x64x32x32xf32>
  %d = agon.conv_filter_gradient %x, %g strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<16x64x32x32xf32>, tensor<16x64x32x32xf32>) -> tensor<64x64x3x3xf32>
  return %y, %d : tensor<16x64x32x32xf32>, tensor<64x64x3x3xf32>
}
