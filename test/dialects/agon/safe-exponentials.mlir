// RUN: agon-opt %s -agon-safe-numerics -canonicalize -cse -split-input-file | FileCheck %s

// expm1, whichever side the constant is on, scaled, and after a change of shape.
// CHECK-LABEL: func.func @expm1(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @expm1(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>) {
  // CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[E:.*]] = math.expm1 %[[X]] : tensor<4xf32>
  // CHECK-DAG: %[[MINUS:.*]] = arith.negf %[[E]]
  // CHECK-DAG: %[[SCALED:.*]] = arith.mulf %[[E]], %[[THREE]]
  // CHECK-DAG: %[[SHAPED:.*]] = agon.reshape %[[E]]
  // CHECK-NOT: math.exp %
  // CHECK: return %[[E]], %[[MINUS]], %[[SCALED]], %[[SHAPED]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %minus_one = arith.constant dense<-1.0> : tensor<2x2xf32>
  %three = arith.constant dense<3.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %0 = arith.subf %e, %one : tensor<4xf32>
  %1 = arith.subf %one, %e : tensor<4xf32>
  %s = arith.mulf %e, %three : tensor<4xf32>
  %2 = arith.subf %s, %three : tensor<4xf32>
  %r = agon.reshape %e : tensor<4xf32> -> tensor<2x2xf32>
  %3 = arith.addf %minus_one, %r : tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>
}

// -----
// erfc, of either sign, scaled, and after a change of shape; and back.
// CHECK-LABEL: func.func @erfc(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @erfc(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
  // CHECK-DAG: %[[C:.*]] = math.erfc %[[X]] : tensor<4xf32>
  // CHECK-DAG: %[[MINUS:.*]] = arith.negf %[[X]]
  // CHECK-DAG: %[[MIRRORED:.*]] = math.erfc %[[MINUS]]
  // CHECK-DAG: %[[SCALED:.*]] = arith.mulf %[[MIRRORED]], %[[HALF]]
  // CHECK-DAG: %[[SHAPED:.*]] = agon.reshape %[[C]]
  // CHECK-DAG: %[[ERF:.*]] = math.erf %[[X]]
  // CHECK: return %[[C]], %[[SCALED]], %[[SHAPED]], %[[ERF]], %[[MIRRORED]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %square_one = arith.constant dense<1.0> : tensor<2x2xf32>
  %e = math.erf %x : tensor<4xf32>
  %0 = arith.subf %one, %e : tensor<4xf32>
  %s = arith.mulf %e, %half : tensor<4xf32>
  %1 = arith.addf %half, %s : tensor<4xf32>
  %r = agon.reshape %e : tensor<4xf32> -> tensor<2x2xf32>
  %2 = arith.subf %square_one, %r : tensor<2x2xf32>
  %c = math.erfc %x : tensor<4xf32>
  %3 = arith.subf %one, %c : tensor<4xf32>
  %4 = arith.subf %two, %c : tensor<4xf32>
  return %0, %1, %2, %3, %4 : tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// Roots and powers of exponentials with a positive factor; not of one with a negative factor or a power that varies.
