// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// The pullbacks of contractions, reductions and shape changes, with the cotangent %c.

// CHECK-LABEL: @matmul_lhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[CONTRACT:.*]] = agon.contract %[[C]], %[[B]] reduce [1] x [1] : (tensor<8x5xf32>, tensor<3x5xf32>) -> tensor<8x3xf32>
// CHECK: return %[[CONTRACT]] : tensor<8x3xf32>
func.func @matmul_lhs(%a: tensor<8x3xf32>, %b: tensor<3x5xf32>, %c: tensor<8x5xf32>) -> tensor<8x3xf32> {
  %y = agon.contract %a, %b reduce [1] x [0] : (tensor<8x3xf32>, tensor<3x5xf32>) -> tensor<8x5xf32>
  %s = arith.mulf %y, %c : tensor<8x5xf32>
  %g = agon.gradient %s wrt %a : tensor<8x5xf32>, tensor<8x3xf32>
  return %g : tensor<8x3xf32>
}

// CHECK-LABEL: @matmul_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[CONTRACT:.*]] = agon.contract %[[A]], %[[C]] reduce [0] x [0] : (tensor<8x3xf32>, tensor<8x5xf32>) -> tensor<3x5xf32>
// CHECK: return %[[CONTRACT]] : tensor<3x5xf32>
func.func @matmul_rhs(%a: tensor<8x3xf32>, %b: tensor<3x5xf32>, %c: tensor<8x5xf32>) -> tensor<3x5xf32> {
  %y = agon.contract %a, %b reduce [1] x [0] : (tensor<8x3xf32>, tensor<3x5xf32>) -> tensor<8x5xf32>
  %s = arith.mulf %y, %c : tensor<8x5xf32>
  %g = agon.gradient %s wrt %b : tensor<8x5xf32>, tensor<3x5xf32>
  return %g : tensor<3x5xf32>
}

// CHECK-LABEL: @transposed_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[CONTRACT:.*]] = agon.contract %[[C]], %[[A]] reduce [0] x [0] : (tensor<8x5xf32>, tensor<8x3xf32>) -> tensor<5x3xf32>
// CHECK: return %[[CONTRACT]] : tensor<5x3xf32>
func.func @transposed_rhs(%a: tensor<8x3xf32>, %b: tensor<5x3xf32>, %c: tensor<8x5xf32>) -> tensor<5x3xf32> {
  %y = agon.contract %a, %b reduce [1] x [1] : (tensor<8x3xf32>, tensor<5x3xf32>) -> tensor<8x5xf32>
  %s = arith.mulf %y, %c : tensor<8x5xf32>
  %g = agon.gradient %s wrt %b : tensor<8x5xf32>, tensor<5x3xf32>
  return %g : tensor<5x3xf32>
}

// CHECK-LABEL: @batched_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[CONTRACT:.*]] = agon.contract %[[A]], %[[C]] batch [0] x [0] reduce [1] x [1] : (tensor<2x8x3xf32>, tensor<2x8x5xf32>) -> tensor<2x3x5xf32>
// CHECK: %[[TRANSPOSE:.*]] = agon.transpose %[[CONTRACT]] permutation [1, 0, 2] : tensor<2x3x5xf32> -> tensor<3x2x5xf32>
// CHECK: return %[[TRANSPOSE]] : tensor<3x2x5xf32>
func.func @batched_rhs(%a: tensor<2x8x3xf32>, %b: tensor<3x2x5xf32>, %c: tensor<2x8x5xf32>) -> tensor<3x2x5xf32> {
  %y = agon.contract %a, %b batch [0] x [1] reduce [2] x [0] : (tensor<2x8x3xf32>, tensor<3x2x5xf32>) -> tensor<2x8x5xf32>
  %s = arith.mulf %y, %c : tensor<2x8x5xf32>
  %g = agon.gradient %s wrt %b : tensor<2x8x5xf32>, tensor<3x2x5xf32>
  return %g : tensor<3x2x5xf32>
}

// CHECK-LABEL: @sum(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[BROADCAST:.*]] = agon.broadcast %[[C]] dims [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK: return %[[BROADCAST]] : tensor<8x3xf32>
func.func @sum(%x: tensor<8x3xf32>, %c: tensor<3xf32>) -> tensor<8x3xf32> {
  %y = agon.reduce sum %x dims [0] : tensor<8x3xf32> -> tensor<3xf32>
  %s = arith.mulf %y, %c : tensor<3xf32>
  %g = agon.gradient %s wrt %x : tensor<3xf32>, tensor<8x3xf32>
  return %g : tensor<8x3xf32>
}

// CHECK-LABEL: @max(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<8x3xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<8x3xf32>
// CHECK: %[[REDUCE:.*]] = agon.reduce max %[[X]] dims [0] : tensor<8x3xf32> -> tensor<3xf32>
// CHECK: %[[BROADCAST:.*]] = agon.broadcast %[[REDUCE]] dims [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[X]], %[[BROADCAST]] : tensor<8x3xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[ONE]], %[[ZERO]] : tensor<8x3xi1>, tensor<8x3xf32>
// CHECK: %[[REDUCE2:.*]] = agon.reduce sum %[[SELECT]] dims [0] : tensor<8x3xf32> -> tensor<3xf32>
// CHECK: %[[DIVF:.*]] = arith.divf %[[C]], %[[REDUCE2]] : tensor<3xf32>
// CHECK: %[[BROADCAST2:.*]] = agon.broadcast %[[DIVF]] dims [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[BROADCAST2]], %[[SELECT]] : tensor<8x3xf32>
// CHECK: return %[[MULF]] : tensor<8x3xf32>
func.func @max(%x: tensor<8x3xf32>, %c: tensor<3xf32>) -> tensor<8x3xf32> {
  %y = agon.reduce max %x dims [0] : tensor<8x3xf32> -> tensor<3xf32>
  %s = arith.mulf %y, %c : tensor<3xf32>
  %g = agon.gradient %s wrt %x : tensor<3xf32>, tensor<8x3xf32>
  return %g : tensor<8x3xf32>
}

