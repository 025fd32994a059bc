// RUN: agon-opt --agon-emit-kernels %s | FileCheck %s
// RUN: sed 's/, "avx512bf16"//' %s | agon-opt --agon-emit-kernels | FileCheck %s --check-prefix=OTHER
module attributes {agon.target = #agon.target<"cpu", processor = "znver4", lanes = 16, registers = 32,
    caches = [32768, 1048576, 16777216], sharers = [1, 1, 8], workers = 16,
    multiply_adds = [f32, f64, bf16], needs = ["avx2", "fma", "avx512f", "avx512bf16"]>} {

// Both operands are rounded as they are copied, pairs of terms side by side; 65 terms end in half a pair. Rows of B lie
// along k: squares of 16 x 16 pairs are transposed.
// CHECK-LABEL: func.func @dense_0
// CHECK: memref.alloca() {{.*}} : memref<{{[0-9]+}}xi16>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.cvtne2ps2bf16.512"
// CHECK: scf.for {{.*}} step %c2{{(_[0-9]+)?}} iter_args
// CHECK: vector.load {{.*}} : memref<{{[0-9]+}}xi16>, vector<32xi16>
// CHECK: vector.load {{.*}} : memref<{{[0-9]+}}xi16>, vector<2xi16>
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// CHECK-NOT: vector.fma

// Without the instructions others compute the same: two multiply-adds, and two that tell what is flushed.
// OTHER-LABEL: func.func @dense_0
// OTHER-NOT: call_intrinsic
// OTHER: scf.for {{.*}} step %c2{{(_[0-9]+)?}} iter_args
// OTHER: vector.load {{.*}} : memref<{{[0-9]+}}xi16>, vector<2xi16>
// OTHER: llvm.intr.fma
// OTHER: llvm.intr.fma
// OTHER: arith.select
func.func @dense(%a: tensor<64x65xf32>, %b: tensor<128x65xf32>) {
  %r = agon.region contraction (%a, %b) flops 0 bytes 0 : (tensor<64x65xf32>, tensor<128x65xf32>) -> tensor<64x128xf32> {
  ^bb0(%x: tensor<64x65xf32>, %y: tensor<128x65xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<64x128xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<64x128xf32>) -> tensor<64x128xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<64x65xf32>, tensor<128x65xf32>) outs(%f : tensor<64x128xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<64x128xf32>
    agon.yield %g : tensor<64x128xf32>
  }
  return
}

// What costs more to round than to multiply is left as it is.
// CHECK-LABEL: func.func @thin_0
// CHECK-NOT: i16
// CHECK: vector.fma
// OTHER-LABEL: func.func @thin_0
func.func @thin(%a: tensor<256x64xf32>, %b: tensor<2x64xf32>) {
  %r = agon.region contraction (%a, %b) flops 0 bytes 0 : (tensor<256x64xf32>, tensor<2x64xf32>) -> tensor<256x2xf32> {
  ^bb0(%x: tensor<256x64xf32>, %y: tensor<2x64xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<256x2xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<256x2xf32>) -> tensor<256x2xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<256x64xf32>, tensor<2x64xf32>) outs(%f : tensor<256x2xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<256x2xf32>
    agon.yield %g : tensor<256x2xf32>
  }
  return
}
}