// CHECK-LABEL: func.func @powers(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @powers(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
  // CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[EIGHTH:.*]] = arith.constant dense<1.250000e-01> : tensor<2x2xf32>
  // CHECK-DAG: %[[POWER:.*]] = arith.constant dense<-1.500000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[HALVED:.*]] = arith.mulf %[[X]], %[[HALF]] :
  // CHECK-DAG: %[[ROOT:.*]] = math.exp %[[HALVED]]
  // CHECK-DAG: %[[SCALED:.*]] = arith.mulf %[[ROOT]], %[[TWO]] :
  // CHECK-DAG: %[[POWERED:.*]] = arith.mulf %[[X]], %[[POWER]] :
  // CHECK-DAG: %[[EXP:.*]] = math.exp %[[POWERED]]
  // CHECK-DAG: %[[SHAPED:.*]] = agon.reshape %[[EXP]]
  // CHECK-DAG: %[[FACTORED:.*]] = arith.mulf %[[SHAPED]], %[[EIGHTH]] :
  // CHECK-DAG: %[[NEGATIVE:.*]] = math.sqrt
  // CHECK-DAG: %[[VARYING:.*]] = math.powf
  // CHECK: return %[[SCALED]], %[[FACTORED]], %[[NEGATIVE]], %[[VARYING]]
  %four = arith.constant dense<4.0> : tensor<4xf32>
  %minus_four = arith.constant dense<-4.0> : tensor<4xf32>
  %square_four = arith.constant dense<4.0> : tensor<2x2xf32>
  %power = arith.constant dense<-1.5> : tensor<2x2xf32>
  %e = math.exp %x : tensor<4xf32>
  %s = arith.mulf %e, %four : tensor<4xf32>
  %0 = math.sqrt %s : tensor<4xf32>
  %r = agon.reshape %e : tensor<4xf32> -> tensor<2x2xf32>
  %q = arith.mulf %r, %square_four : tensor<2x2xf32>
  %1 = math.powf %q, %power : tensor<2x2xf32>
  %m = arith.mulf %e, %minus_four : tensor<4xf32>
  %2 = math.sqrt %m : tensor<4xf32>
  %3 = math.powf %e, %y : tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// Factors of an exponent become one, across changes of shape; one factor stays.
