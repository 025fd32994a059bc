// RUN: agon-opt %s -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @splats
func.func @splats() -> (tensor<3x4xf32>, tensor<12xf32>, tensor<4x3xf32>, tensor<2x2xf32>, tensor<6x4xf32>, tensor<3xf32>) {
  %c = arith.constant dense<2.5> : tensor<4xf32>
  // CHECK-DAG: %[[BROADCAST:.*]] = arith.constant dense<2.500000e+00> : tensor<3x4xf32>
  %0 = agon.broadcast %c dims [1] : tensor<4xf32> -> tensor<3x4xf32>
  // CHECK-DAG: %[[RESHAPE:.*]] = arith.constant dense<2.500000e+00> : tensor<12xf32>
  %1 = agon.reshape %0 : tensor<3x4xf32> -> tensor<12xf32>
  // CHECK-DAG: %[[TRANSPOSE:.*]] = arith.constant dense<2.500000e+00> : tensor<4x3xf32>
  %2 = agon.transpose %0 permutation [1, 0] : tensor<3x4xf32> -> tensor<4x3xf32>
  // CHECK-DAG: %[[SLICE:.*]] = arith.constant dense<2.500000e+00> : tensor<2x2xf32>
  %3 = agon.slice %0 starts [0, 0] strides [2, 1] : tensor<3x4xf32> -> tensor<2x2xf32>
  // CHECK-DAG: %[[CONCAT:.*]] = arith.constant dense<2.500000e+00> : tensor<6x4xf32>
  %4 = agon.concat %0, %0 dim 0 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<6x4xf32>
  // CHECK-DAG: %[[SUM:.*]] = arith.constant dense<1.000000e+01> : tensor<3xf32>
  %5 = agon.reduce sum %0 dims [1] : tensor<3x4xf32> -> tensor<3xf32>
  // CHECK: return %[[BROADCAST]], %[[RESHAPE]], %[[TRANSPOSE]], %[[SLICE]], %[[CONCAT]], %[[SUM]]
  return %0, %1, %2, %3, %4, %5 : tensor<3x4xf32>, tensor<12xf32>, tensor<4x3xf32>, tensor<2x2xf32>, tensor<6x4xf32>, tensor<3xf32>
}

// -----
// CHECK-LABEL: func.func @labels_and_tables
func.func @labels_and_tables() -> (tensor<2x3xi32>, tensor<2x2xf32>, tensor<3xf32>) {
  // CHECK-DAG: %[[LABELS:.*]] = arith.constant dense<7> : tensor<2x3xi32>
  // CHECK-DAG: %[[TABLE:.*]] = arith.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
  // CHECK-DAG: %[[MAX:.*]] = arith.constant dense<-1.000000e+00> : tensor<3xf32>
  // CHECK: return %[[LABELS]], %[[TABLE]], %[[MAX]]
  %c = arith.constant dense<7> : tensor<i32>
  %0 = agon.broadcast %c dims [] : tensor<i32> -> tensor<2x3xi32>
  %t = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %1 = agon.reshape %t : tensor<4xf32> -> tensor<2x2xf32>
  %m = arith.constant dense<-1.0> : tensor<3x9xf32>
  %2 = agon.reduce max %m dims [1] : tensor<3x9xf32> -> tensor<3xf32>
  return %0, %1, %2 : tensor<2x3xi32>, tensor<2x2xf32>, tensor<3xf32>
}

// -----
// Only zeros pad to zeros; unlike constants do not join.
// CHECK-LABEL: func.func @not_everywhere
func.func @not_everywhere() -> (tensor<6xf32>, tensor<6xf32>, tensor<8xf32>) {
  // CHECK-DAG: %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : tensor<6xf32>
  // CHECK: %[[BORDERED:.*]] = agon.pad
  // CHECK: %[[JOINED:.*]] = agon.concat
  // CHECK: return %[[ZEROS]], %[[BORDERED]], %[[JOINED]]
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %0 = agon.pad %zero starts [1] strides [1] : tensor<4xf32> -> tensor<6xf32>
  %1 = agon.pad %one starts [1] strides [1] : tensor<4xf32> -> tensor<6xf32>
  %2 = agon.concat %zero, %one dim 0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  return %0, %1, %2 : tensor<6xf32>, tensor<6xf32>, tensor<8xf32>
}

// -----
// 16777217 ones do not sum to a number that f32 has: the fold would promise
// what the sum does not keep.
// CHECK-LABEL: func.func @inexact_count
func.func @inexact_count() -> tensor<f32> {
  // CHECK: agon.reduce sum
  %c = arith.constant dense<1.0> : tensor<16777217xf32>
  %0 = agon.reduce sum %c dims [0] : tensor<16777217xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----
// CHECK-LABEL: func.func @stop_gradient(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @stop_gradient(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[CONSTANT:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[ONCE:.*]] = agon.stop_gradient %[[X]]
  // CHECK: return %[[CONSTANT]], %[[ONCE]]
  %c = arith.constant dense<1.0> : tensor<4xf32>
  %0 = agon.stop_gradient %c : tensor<4xf32>
  %1 = agon.stop_gradient %x : tensor<4xf32>
  %2 = agon.stop_gradient %1 : tensor<4xf32>
  return %0, %2 : tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @arithmetic(
// CHECK-SAME: %[[Y:.*]]: tensor<4xf32>)
func.func @arithmetic(%y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[X:.*]] = agon.softplus %[[Y]]
  // CHECK-DAG: %[[MIRRORED:.*]] = arith.negf %[[X]]
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00>
  // CHECK-DAG: %[[PRODUCT:.*]] = arith.mulf %[[X]], %[[ZERO]]
  // CHECK: return %[[X]], %[[MIRRORED]], %[[MIRRORED]], %[[PRODUCT]]
  %x = agon.softplus %y : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %0 = arith.addf %zero, %x : tensor<4xf32>
  %1 = arith.mulf %0, %one : tensor<4xf32>
  %2 = arith.subf %zero, %x : tensor<4xf32>
  %3 = arith.negf %x : tensor<4xf32>
  // 0 * x is not 0 where x is NaN or infinite: it stays.
  %5 = arith.mulf %x, %zero : tensor<4xf32>
  return %1, %2, %3, %5 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @minus_one(
// CHECK-SAME: %[[Y:.*]]: tensor<4xf32>)
func.func @minus_one(%y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[X:.*]] = agon.softplus %[[Y]]
  // CHECK: %[[MIRRORED:.*]] = arith.negf %[[X]]
  // CHECK: return %[[MIRRORED]]
  %x = agon.softplus %y : tensor<4xf32>
  %minus = arith.constant dense<-1.0> : tensor<4xf32>
  %0 = arith.mulf %minus, %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
