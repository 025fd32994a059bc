// RUN: agon-opt --agon-math-approximation %s | FileCheck %s

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