// CHECK-LABEL: func.func @factors(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @factors(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[SIX:.*]] = arith.constant dense<-6.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
  // CHECK-DAG: %[[THREE:.*]] = arith.constant dense<3.000000e+00> : tensor<4xf32>
  // CHECK-DAG: %[[FIRST:.*]] = arith.mulf %[[X]], %[[SIX]] :
  // CHECK-DAG: %[[EXP:.*]] = math.exp %[[FIRST]]
  // CHECK-DAG: %[[SECOND:.*]] = arith.mulf %[[X]], %[[HALF]] :
  // CHECK-DAG: %[[EXPM1:.*]] = math.expm1 %[[SECOND]]
  // CHECK-DAG: %[[SHAPED:.*]] = agon.reshape %[[EXPM1]]
  // CHECK-DAG: %[[ONE:.*]] = arith.mulf %[[X]], %[[THREE]] :
  // CHECK-DAG: %[[PLAIN:.*]] = math.exp %[[ONE]]
  // CHECK: return %[[EXP]], %[[SHAPED]], %[[PLAIN]]
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %three = arith.constant dense<3.0> : tensor<4xf32>
  %square_four = arith.constant dense<4.0> : tensor<2x2xf32>
  %a = arith.mulf %x, %three : tensor<4xf32>
  %b = arith.mulf %a, %two : tensor<4xf32>
  %c = arith.negf %b : tensor<4xf32>
  %0 = math.exp %c : tensor<4xf32>
  %d = arith.mulf %two, %x : tensor<4xf32>
  %r = agon.reshape %d : tensor<4xf32> -> tensor<2x2xf32>
  %e = arith.divf %r, %square_four : tensor<2x2xf32>
  %1 = math.expm1 %e : tensor<2x2xf32>
  %2 = math.exp %a : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<2x2xf32>, tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @log1p(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @log1p(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>) {
  // CHECK-NOT: math.log %
  // CHECK-DAG: %[[FIRST:.*]] = math.log1p %[[X]]
  // CHECK-DAG: %[[MINUS:.*]] = arith.negf %[[X]]
  // CHECK-DAG: %[[SECOND:.*]] = math.log1p %[[MINUS]]
  // CHECK-DAG: %[[SUM:.*]] = arith.addf %[[X]], %[[Y]]
  // CHECK-DAG: %[[EIGHTH:.*]] = math.log1p %[[SUM]]
  // CHECK-DAG: %[[SHAPED:.*]] = agon.reshape %[[FIRST]]
  // CHECK: return %[[FIRST]], %[[SECOND]], %[[EIGHTH]], %[[SHAPED]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %a = arith.addf %one, %x : tensor<4xf32>
  %0 = math.log %a : tensor<4xf32>
  %b = arith.subf %one, %x : tensor<4xf32>
  %1 = math.log %b : tensor<4xf32>
  %c = arith.addf %a, %y : tensor<4xf32>
  %2 = math.log %c : tensor<4xf32>
  %r = agon.reshape %a : tensor<4xf32> -> tensor<2x2xf32>
  %3 = math.log %r : tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<2x2xf32>
}

// -----
// f-GAN's conjugate(activation(v)) for the GAN's divergence: softplus(v).
// CHECK-LABEL: func.func @gan(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32>)
func.func @gan(%v: tensor<4xf32>) -> tensor<2x2xf32> {
  // CHECK-NEXT: %[[S:.*]] = agon.softplus %[[V]]
  // CHECK-NEXT: %[[MINUS:.*]] = arith.negf %[[S]]
  // CHECK-NEXT: %[[R:.*]] = agon.reshape %[[MINUS]]
  // CHECK-NEXT: %[[PLUS:.*]] = arith.negf %[[R]]
  // CHECK-NEXT: return %[[PLUS]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %ones = arith.constant dense<1.0> : tensor<2x2xf32>
  %n = arith.negf %v : tensor<4xf32>
  %e = math.exp %n : tensor<4xf32>
  %d = arith.addf %one, %e : tensor<4xf32>
  %l = math.log %d : tensor<4xf32>
  %t = arith.negf %l : tensor<4xf32>
  %r = agon.reshape %t : tensor<4xf32> -> tensor<2x2xf32>
  %p = math.exp %r : tensor<2x2xf32>
  %q = arith.subf %ones, %p : tensor<2x2xf32>
  %m = math.log %q : tensor<2x2xf32>
  %c = arith.negf %m : tensor<2x2xf32>
  return %c : tensor<2x2xf32>
}

// -----
// The same for squared Hellinger, t / (1 - t) with t = 1 - exp(-v): expm1(v).
// CHECK-LABEL: func.func @hellinger(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32>)
func.func @hellinger(%v: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %[[E:.*]] = math.expm1 %[[V]]
  // CHECK-NEXT: return %[[E]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %n = arith.negf %v : tensor<4xf32>
  %e = math.exp %n : tensor<4xf32>
  %t = arith.subf %one, %e : tensor<4xf32>
  %d = arith.subf %one, %t : tensor<4xf32>
  %c = arith.divf %t, %d : tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----
// And for Jensen and Shannon's, -log(2 - exp(log 2 - softplus(-v))): softplus(v) - log 2, exact around 0.
// CHECK-LABEL: func.func @js(
// CHECK-SAME: %[[V:.*]]: tensor<4xf32>)
func.func @js(%v: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00>
  // CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01>
  // CHECK: %[[ABOVE:.*]] = arith.cmpf ogt, %[[V]], %[[ZERO]]
  // CHECK: %[[RAMP:.*]] = arith.select %[[ABOVE]], %[[V]], %[[ZERO]]
  // CHECK: %[[MIRRORED:.*]] = arith.negf %[[V]]
  // CHECK: %[[MINUS:.*]] = arith.select %[[ABOVE]], %[[MIRRORED]], %[[V]]
  // CHECK: %[[E:.*]] = math.expm1 %[[MINUS]]
  // CHECK: %[[HALVED:.*]] = arith.mulf %[[E]], %[[HALF]]
  // CHECK: %[[L:.*]] = math.log1p %[[HALVED]]
  // CHECK: %[[R:.*]] = arith.addf %[[RAMP]], %[[L]]
  // CHECK: return %[[R]]
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %log_two = arith.constant dense<0.693147182> : tensor<4xf32>
  %n = arith.negf %v : tensor<4xf32>
  %s = agon.softplus %n : tensor<4xf32>
  %t = arith.subf %log_two, %s : tensor<4xf32>
  %e = math.exp %t : tensor<4xf32>
  %d = arith.subf %two, %e : tensor<4xf32>
  %l = math.log %d : tensor<4xf32>
  %c = arith.negf %l : tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----
// CHECK-LABEL: func.func @quotients(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[A:.*]]: tensor<4xf32>)
func.func @quotients(%x: tensor<4xf32>, %a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NOT: arith.divf
  // CHECK-DAG: %[[MINUS:.*]] = arith.negf %[[X]]
  // CHECK-DAG: %[[INVERSE:.*]] = math.exp %[[MINUS]]
  // CHECK-DAG: %[[PRODUCT:.*]] = arith.mulf %[[A]], %[[INVERSE]]
  // CHECK-DAG: %[[DIFFERENCE:.*]] = arith.subf %[[A]], %[[X]]
  // CHECK-DAG: %[[RATIO:.*]] = math.exp %[[DIFFERENCE]]
  // CHECK-DAG: %[[ODDS:.*]] = math.exp %[[X]]
  // CHECK: return %[[PRODUCT]], %[[RATIO]], %[[ODDS]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %f = math.exp %a : tensor<4xf32>
  %0 = arith.divf %a, %e : tensor<4xf32>
  %1 = arith.divf %f, %e : tensor<4xf32>
  %p = agon.sigmoid %x : tensor<4xf32>
  %q = arith.subf %one, %p : tensor<4xf32>
  %2 = arith.divf %p, %q : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// log(1 - exp(x)), in two pieces.
// CHECK-LABEL: func.func @log_one_minus_exp(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>)
func.func @log_one_minus_exp(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-DAG: %[[MINUS_LOG_2:.*]] = arith.constant dense<-0.693147182>
  // CHECK: %[[NEAR:.*]] = arith.cmpf ogt, %[[X]], %[[MINUS_LOG_2]]
  // CHECK-DAG: math.expm1 %[[X]]
  // CHECK-DAG: %[[CLOSE:.*]] = math.log %
  // CHECK-DAG: %[[FAR:.*]] = math.log1p
  // CHECK: %[[R:.*]] = arith.select %[[NEAR]], %[[CLOSE]], %[[FAR]]
  // CHECK: return %[[R]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %d = arith.subf %one, %e : tensor<4xf32>
  %l = math.log %d : tensor<4xf32>
  return %l : tensor<4xf32>
}

// -----
// What is differentiated with respect to stays what y is a function of; other constants are left alone.
// CHECK-LABEL: func.func @untouched(
func.func @untouched(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NOT: math.expm1
  // CHECK: %[[P:.*]] = agon.point
  // CHECK: arith.subf %[[P]]
  // CHECK-NOT: math.expm1
  // CHECK: math.log %
  // CHECK: arith.divf
  // CHECK-NOT: math.expm1
  // CHECK: return
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %two = arith.constant dense<2.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %p = agon.point %e : tensor<4xf32>
  %0 = arith.subf %p, %one : tensor<4xf32>
  %1 = arith.subf %e, %two : tensor<4xf32>
  %s = arith.addf %two, %x : tensor<4xf32>
  %2 = math.log %s : tensor<4xf32>
  %3 = arith.divf %e, %y : tensor<4xf32>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----
// In a longer sum, in any order: x + exp(x) - 1, (y - 1) + exp(x), 1 - (exp(x) + y).
// CHECK-LABEL: func.func @longer_sum(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
func.func @longer_sum(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-DAG: %[[E:.*]] = math.expm1 %[[X]]
  // CHECK-DAG: arith.addf %[[X]], %{{.*}}
  // CHECK-NOT: math.exp %
  // CHECK: return
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %e = math.exp %x : tensor<4xf32>
  %0 = arith.addf %x, %e : tensor<4xf32>
  %a = arith.subf %0, %one : tensor<4xf32>
  %1 = arith.subf %y, %one : tensor<4xf32>
  %b = arith.addf %1, %e : tensor<4xf32>
  %2 = arith.addf %e, %y : tensor<4xf32>
  %c = arith.subf %one, %2 : tensor<4xf32>
  return %a, %b, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
