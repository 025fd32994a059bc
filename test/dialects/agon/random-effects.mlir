// Two draws are never one before they have keys; with equal keys and streams
// they are. An unused draw goes in either form.
// RUN: agon-opt %s -cse | FileCheck %s

// CHECK-LABEL: func.func @unkeyed
func.func @unkeyed() -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[FIRST:.*]] = agon.random normal : tensor<4xf32>
  // CHECK-DAG: %[[SECOND:.*]] = agon.random normal : tensor<4xf32>
  // CHECK-NOT: agon.random uniform
  // CHECK: return %[[FIRST]], %[[SECOND]]
  %0 = agon.random normal : tensor<4xf32>
  %1 = agon.random normal : tensor<4xf32>
  %2 = agon.random uniform : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @keyed
func.func @keyed(%key: tensor<2xi64>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[SHARED:.*]] = agon.random normal key %{{.*}} stream 0
  // CHECK: %[[OTHER:.*]] = agon.random normal key %{{.*}} stream 1
  // CHECK: return %[[SHARED]], %[[SHARED]], %[[OTHER]]
  %0 = agon.random normal key %key stream 0 : tensor<4xf32> keyed by tensor<2xi64>
  %1 = agon.random normal key %key stream 0 : tensor<4xf32> keyed by tensor<2xi64>
  %2 = agon.random normal key %key stream 1 : tensor<4xf32> keyed by tensor<2xi64>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