// CHECK-LABEL: @broadcast(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[REDUCE:.*]] = agon.reduce sum %[[C]] dims [0] : tensor<8x3xf32> -> tensor<3xf32>
// CHECK: return %[[REDUCE]] : tensor<3xf32>
func.func @broadcast(%x: tensor<3xf32>, %c: tensor<8x3xf32>) -> tensor<3xf32> {
  %y = agon.broadcast %x dims [1] : tensor<3xf32> -> tensor<8x3xf32>
  %s = arith.mulf %y, %c : tensor<8x3xf32>
  %g = agon.gradient %s wrt %x : tensor<8x3xf32>, tensor<3xf32>
  return %g : tensor<3xf32>
}

// CHECK-LABEL: @reshape(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[RESHAPE:.*]] = agon.reshape %[[C]] : tensor<24xf32> -> tensor<8x3xf32>
// CHECK: return %[[RESHAPE]] : tensor<8x3xf32>
func.func @reshape(%x: tensor<8x3xf32>, %c: tensor<24xf32>) -> tensor<8x3xf32> {
  %y = agon.reshape %x : tensor<8x3xf32> -> tensor<24xf32>
  %s = arith.mulf %y, %c : tensor<24xf32>
  %g = agon.gradient %s wrt %x : tensor<24xf32>, tensor<8x3xf32>
  return %g : tensor<8x3xf32>
}

// CHECK-LABEL: @transpose(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[TRANSPOSE:.*]] = agon.transpose %[[C]] permutation [2, 0, 1] : tensor<3x2x8xf32> -> tensor<8x3x2xf32>
// CHECK: return %[[TRANSPOSE]] : tensor<8x3x2xf32>
func.func @transpose(%x: tensor<8x3x2xf32>, %c: tensor<3x2x8xf32>) -> tensor<8x3x2xf32> {
  %y = agon.transpose %x permutation [1, 2, 0] : tensor<8x3x2xf32> -> tensor<3x2x8xf32>
  %s = arith.mulf %y, %c : tensor<3x2x8xf32>
  %g = agon.gradient %s wrt %x : tensor<3x2x8xf32>, tensor<8x3x2xf32>
  return %g : tensor<8x3x2xf32>
}

// CHECK-LABEL: @slice(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[PAD:.*]] = agon.pad %[[C]] starts [1, 0] strides [2, 1] : tensor<3x2xf32> -> tensor<8x3xf32>
// CHECK: return %[[PAD]] : tensor<8x3xf32>
func.func @slice(%x: tensor<8x3xf32>, %c: tensor<3x2xf32>) -> tensor<8x3xf32> {
  %y = agon.slice %x starts [1, 0] strides [2, 1] : tensor<8x3xf32> -> tensor<3x2xf32>
  %s = arith.mulf %y, %c : tensor<3x2xf32>
  %g = agon.gradient %s wrt %x : tensor<3x2xf32>, tensor<8x3xf32>
  return %g : tensor<8x3xf32>
}

// CHECK-LABEL: @pad(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[SLICE:.*]] = agon.slice %[[C]] starts [1, 0] strides [2, 1] : tensor<8x3xf32> -> tensor<3x2xf32>
// CHECK: return %[[SLICE]] : tensor<3x2xf32>
func.func @pad(%x: tensor<3x2xf32>, %c: tensor<8x3xf32>) -> tensor<3x2xf32> {
  %y = agon.pad %x starts [1, 0] strides [2, 1] : tensor<3x2xf32> -> tensor<8x3xf32>
  %s = arith.mulf %y, %c : tensor<8x3xf32>
  %g = agon.gradient %s wrt %x : tensor<8x3xf32>, tensor<3x2xf32>
  return %g : tensor<3x2xf32>
}

// CHECK-LABEL: @concat_second(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[SLICE:.*]] = agon.slice %[[C]] starts [2, 0] strides [1, 1] : tensor<6x3xf32> -> tensor<4x3xf32>
// CHECK: return %[[SLICE]] : tensor<4x3xf32>
func.func @concat_second(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<6x3xf32>) -> tensor<4x3xf32> {
  %y = agon.concat %a, %b dim 0 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<6x3xf32>
  %s = arith.mulf %y, %c : tensor<6x3xf32>
  %g = agon.gradient %s wrt %b : tensor<6x3xf32>, tensor<4x3xf32>
  return %g : tensor<4x3xf32>
}

// CHECK-LABEL: @stop_gradient(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[STOP_GRADIENT:.*]] = agon.stop_gradient %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[STOP_GRADIENT]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @stop_gradient(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %t = agon.stop_gradient %x : tensor<4xf32>
  %y = arith.mulf %t, %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}
