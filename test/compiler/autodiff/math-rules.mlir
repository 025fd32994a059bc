// RUN: agon-opt %s -agon-expand-gradients -canonicalize -cse | FileCheck %s
// The pullbacks of math and of the smooth steps, with the cotangent %c.

// CHECK-LABEL: @exp(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[EXP:.*]] = math.exp %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[EXP]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @exp(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.exp %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @expm1(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[EXP:.*]] = math.exp %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[EXP]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @expm1(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.expm1 %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @log(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[DIVF:.*]] = arith.divf %[[C]], %[[X]] : tensor<4xf32>
// CHECK: return %[[DIVF]] : tensor<4xf32>
func.func @log(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.log %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @log1p(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[ADDF:.*]] = arith.addf %[[X]], %[[ONE]] : tensor<4xf32>
// CHECK: %[[DIVF:.*]] = arith.divf %[[C]], %[[ADDF]] : tensor<4xf32>
// CHECK: return %[[DIVF]] : tensor<4xf32>
func.func @log1p(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.log1p %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @sqrt(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[SQRT:.*]] = math.sqrt %[[X]] : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[SQRT]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[ONE]], %[[SQRT]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[DIVF:.*]] = arith.divf %[[HALF]], %[[SELECT]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF]], %[[ZERO]], %[[DIVF]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @sqrt(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.sqrt %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @rsqrt(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[MINUS_HALF:.*]] = arith.constant dense<-5.000000e-01> : tensor<4xf32>
// CHECK: %[[RSQRT:.*]] = math.rsqrt %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[RSQRT]], %[[RSQRT]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[RSQRT]], %[[MULF]] : tensor<4xf32>
// CHECK: %[[MULF3:.*]] = arith.mulf %[[MULF2]], %[[MINUS_HALF]] : tensor<4xf32>
// CHECK: %[[MULF4:.*]] = arith.mulf %[[C]], %[[MULF3]] : tensor<4xf32>
// CHECK: return %[[MULF4]] : tensor<4xf32>
func.func @rsqrt(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.rsqrt %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @tanh(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[TANH:.*]] = math.tanh %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[TANH]], %[[TANH]] : tensor<4xf32>
// CHECK: %[[SUBF:.*]] = arith.subf %[[ONE]], %[[MULF]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[SUBF]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @tanh(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.tanh %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @absf(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[MINUS_ONE:.*]] = arith.constant dense<-1.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf olt, %[[X]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[MINUS_ONE]], %[[ZERO]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[CMPF2:.*]] = arith.cmpf ogt, %[[X]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF2]], %[[ONE]], %[[SELECT]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @absf(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.absf %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @sin(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[COS:.*]] = math.cos %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[COS]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @sin(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.sin %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @cos(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[SIN:.*]] = math.sin %[[X]] : tensor<4xf32>
// CHECK: %[[NEGF:.*]] = arith.negf %[[SIN]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[NEGF]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @cos(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.cos %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @erf(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[K:.*]] = arith.constant dense<1.12837923> : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[X]], %[[X]] : tensor<4xf32>
// CHECK: %[[NEGF:.*]] = arith.negf %[[MULF]] : tensor<4xf32>
// CHECK: %[[EXP:.*]] = math.exp %[[NEGF]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[EXP]], %[[K]] : tensor<4xf32>
// CHECK: %[[MULF3:.*]] = arith.mulf %[[C]], %[[MULF2]] : tensor<4xf32>
// CHECK: return %[[MULF3]] : tensor<4xf32>
func.func @erf(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.erf %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @erfc(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[K:.*]] = arith.constant dense<-1.12837923> : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[X]], %[[X]] : tensor<4xf32>
// CHECK: %[[NEGF:.*]] = arith.negf %[[MULF]] : tensor<4xf32>
// CHECK: %[[EXP:.*]] = math.exp %[[NEGF]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[EXP]], %[[K]] : tensor<4xf32>
// CHECK: %[[MULF3:.*]] = arith.mulf %[[C]], %[[MULF2]] : tensor<4xf32>
// CHECK: return %[[MULF3]] : tensor<4xf32>
func.func @erfc(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.erfc %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @floor(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK: return %[[ZERO]] : tensor<4xf32>
func.func @floor(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.floor %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @powf_base(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf olt, %[[B]], %[[ONE]] : tensor<4xf32>
// CHECK: %[[CMPF2:.*]] = arith.cmpf oeq, %[[A]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[ANDI:.*]] = arith.andi %[[CMPF2]], %[[CMPF]] : tensor<4xi1>
// CHECK: %[[SELECT:.*]] = arith.select %[[ANDI]], %[[ONE]], %[[A]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[SUBF:.*]] = arith.subf %[[B]], %[[ONE]] : tensor<4xf32>
// CHECK: %[[POWF:.*]] = math.powf %[[SELECT]], %[[SUBF]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[B]], %[[POWF]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[ANDI]], %[[ZERO]], %[[MULF]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @powf_base(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.powf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %a : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @powf_exponent(
// CHECK-SAME: %[[A:[^ ]*]]: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[POWF:.*]] = math.powf %[[A]], %[[B]] : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[A]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[ONE]], %[[A]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[LOG:.*]] = math.log %[[SELECT]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[POWF]], %[[LOG]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF]], %[[ZERO]], %[[MULF]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @powf_exponent(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.powf %a, %b : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %b : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @powf_square(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[X]], %[[TWO]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[MULF]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @powf_square(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %k = arith.constant dense<2.0> : tensor<4xf32>
  %y = math.powf %x, %k : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @powf_half(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[MINUS_HALF:.*]] = arith.constant dense<-5.000000e-01> : tensor<4xf32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<4xf32>
// CHECK: %[[CMPF:.*]] = arith.cmpf oeq, %[[X]], %[[ZERO]] : tensor<4xf32>
// CHECK: %[[SELECT:.*]] = arith.select %[[CMPF]], %[[ONE]], %[[X]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[POWF:.*]] = math.powf %[[SELECT]], %[[MINUS_HALF]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[POWF]], %[[HALF]] : tensor<4xf32>
// CHECK: %[[SELECT2:.*]] = arith.select %[[CMPF]], %[[ZERO]], %[[MULF]] : tensor<4xi1>, tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[SELECT2]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @powf_half(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %k = arith.constant dense<0.5> : tensor<4xf32>
  %y = math.powf %x, %k : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// CHECK-LABEL: @sigmoid(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1.000000e+00> : tensor<4xf32>
// CHECK: %[[SIGMOID:.*]] = agon.sigmoid %[[X]] : tensor<4xf32>
// CHECK: %[[SUBF:.*]] = arith.subf %[[ONE]], %[[SIGMOID]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[SIGMOID]], %[[SUBF]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[MULF]] : tensor<4xf32>
// CHECK: return %[[MULF2]] : tensor<4xf32>
func.func @sigmoid(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = agon.sigmoid %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// The slope of a softplus.
// CHECK-LABEL: @sigmoid_beside_softplus(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK-DAG: %[[SIGMOID:.*]] = agon.sigmoid %[[X]] : tensor<4xf32>
// CHECK-DAG: %[[MINUS:.*]] = arith.negf %[[X]] : tensor<4xf32>
// CHECK-DAG: %[[REST:.*]] = agon.sigmoid %[[MINUS]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[SIGMOID]], %[[REST]] : tensor<4xf32>
// CHECK: %[[MULF2:.*]] = arith.mulf %[[C]], %[[MULF]] : tensor<4xf32>
// CHECK: return %[[MULF2]]
func.func @sigmoid_beside_softplus(%x: tensor<4xf32>, %c: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %p = agon.softplus %x : tensor<4xf32>
  %y = agon.sigmoid %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g, %p : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @softplus(
// CHECK-SAME: %[[X:[^ ]*]]: {{[^ ]*}}, %[[C:[^ ]*]]: {{[^ ]*}}
// CHECK: %[[SIGMOID:.*]] = agon.sigmoid %[[X]] : tensor<4xf32>
// CHECK: %[[MULF:.*]] = arith.mulf %[[C]], %[[SIGMOID]] : tensor<4xf32>
// CHECK: return %[[MULF]] : tensor<4xf32>
func.func @softplus(%x: tensor<4xf32>, %c: tensor<4xf32>) -> tensor<4xf32> {
  %y = agon.softplus %x : tensor<4xf32>
  %s = arith.mulf %y, %c : tensor<4xf32>
  %g = agon.gradient %s wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}
