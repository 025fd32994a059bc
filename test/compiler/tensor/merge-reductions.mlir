// Reductions of the same tensors become one, which reads them once.
// RUN: agon-opt %s --agon-to-linalg --cse --agon-merge-reductions --split-input-file | FileCheck %s
// RUN: agon-opt %s --agon-to-linalg --cse --agon-merge-reductions --agon-form-regions --split-input-file | FileCheck %s --check-prefix=FUSED

// CHECK-LABEL: func @sums
// CHECK-SAME: (%[[X:.+]]: tensor<32x16xf32>, %[[Y:.+]]: tensor<32x16xf32>)
// CHECK: %[[PRODUCT:.+]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[X]], %[[Y]]
// CHECK: %[[BOTH:.+]]:2 = linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[X]], %[[PRODUCT]] :
// CHECK: return %[[BOTH]]#0, %[[BOTH]]#1

// The product is the reduction's prologue: a pass over X and Y, and nothing else.
// FUSED-LABEL: func @sums
// FUSED: %{{.+}}:2 = agon.region reduction(%{{.+}}, %{{.+}})
// FUSED-NOT: agon.region
// FUSED: return
func.func @sums(%x: tensor<32x16xf32>, %y: tensor<32x16xf32>) -> (tensor<16xf32>, tensor<16xf32>) {
  %a = agon.reduce sum %x dims [0] : tensor<32x16xf32> -> tensor<16xf32>
  %p = arith.mulf %x, %y : tensor<32x16xf32>
  %b = agon.reduce sum %p dims [0] : tensor<32x16xf32> -> tensor<16xf32>
  return %a, %b : tensor<16xf32>, tensor<16xf32>
}

// -----

// One is of the channels where they lie last, one of the same places in another order.
// CHECK-LABEL: func @orders
// CHECK: :2 = linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]} ins(%{{.+}}, %[[X:.+]] : tensor<4x32x16xf32>, tensor<4x32x16xf32>)
func.func @orders(%x: tensor<4x32x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %e = math.exp %x : tensor<4x32x16xf32>
  %a = agon.reduce sum %e dims [1] : tensor<4x32x16xf32> -> tensor<4x16xf32>
  %t = agon.transpose %x permutation [0, 2, 1] : tensor<4x32x16xf32> -> tensor<4x16x32xf32>
  %b = agon.reduce max %t dims [2] : tensor<4x16x32xf32> -> tensor<4x16xf32>
  return %a, %b : tensor<4x16xf32>, tensor<4x16xf32>
}

// -----

// A sum that needs the other, one over other axes, and one of another tensor stay apart.
// CHECK-LABEL: func @apart
// CHECK-NOT: :2 = linalg.generic
func.func @apart(%x: tensor<32x16xf32>, %z: tensor<32x16xf32>)
    -> (tensor<16xf32>, tensor<16xf32>, tensor<32xf32>, tensor<16xf32>) {
  %a = agon.reduce sum %x dims [0] : tensor<32x16xf32> -> tensor<16xf32>
  %m = agon.broadcast %a dims [1] : tensor<16xf32> -> tensor<32x16xf32>
  %d = arith.subf %x, %m : tensor<32x16xf32>
  %b = agon.reduce sum %d dims [0] : tensor<32x16xf32> -> tensor<16xf32>
  %c = agon.reduce sum %x dims [1] : tensor<32x16xf32> -> tensor<32xf32>
  %e = agon.reduce sum %z dims [0] : tensor<32x16xf32> -> tensor<16xf32>
  return %a, %b, %c, %e : tensor<16xf32>, tensor<16xf32>, tensor<32xf32>, tensor<16xf32>
}
