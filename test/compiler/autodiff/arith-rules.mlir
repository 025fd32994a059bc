// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// The pullbacks of arith, with the cotangent %c.

// CHECK-LABEL: @subf_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[NEGF:.*]] = arith.negf %[[C]] : tensor<4xf32>
// CHECK: return %[[NEGF]] : tensor<4xf32>
func.func @subf_rhs(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.subf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @mulf(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[B]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @mulf(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.mulf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %a : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @divf_lhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[DIVF:.*]] = arith.divf %[[C]], %[[B]] : tensor<4xf32>
// CHECK: return %[[DIVF]] : tensor<4xf32>
func.func @divf_lhs(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.divf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %a : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @divf_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[DIVF:.*]] = arith.divf %[[A]], %[[B]] : tensor<4xf32>
// CHECK: %[[DIVF2:.*]] = arith.divf %[[C]], %[[B]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[DIVF2]], %[[DIVF]] : tensor<4xf32>
// CHECK: %[[NEGF:.*]] = arith.negf %[[MULF]] : tensor<4xf32>
// CHECK: return %[[NEGF]] : tensor<4xf32>
func.func @divf_rhs(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.divf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @negf(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[NEGF:.*]] = arith.negf %[[C]] : tensor<4xf32>
// CHECK: return %[[NEGF]] : tensor<4xf32>
func.func @negf(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.negf %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @maximumf(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[A]], %[[B]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[HALF]], %[[ZERO]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[CMPF2:.*]] = arith.cmpf ogt, %[[A]], %[[B]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF2]], %[[ONE]], %[[SELECT]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @maximumf(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.maximumf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %a : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @minimumf(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[B]], %[[A]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[HALF]], %[[ZERO]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[CMPF2:.*]] = arith.cmpf olt, %[[B]], %[[A]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF2]], %[[ONE]], %[[SELECT]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @minimumf(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.minimumf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @remf_rhs(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[REMF:.*]] = arith.remf %[[A]], %[[B]] : tensor<4xf32>
// CHECK: %[[SUBF:.*]] = arith.subf %[[A]], %[[REMF]] : tensor<4xf32>
// CHECK: %[[DIVF:.*]] = arith.divf %[[SUBF]], %[[B]] : tensor<4xf32>
// CHECK: %[[STOP_GRADIENT:.*]] = agon.stop_gradient %[[DIVF]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[STOP_GRADIENT]] : tensor<4xf32>
// CHECK: %[[NEGF:.*]] = arith.negf %[[MULF]] : tensor<4xf32>
// CHECK: return %[[NEGF]] : tensor<4xf32>
func.func @remf_rhs(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.remf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @select(
// CHECK-SAME: %[[P:[^ ]*]]: {{[^ ]*}}, %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[P]], %[[ZERO]], %[[C]] : tensor<4xi1>, tensor<4xf32>
// CHECK: return %[[SELECT]] : tensor<4xf32>
func.func @select(%p: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.select %p, %a, %b : tensor<4xi1>, tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @extf(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[TRUNCF:.*]] = arith.truncf %[[C]] : tensor<4xf64> to tensor<4xf32>
// CHECK: return %[[TRUNCF]] : tensor<4xf32>
func.func @extf(%x: tensor<4xf32>, %c: tensor<4xf64>) -> tensor<4xf32> {
  %y = arith.extf %x : tensor<4xf32> to tensor<4xf64>
  %s = arith.mulf %y, %c : tensor<4xf64>
  %g = agon.gradient %s wrt %x : tensor<4xf64>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @truncf(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[EXTF:.*]] = arith.extf %[[C]] : tensor<4xf32> to tensor<4xf64>
// CHECK: return %[[EXTF]] : tensor<4xf64>
func.func @truncf(%x: tensor<4xf64>, %c: tensor<4xf32>) -> tensor<4xf64> {
  %y = arith.truncf %x : tensor<4xf64> to tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf64>
  return %g : tensor<4xf64>
}
