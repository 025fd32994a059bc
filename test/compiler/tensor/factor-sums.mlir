// What a sum does not run over is multiplied afterwards.
// RUN: agon-opt %s --agon-factor-sums --canonicalize --cse --split-input-file | FileCheck %s

// The sums of a batch norm's gradient: whatever hangs on another sum is out of them.
// CHECK-LABEL: func @norm
// CHECK-SAME: (%[[DY:.+]]: tensor<8x16x4xf32>, %[[D:.+]]: tensor<8x16x4xf32>, %[[S:.+]]: tensor<16xf32>, %[[T:.+]]: tensor<16xf32>)
func.func @norm(%dy: tensor<8x16x4xf32>, %d: tensor<8x16x4xf32>, %s: tensor<16xf32>, %t: tensor<16xf32>)
    -> (tensor<16xf32>, tensor<16xf32>) {
  %count = arith.constant dense<0.5> : tensor<8x16xf32>
  %sb = agon.broadcast %s dims [1] : tensor<16xf32> -> tensor<8x16x4xf32>
  %h = arith.divf %d, %sb : tensor<8x16x4xf32>
  %tb = agon.broadcast %t dims [1] : tensor<16xf32> -> tensor<8x16x4xf32>
  %p = arith.mulf %dy, %tb : tensor<8x16x4xf32>
  %n = arith.mulf %p, %h : tensor<8x16x4xf32>
  %m = arith.negf %n : tensor<8x16x4xf32>
  // CHECK: %[[PRODUCT:.+]] = arith.mulf %[[DY]], %[[D]]
  // CHECK: %[[SUM:.+]] = agon.reduce sum %[[PRODUCT]] dims [0, 2]
  // CHECK: %[[TIMES:.+]] = arith.mulf %[[SUM]], %[[T]] : tensor<16xf32>
  // CHECK: %[[OVER:.+]] = arith.divf %[[TIMES]], %[[S]] : tensor<16xf32>
  // CHECK: %[[FIRST:.+]] = arith.negf %[[OVER]]
  %first = agon.reduce sum %m dims [0, 2] : tensor<8x16x4xf32> -> tensor<16xf32>

  // A factor of some of the axes, made of a sum and constants: of the others it has no axes left.
  %f = agon.broadcast %first dims [1] : tensor<16xf32> -> tensor<8x16xf32>
  %g = arith.mulf %f, %count : tensor<8x16xf32>
  %gb = agon.broadcast %g dims [0, 1] : tensor<8x16xf32> -> tensor<8x16x4xf32>
  %q = arith.mulf %gb, %d : tensor<8x16x4xf32>
  %r = arith.subf %p, %q : tensor<8x16x4xf32>
  // CHECK-DAG: %[[SUM1:.+]] = agon.reduce sum %[[DY]] dims [0, 2]
  // CHECK-DAG: %[[SUM2:.+]] = agon.reduce sum %[[D]] dims [0, 2]
  // CHECK-NOT: arith.{{.*}} tensor<8x
  // CHECK: return
  %second = agon.reduce sum %r dims [0, 2] : tensor<8x16x4xf32> -> tensor<16xf32>
  return %first, %second : tensor<16xf32>, tensor<16xf32>
}

// -----

// A term that is the same everywhere centres the other: their sums would be large beside the difference. And what takes
// long to compute is not kept for a sum's sake.
// CHECK-LABEL: func @left_alone
func.func @left_alone(%x: tensor<8x16xf32>, %m: tensor<16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %b = agon.broadcast %m dims [1] : tensor<16xf32> -> tensor<8x16xf32>
  // CHECK: %[[CENTRED:.+]] = arith.subf
  // CHECK: agon.reduce sum %[[CENTRED]]
  %c = arith.subf %x, %b : tensor<8x16xf32>
  %first = agon.reduce sum %c dims [0] : tensor<8x16xf32> -> tensor<16xf32>
  // CHECK: %[[SCALED:.+]] = arith.divf
  // CHECK: agon.reduce sum %[[SCALED]]
  %e = math.exp %x : tensor<8x16xf32>
  %s = arith.divf %e, %b : tensor<8x16xf32>
  %second = agon.reduce sum %s dims [0] : tensor<8x16xf32> -> tensor<16xf32>
  return %first, %second : tensor<16xf32>, tensor<16xf32>
}

// -----

// CHECK-LABEL: func @filter_gradient
// CHECK-SAME: %[[Y:[a-z0-9]+]]: tensor<4x9x8x8xf32>
func.func @filter_gradient(%x: tensor<4x6x8x8xf32>, %y: tensor<4x9x8x8xf32>) -> tensor<9x6x3x3xf32> {
  %half = arith.constant dense<0.5> : tensor<4x9x8x8xf32>
  %scaled = arith.mulf %y, %half : tensor<4x9x8x8xf32>
  // CHECK: %[[W:.+]] = agon.conv_filter_gradient %{{.+}}, %[[Y]]
  // CHECK: arith.mulf %[[W]], %{{.+}} : tensor<9x6x3x3xf32>
  %w = agon.conv_filter_gradient %x, %scaled strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1]
      : (tensor<4x6x8x8xf32>, tensor<4x9x8x8xf32>) -> tensor<9x6x3x3xf32>
  return %w : tensor<9x6x3x3xf32>
}

// -----

// What keeps a sum finite stays in it: a quotient by the greatest element, and the factor of a square.

// CHECK-LABEL: func.func @in_range
// CHECK:         %[[SCALED:.*]] = arith.divf
// CHECK:         %[[PRODUCT:.*]] = arith.mulf %[[SCALED]], %arg1
// CHECK:         agon.reduce sum %[[PRODUCT]]
func.func @in_range(%x: tensor<8x4xf32>, %y: tensor<8x4xf32>) -> tensor<4xf32> {
  %most = agon.reduce max %x dims [0] : tensor<8x4xf32> -> tensor<4xf32>
  %all = agon.broadcast %most dims [1] : tensor<4xf32> -> tensor<8x4xf32>
  %scaled = arith.divf %x, %all : tensor<8x4xf32>
  %product = arith.mulf %scaled, %y : tensor<8x4xf32>
  %sum = agon.reduce sum %product dims [0] : tensor<8x4xf32> -> tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @square
// CHECK:         %[[SCALED:.*]] = arith.divf
// CHECK:         %[[SQUARE:.*]] = arith.mulf %[[SCALED]], %[[SCALED]]
// CHECK:         agon.reduce sum %[[SQUARE]]
func.func @square(%x: tensor<8x4xf32>, %unit: tensor<4xf32>) -> tensor<4xf32> {
  %all = agon.broadcast %unit dims [1] : tensor<4xf32> -> tensor<8x4xf32>
  %scaled = arith.divf %x, %all : tensor<8x4xf32>
  %square = arith.mulf %scaled, %scaled : tensor<8x4xf32>
  %sum = agon.reduce sum %square dims [0] : tensor<8x4xf32> -> tensor<4xf32>
  return %sum : tensor<4xf32>
}
