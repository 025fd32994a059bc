// RUN: agon-opt %s -agon-guard-branches -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @root(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[C:.*]]: tensor<4xi1>)
func.func @root(%x: tensor<4xf32>, %c: tensor<4xi1>) -> tensor<4xf32> {
  // CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00>
  // CHECK: %[[SAFE:.*]] = arith.select %[[C]], %[[X]], %[[ONE]]
  // CHECK: %[[ROOT:.*]] = math.sqrt %[[SAFE]]
  // CHECK: %[[Y:.*]] = arith.select %[[C]], %[[ROOT]], %[[X]]
  // CHECK: agon.gradient %[[Y]] wrt %[[X]]
  %r = math.sqrt %x : tensor<4xf32>
  %y = arith.select %c, %r, %x : tensor<4xi1>, tensor<4xf32>
  %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----
// In the other branch, behind a sum and a change of shape; what others read stays as it was.
// CHECK-LABEL: func.func @behind(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[C:.*]]: tensor<2xi1>)
func.func @behind(%x: tensor<2x3xf32>, %c: tensor<2xi1>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  // CHECK: %[[LOG:.*]] = math.log %[[X]]
  // CHECK: %[[NOT:.*]] = arith.xori %[[C]], %{{.*}}
  // CHECK: %[[SPREAD:.*]] = agon.broadcast %[[NOT]] dims [0] : tensor<2xi1> -> tensor<2x3xi1>
  // CHECK: %[[SAFE:.*]] = arith.select %[[SPREAD]], %[[X]], %{{.*}}
  // CHECK: %[[GUARDED:.*]] = math.log %[[SAFE]]
  // CHECK: %[[SUM:.*]] = agon.reduce sum %[[GUARDED]] dims [1]
  // CHECK: arith.select %[[C]], %{{.*}}, %[[SUM]]
  // CHECK: return %{{.*}}, %[[LOG]]
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %l = math.log %x : tensor<2x3xf32>
  %s = agon.reduce sum %l dims [1] : tensor<2x3xf32> -> tensor<2xf32>
  %y = arith.select %c, %zero, %s : tensor<2xi1>, tensor<2xf32>
  %g = agon.gradient %y wrt %x : tensor<2xf32>, tensor<2x3xf32>
  return %g, %l : tensor<2x3xf32>, tensor<2x3xf32>
}

// -----
// A repeated value matters where any of its copies does.
// CHECK-LABEL: func.func @repeated(
// CHECK-SAME: %[[X:.*]]: tensor<3xf32>, %[[C:.*]]: tensor<2x3xi1>)
func.func @repeated(%x: tensor<3xf32>, %c: tensor<2x3xi1>) -> tensor<3xf32> {
  // CHECK: %[[NUMBERS:.*]] = arith.select %[[C]]
  // CHECK: %[[ANY:.*]] = agon.reduce max %[[NUMBERS]] dims [0]
  // CHECK: %[[TRUTH:.*]] = arith.cmpf ogt, %[[ANY]]
  // CHECK: arith.select %[[TRUTH]], %[[X]]
  // CHECK: math.log
  %zero = arith.constant dense<0.0> : tensor<2x3xf32>
  %l = math.log %x : tensor<3xf32>
  %b = agon.broadcast %l dims [1] : tensor<3xf32> -> tensor<2x3xf32>
  %y = arith.select %c, %b, %zero : tensor<2x3xi1>, tensor<2x3xf32>
  %g = agon.gradient %y wrt %x : tensor<2x3xf32>, tensor<3xf32>
  return %g : tensor<3xf32>
}

// -----
// Both conditions must hold.
// CHECK-LABEL: func.func @nested(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[A:.*]]: tensor<4xi1>, %[[B:.*]]: tensor<4xi1>)
func.func @nested(%x: tensor<4xf32>, %a: tensor<4xi1>, %b: tensor<4xi1>) -> tensor<4xf32> {
  // CHECK: %[[BOTH:.*]] = arith.andi %[[A]], %[[B]]
  // CHECK: %[[SAFE:.*]] = arith.select %[[BOTH]], %[[X]], %{{.*}}
  // CHECK: %[[LOG:.*]] = math.log %[[SAFE]]
  // CHECK: %[[INNER:.*]] = arith.select %[[B]], %[[LOG]], %[[X]]
  // CHECK: arith.select %[[A]], %[[INNER]], %[[X]]
  // CHECK-NOT: arith.select
  %l = math.log %x : tensor<4xf32>
  %i = arith.select %b, %l, %x : tensor<4xi1>, tensor<4xf32>
  %y = arith.select %a, %i, %x : tensor<4xi1>, tensor<4xf32>
  %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----
// A maximum chooses, too.
// CHECK-LABEL: func.func @maximum(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[LOW:.*]]: tensor<4xf32>)
func.func @maximum(%x: tensor<4xf32>, %low: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: %[[LOG:.*]] = math.log %[[X]]
  // CHECK: %[[TAKEN:.*]] = arith.cmpf uge, %[[LOG]], %[[LOW]]
  // CHECK: %[[SAFE:.*]] = arith.select %[[TAKEN]], %[[X]], %{{.*}}
  // CHECK: %[[GUARDED:.*]] = math.log %[[SAFE]]
  // CHECK: %[[LEAST:.*]] = arith.constant dense<0xFF800000>
  // CHECK: %[[CHOSEN:.*]] = arith.select %[[TAKEN]], %[[GUARDED]], %[[LEAST]]
  // CHECK: arith.maximumf %[[CHOSEN]], %[[LOW]]
  %l = math.log %x : tensor<4xf32>
  %y = arith.maximumf %l, %low : tensor<4xf32>
  %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----
// No guard where nothing is differentiated, where both branches read the hazard, where the form says that there is
// none, and for a product of two.
// CHECK-LABEL: func.func @unguarded(
func.func @unguarded(%x: tensor<4xf32>, %d: tensor<4xf32>, %c: tensor<4xi1>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-COUNT-4: arith.select
  // CHECK-NOT: arith.select
  %zero = arith.constant dense<0.0> : tensor<4xf32>
  %eps = arith.constant dense<1.0e-5> : tensor<4xf32>
  %data = math.log %d : tensor<4xf32>
  %0 = arith.select %c, %data, %zero : tensor<4xi1>, tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %n = arith.negf %e : tensor<4xf32>
  %1 = arith.select %c, %e, %n : tensor<4xi1>, tensor<4xf32>
  %s = arith.mulf %x, %x : tensor<4xf32>
  %p = arith.addf %s, %eps : tensor<4xf32>
  %r = math.sqrt %p : tensor<4xf32>
  %q = arith.divf %x, %r : tensor<4xf32>
  %2 = arith.select %c, %q, %zero : tensor<4xi1>, tensor<4xf32>
  %3 = arith.select %c, %s, %zero : tensor<4xi1>, tensor<4xf32>
  %4 = arith.addf %1, %2 : tensor<4xf32>
  %y = arith.addf %4, %3 : tensor<4xf32>
  %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g, %0 : tensor<4xf32>, tensor<4xf32>
}

// -----
// A maximum that no derivative passes, as in the logarithm of a sum of exponentials, is no choice.
// CHECK-LABEL: func.func @stopped(
// CHECK-NOT: arith.select
// CHECK: agon.gradient
func.func @stopped(%x: tensor<4xf32>) -> tensor<4xf32> {
  %l = math.log %x : tensor<4xf32>
  %m = agon.reduce max %l dims [0] : tensor<4xf32> -> tensor<f32>
  %held = agon.stop_gradient %m : tensor<f32>
  %s = agon.reduce sum %l dims [0] : tensor<4xf32> -> tensor<f32>
  %y = arith.subf %s, %held : tensor<f32>
  %g = agon.gradient %y wrt %x : tensor<f32>, tensor<4xf32>
  return %g : tensor<4xf32>
}
