// RUN: agon-opt --agon-attach-target=march=x86-64-v4 --agon-emit-kernels %s | FileCheck %s

// A gradient whose update is its epilogue: in every sixteen steps of k some of the tile's rows of the moment, which is
// beyond the second-level cache, are fetched. No panel of B is: B fits.
// CHECK-LABEL: func.func @update_0
// CHECK-NOT: locality<2>
// CHECK: scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c16
// CHECK: memref.prefetch %[[MOMENT:.+]][%{{.+}}], read, locality<3>, data : memref<360000xf32>
// CHECK: scf.for
// CHECK: vector.fma
// CHECK: vector.load %[[MOMENT]]
func.func @update(%a: tensor<100x600xf32>, %w: tensor<100x600xf32>, %m: tensor<600x600xf32>) {
  %r = agon.region contraction (%a, %w, %m) flops 0 bytes 0 : (tensor<100x600xf32>, tensor<100x600xf32>, tensor<600x600xf32>) -> tensor<600x600xf32> {
  ^bb0(%x: tensor<100x600xf32>, %y: tensor<100x600xf32>, %v: tensor<600x600xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<600x600xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<600x600xf32>) -> tensor<600x600xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<100x600xf32>, tensor<100x600xf32>) outs(%f : tensor<600x600xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<600x600xf32>
    %h = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]} ins(%g, %v : tensor<600x600xf32>, tensor<600x600xf32>) outs(%e : tensor<600x600xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.addf %p, %q : f32
      linalg.yield %0 : f32
    } -> tensor<600x600xf32>
    agon.yield %h : tensor<600x600xf32>
  }
  return
}

// Weights of more than the second-level cache, in rows: a part of the next panel in every sixteen steps of k.
// CHECK-LABEL: func.func @dense_0
// CHECK: vector.store {{.*}}, %[[PANEL:.+]][
// CHECK: scf.for
// CHECK: memref.prefetch %[[WEIGHTS:.+]][%{{.+}}], read, locality<2>, data : memref<360000xf32>
// CHECK: vector.load %[[PANEL]]
func.func @dense(%a: tensor<100x600xf32>, %w: tensor<600x600xf32>) {
  %r = agon.region contraction (%a, %w) flops 0 bytes 0 : (tensor<100x600xf32>, tensor<600x600xf32>) -> tensor<100x600xf32> {
  ^bb0(%x: tensor<100x600xf32>, %y: tensor<600x600xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<100x600xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<100x600xf32>) -> tensor<100x600xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<100x600xf32>, tensor<600x600xf32>) outs(%f : tensor<100x600xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<100x600xf32>
    agon.yield %g : tensor<100x600xf32>
  }
  return
}
