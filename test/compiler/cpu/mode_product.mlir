// RUN: agon-opt --agon-emit-kernels %s | FileCheck %s

// Windows of 3 x 3, two apart, times [1 0 -1; 1 2 1; 1 -2 1] along both axes (the points 0, 1 and -1 and
// signs as they come), eight channels at a time. In the loop there are loads at one address and constants,
// additions and multiply-adds, stores; of the latter two rows of the matrix share 1 + 1.
// CHECK-LABEL: func.func @windows_0
// CHECK-DAG:     %[[TWO:.*]] = arith.constant dense<2.000000e+00> : vector<8xf32>
// CHECK:         scf.for %[[P:.*]] = %c0 to %c2
// CHECK:           scf.for %[[Q:.*]] = %c0 to %c3
// CHECK:             scf.for %[[C:.*]] = %c0 to %c24
// CHECK-NEXT:          %[[AT:.*]] = arith.addi %{{.*}}, %[[C]]
// CHECK-NEXT:          %[[X0:.*]] = vector.load %{{.*}}[%[[AT]]]
// CHECK-NEXT:          %[[AT1:.*]] = arith.addi %[[AT]], %c24
// CHECK-NEXT:          %[[X1:.*]] = vector.load %{{.*}}[%[[AT1]]]
// CHECK-NEXT:          %[[AT2:.*]] = arith.addi %[[AT]], %c48
// CHECK-NEXT:          %[[X2:.*]] = vector.load %{{.*}}[%[[AT2]]]
// CHECK-NEXT:          arith.subf %[[X0]], %[[X2]]
// CHECK-NEXT:          %[[SUM:.*]] = arith.addf %[[X0]], %[[X2]]
// CHECK-NEXT:          math.fma %[[X1]], %[[TWO]], %[[SUM]]
// CHECK-NEXT:          math.fma %[[X1]], %{{.*}}, %[[SUM]]
// CHECK-NOT:           arith.muli
// CHECK-NOT:           arith.mulf
// CHECK-COUNT-6:       vector.load
// CHECK-NOT:           vector.load
// CHECK-COUNT-9:       vector.store
// CHECK-NOT:           vector.
// CHECK:         return
func.func @windows(%a: tensor<5x7x24xf32>) {
  %r = agon.region mode_product (%a) flops 0 bytes 0 : (tensor<5x7x24xf32>) -> tensor<3x3x2x3x24xf32> {
  ^bb0(%x: tensor<5x7x24xf32>):
    %m = arith.constant dense<[[1.0, 0.0, -1.0], [1.0, 2.0, 1.0], [1.0, -2.0, 1.0]]> : tensor<3x3xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3x3x2x3x24xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x3x2x3x24xf32>) -> tensor<3x3x2x3x24xf32>
    %g = linalg.generic {indexing_maps = [
        affine_map<(f1, f2, p, q, c, a1, a2) -> (f1, a1)>, affine_map<(f1, f2, p, q, c, a1, a2) -> (f2, a2)>,
        affine_map<(f1, f2, p, q, c, a1, a2) -> (p * 2 + a1, q * 2 + a2, c)>,
        affine_map<(f1, f2, p, q, c, a1, a2) -> (f1, f2, p, q, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%m, %m, %x : tensor<3x3xf32>, tensor<3x3xf32>, tensor<5x7x24xf32>) outs(%f : tensor<3x3x2x3x24xf32>) {
    ^bb0(%p: f32, %q: f32, %s: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.mulf %0, %s : f32
      %2 = arith.addf %acc, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<3x3x2x3x24xf32>
    agon.yield %g : tensor<3x3x2x3x24xf32>
  }
  return
}

// Nine results lie 4 kB apart, all on one set of the
// first-level cache: they go by way of scratch, 128 of each at a time.
// CHECK-LABEL: func.func @scratch_0
// CHECK:         %[[SCRATCH:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1152xf32>
// CHECK:         scf.for %{{.*}} = %c0 to %c1024 step %c128
// CHECK:           scf.for
// CHECK-COUNT-4:     vector.load
// CHECK-COUNT-9:     vector.store %{{.*}}, %[[SCRATCH]]
// CHECK:           scf.for %{{.*}} = %c0 to %c3
// CHECK:             scf.for %{{.*}} = %c0 to %c3
// CHECK:               scf.for
// CHECK:                 %[[V:.*]] = vector.load %[[SCRATCH]]
// CHECK:                 vector.store %[[V]]
// CHECK-NOT:     vector.
// CHECK:         return
func.func @scratch(%a: tensor<2x2x1024xf32>) {
  %r = agon.region mode_product (%a) flops 0 bytes 0 : (tensor<2x2x1024xf32>) -> tensor<3x3x1024xf32> {
  ^bb0(%x: tensor<2x2x1024xf32>):
    %m = arith.constant dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3x3x1024xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x3x1024xf32>) -> tensor<3x3x1024xf32>
    %g = linalg.generic {indexing_maps = [
        affine_map<(f1, f2, c, a1, a2) -> (f1, a1)>, affine_map<(f1, f2, c, a1, a2) -> (f2, a2)>,
        affine_map<(f1, f2, c, a1, a2) -> (a1, a2, c)>, affine_map<(f1, f2, c, a1, a2) -> (f1, f2, c)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%m, %m, %x : tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x2x1024xf32>) outs(%f : tensor<3x3x1024xf32>) {
    ^bb0(%p: f32, %q: f32, %s: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.mulf %0, %s : f32
      %2 = arith.addf %acc, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<3x3x1024xf32>
    agon.yield %g : tensor<3x3x1024xf32>
  }
  return
}
