// A derivative asks the sign of a rectifier's output instead of its input.
// RUN: agon-opt %s --agon-reuse-activations --split-input-file | FileCheck %s

// CHECK-LABEL: func @relu
// CHECK-SAME: (%[[X:.+]]: tensor<8xf32>, %[[G:.+]]: tensor<8xf32>)
func.func @relu(%x: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  // CHECK: %[[Y:.+]] = arith.maximumf %[[X]]
  %m = arith.cmpf ogt, %x, %zero : tensor<8xf32>
  %y = arith.maximumf %x, %zero : tensor<8xf32>
  // CHECK-NEXT: %[[TEST:.+]] = arith.cmpf ogt, %[[Y]]
  // CHECK-NEXT: arith.select %[[TEST]], %[[G]]
  %d = arith.select %m, %g, %zero : tensor<8xi1>, tensor<8xf32>
  return %y, %d : tensor<8xf32>, tensor<8xf32>
}

// -----

// The library's relu, which keeps a NaN: it is neither at most 0 nor is its rectification.
// CHECK-LABEL: func @keeps_nan
// CHECK-SAME: (%[[X:.+]]: tensor<8xf32>, %[[G:.+]]: tensor<8xf32>)
func.func @keeps_nan(%x: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  // CHECK: %[[DEFINING:.+]] = arith.cmpf ole, %[[X]]
  %m = arith.cmpf ole, %x, %zero : tensor<8xf32>
  // CHECK: %[[Y:.+]] = arith.select %[[DEFINING]], %{{.+}}, %[[X]]
  %y = arith.select %m, %zero, %x : tensor<8xi1>, tensor<8xf32>
  // CHECK: %[[TEST:.+]] = arith.cmpf ole, %[[Y]]
  // CHECK: arith.select %[[TEST]], %{{.+}}, %[[G]]
  %d = arith.select %m, %zero, %g : tensor<8xi1>, tensor<8xf32>
  return %y, %d : tensor<8xf32>, tensor<8xf32>
}

// -----

// The test that makes the output stays; the derivative's moves.
// CHECK-LABEL: func @leaky
// CHECK-SAME: (%[[X:.+]]: tensor<8xf32>, %[[G:.+]]: tensor<8xf32>)
func.func @leaky(%x: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %slope = arith.constant dense<0.2> : tensor<8xf32>
  // CHECK: %[[DEFINING:.+]] = arith.cmpf ogt, %[[X]]
  %m = arith.cmpf ogt, %x, %zero : tensor<8xf32>
  %s = arith.mulf %x, %slope : tensor<8xf32>
  // CHECK: %[[Y:.+]] = arith.select %[[DEFINING]], %[[X]]
  %y = arith.select %m, %x, %s : tensor<8xi1>, tensor<8xf32>
  %t = arith.mulf %g, %slope : tensor<8xf32>
  // CHECK: %[[TEST:.+]] = arith.cmpf ogt, %[[Y]]
  // CHECK: arith.select %[[TEST]], %[[G]]
  %d = arith.select %m, %g, %t : tensor<8xi1>, tensor<8xf32>
  return %y, %d : tensor<8xf32>, tensor<8xf32>
}

// -----

// A negative slope mirrors the sign; `oge` is true of every output of max.
// CHECK-LABEL: func @refused
// CHECK-SAME: (%[[X:.+]]: tensor<8xf32>, %[[G:.+]]: tensor<8xf32>)
func.func @refused(%x: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %slope = arith.constant dense<-1.0> : tensor<8xf32>
  // CHECK: %[[M:.+]] = arith.cmpf ogt, %[[X]]
  %m = arith.cmpf ogt, %x, %zero : tensor<8xf32>
  %s = arith.mulf %x, %slope : tensor<8xf32>
  %y = arith.select %m, %x, %s : tensor<8xi1>, tensor<8xf32>
  // CHECK: arith.select %[[M]], %[[G]]
  %d = arith.select %m, %g, %zero : tensor<8xi1>, tensor<8xf32>
  // CHECK: arith.maximumf
  %r = arith.maximumf %x, %zero : tensor<8xf32>
  // CHECK: %[[N:.+]] = arith.cmpf oge, %[[X]]
  %n = arith.cmpf oge, %x, %zero : tensor<8xf32>
  // CHECK: arith.select %[[N]], %[[G]]
  %e = arith.select %n, %g, %r : tensor<8xi1>, tensor<8xf32>
  return %y, %d, %e : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
