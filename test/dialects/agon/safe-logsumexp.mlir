// RUN: agon-opt %s -agon-safe-numerics -canonicalize -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @log_sum_exp(
// CHECK-SAME: %[[X:.*]]: tensor<8x10xf32>)
func.func @log_sum_exp(%x: tensor<8x10xf32>) -> tensor<8xf32> {
  // CHECK: %[[MAX:.*]] = agon.reduce max %[[X]] dims [1]
  // CHECK: %[[CONSTANT:.*]] = agon.stop_gradient %[[MAX]]
  // CHECK: %[[SHIFT:.*]] = agon.broadcast %[[CONSTANT]] dims [0]
  // CHECK: %[[SHIFTED:.*]] = arith.subf %[[X]], %[[SHIFT]]
  // CHECK: %[[EXP:.*]] = math.exp %[[SHIFTED]]
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[EXP]] dims [1]
  // CHECK: %[[LOG:.*]] = math.log %[[SUM]]
  // CHECK: %[[RESULT:.*]] = arith.addf %[[CONSTANT]], %[[LOG]]
  // CHECK: return %[[RESULT]]
  %e = math.exp %x : tensor<8x10xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %l = math.log %s : tensor<8xf32>
  return %l : tensor<8xf32>
}

// -----
// The Donsker-Varadhan bound: log of the mean of exp(T) over the minibatch.
// CHECK-LABEL: func.func @log_mean_exp(
// CHECK-SAME: %[[T:.*]]: tensor<4x1xf32>)
func.func @log_mean_exp(%t: tensor<4x1xf32>) -> tensor<f32> {
  // CHECK-DAG: %[[LOG_QUARTER:.*]] = arith.constant dense<-1.38629436> : tensor<f32>
  // CHECK: agon.reduce max %[[T]] dims [0, 1]
  // CHECK: %[[LSE:.*]] = arith.addf
  // CHECK: %[[MEAN:.*]] = arith.addf %[[LSE]], %[[LOG_QUARTER]]
  // CHECK: return %[[MEAN]]
  %e = math.exp %t : tensor<4x1xf32>
  %s = agon.reduce sum %e dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
  %c = arith.constant dense<0.25> : tensor<f32>
  %m = arith.mulf %s, %c : tensor<f32>
  %l = math.log %m : tensor<f32>
  return %l : tensor<f32>
}

// -----
// log(softmax(x)): no exponential is divided, and nothing is shifted twice.
// CHECK-LABEL: func.func @log_softmax(
// CHECK-SAME: %[[X:.*]]: tensor<8x10xf32>)
func.func @log_softmax(%x: tensor<8x10xf32>) -> tensor<8x10xf32> {
  // CHECK-COUNT-1: agon.reduce max
  // CHECK-NOT: agon.reduce max
  // CHECK-NOT: arith.divf
  // CHECK: %[[SHIFTED:.*]] = arith.subf %[[X]], %{{.*}}
  // CHECK: %[[EXP:.*]] = math.exp %[[SHIFTED]]
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[EXP]] dims [1]
  // CHECK: %[[LOG:.*]] = math.log %[[SUM]]
  // CHECK: %[[TOTAL:.*]] = agon.broadcast %[[LOG]] dims [0]
  // CHECK: %[[RESULT:.*]] = arith.subf %[[SHIFTED]], %[[TOTAL]]
  // CHECK: return %[[RESULT]]
  %m = agon.reduce max %x dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %mb = agon.broadcast %m dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %d = arith.subf %x, %mb : tensor<8x10xf32>
  %e = math.exp %d : tensor<8x10xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %b = agon.broadcast %s dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %p = arith.divf %e, %b : tensor<8x10xf32>
  %l = math.log %p : tensor<8x10xf32>
  return %l : tensor<8x10xf32>
}

// -----
// The same from the unshifted softmax, picked out by a slice.
// CHECK-LABEL: func.func @log_of_one_probability(
// CHECK-SAME: %[[X:.*]]: tensor<8x10xf32>)
func.func @log_of_one_probability(%x: tensor<8x10xf32>) -> tensor<8x1xf32> {
  // CHECK-NOT: arith.divf
  // CHECK: agon.reduce max %[[X]] dims [1]
  // CHECK-NOT: arith.divf
  // CHECK: return
  %e = math.exp %x : tensor<8x10xf32>
  %s = agon.reduce sum %e dims [1] : tensor<8x10xf32> -> tensor<8xf32>
  %b = agon.broadcast %s dims [0] : tensor<8xf32> -> tensor<8x10xf32>
  %p = arith.divf %e, %b : tensor<8x10xf32>
  %c = agon.slice %p starts [0, 3] strides [1, 1] : tensor<8x10xf32> -> tensor<8x1xf32>
  %l = math.log %c : tensor<8x1xf32>
  return %l : tensor<8x1xf32>
}

// -----
// A mixture's log-likelihood: weights times exponentials, summed.
// CHECK-LABEL: func.func @mixture(
// CHECK-SAME: %[[X:.*]]: tensor<8x3xf32>)
func.func @mixture(%x: tensor<8x3xf32>) -> tensor<8xf32> {
  // CHECK-DAG: %[[LOG_WEIGHT:.*]] = arith.constant dense<-1.38629436> : tensor<8x3xf32>
  // CHECK: %[[TERMS:.*]] = arith.addf %[[X]], %[[LOG_WEIGHT]]
  // CHECK: agon.reduce max %[[TERMS]] dims [1]
  %w = arith.constant dense<0.25> : tensor<8x3xf32>
  %e = math.exp %x : tensor<8x3xf32>
  %t = arith.mulf %e, %w : tensor<8x3xf32>
  %s = agon.reduce sum %t dims [1] : tensor<8x3xf32> -> tensor<8xf32>
  %l = math.log %s : tensor<8xf32>
  return %l : tensor<8xf32>
}

// -----
// CHECK-LABEL: func.func @log_of_max(
// CHECK-SAME: %[[X:.*]]: tensor<8x3xf32>)
func.func @log_of_max(%x: tensor<8x3xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: %[[MAX:.*]] = agon.reduce max %[[X]] dims [1]
  // CHECK-NEXT: return %[[MAX]]
  %e = math.exp %x : tensor<8x3xf32>
  %m = agon.reduce max %e dims [1] : tensor<8x3xf32> -> tensor<8xf32>
  %l = math.log %m : tensor<8xf32>
  return %l : tensor<8xf32>
}

// -----
// What is over the data set stays so, in the shift as well; of one sample a minibatch the sum is still not its only term.
// CHECK-LABEL: func.func @log_mean_exp_over_data(
// CHECK-SAME: %[[T:.*]]: tensor<1x1xf32>)
func.func @log_mean_exp_over_data(%t: tensor<1x1xf32>) -> tensor<f32> {
  // CHECK: %[[MAX:.*]] = agon.reduce max %[[T]] dims [0, 1] expectation
  // CHECK: %[[EXP:.*]] = math.exp
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[EXP]] dims [0, 1] expectation
  // CHECK: math.log %[[SUM]]
  %e = math.exp %t : tensor<1x1xf32>
  %s = agon.reduce sum %e dims [0, 1] expectation : tensor<1x1xf32> -> tensor<f32>
  %l = math.log %s : tensor<f32>
  return %l : tensor<f32>
}
