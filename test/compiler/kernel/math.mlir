// RUN: agon-opt --agon-math-approximation %s | FileCheck %s
// RUN: agon-opt --agon-math-approximation=libm=false %s | FileCheck %s --check-prefix=WITHOUT

// f32 has polynomials; f64 and what is rare stay, for libm.
// CHECK-LABEL: func.func @functions
// CHECK-NOT:     math.exp {{.*}} vector<8xf32>
// CHECK:         llvm.intr.fmuladd
// CHECK:         math.exp %{{.*}} : f64
// CHECK:         math.atan %{{.*}} : f32
// CHECK:         arith.mulf %[[X:.*]], %[[X]] : f32
func.func @functions(%v: vector<8xf32>, %d: f64, %x: f32) -> (vector<8xf32>, f64, f32, f32) {
  %two = arith.constant 2.0 : f32
  %0 = math.exp %v : vector<8xf32>
  %1 = math.exp %d : f64
  %2 = math.atan %x : f32
  %3 = math.powf %x, %two : f32
  return %0, %1, %2, %3 : vector<8xf32>, f64, f32, f32
}

// Without libm powers are arithmetic for every exponent, and large arguments of sin are reduced in a branch of their
// own. The branch calls libm where there is one.
// CHECK-LABEL: func.func @rare
// CHECK:         math.powf
// CHECK:         scf.if
// CHECK:           llvm.intr.sin
// CHECK:         math.sin %{{.*}} : f64
// WITHOUT-LABEL: func.func @functions
// WITHOUT-NOT:     math.exp
// WITHOUT:         math.atan
// WITHOUT-LABEL: func.func @rare
// WITHOUT-NOT:     math.powf
// WITHOUT-NOT:     math.sin
// WITHOUT:         llvm.intr.fma(%{{.*}}) : (f64, f64, f64) -> f64
// WITHOUT:         scf.if %{{.*}} -> (vector<8xi32>, vector<8xf32>) {
// WITHOUT-NEXT:      arith.extf
// WITHOUT:           arith.mului_extended
// WITHOUT:         } else {
// WITHOUT-NEXT:      scf.yield
// WITHOUT-NOT:     llvm.intr.sin
// WITHOUT:         scf.if %{{.*}} -> (i64, f64, f64) {
// WITHOUT:         return
func.func @rare(%v: vector<8xf32>, %x: f32, %y: f32, %d: f64) -> (f32, vector<8xf32>, f64) {
  %0 = math.powf %x, %y : f32
  %1 = math.sin %v : vector<8xf32>
  %2 = math.sin %d : f64
  return %0, %1, %2 : f32, vector<8xf32>, f64
}
