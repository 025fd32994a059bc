// RUN: agon-opt --agon-emit-kernels %s | FileCheck %s
// RUN: agon-opt --agon-emit-kernels --agon-cpu-to-llvm %s | FileCheck %s --check-prefix=LLVM

// A dense layer: B's panel is copied, a tile of 6 x 16 accumulates in twelve vectors, bias
// (loaded once a panel) and rectifier are applied before the store.
// CHECK-LABEL: func.func @dense_0
// CHECK:         %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<2048xf32>
// CHECK:         scf.for
// CHECK:           vector.store %{{.*}}, %[[PANEL]]
// CHECK:         %[[BIAS:.*]] = vector.load {{.*}} : memref<64xf32>, vector<8xf32>
// CHECK:         scf.for
// CHECK:           %[[TILE:.*]]:12 = scf.for
// CHECK:             vector.load %[[PANEL]]
// CHECK-COUNT-12:    vector.fma
// CHECK:           %[[SUM:.*]] = arith.addf %[[TILE]]#0, %[[BIAS]]
// CHECK:           %[[OUT:.*]] = arith.maximumf %[[SUM]]
// CHECK:           vector.store %[[OUT]]

// LLVM-LABEL: llvm.func @dense_0(
// LLVM-SAME:    %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// LLVM:         llvm.intr.fmuladd
// LLVM-NOT:     unrealized_conversion_cast
func.func @dense(%a: tensor<96x128xf32>, %w: tensor<128x64xf32>, %bias: tensor<64xf32>) {
  %r = agon.region contraction (%a, %w, %bias) flops 1585152 bytes 106752 : (tensor<96x128xf32>, tensor<128x64xf32>, tensor<64xf32>) -> tensor<96x64xf32> {
  ^bb0(%x: tensor<96x128xf32>, %y: tensor<128x64xf32>, %b: tensor<64xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<96x64xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<96x64xf32>) -> tensor<96x64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<96x128xf32>, tensor<128x64xf32>) outs(%f : tensor<96x64xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<96x64xf32>
    %h = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]} ins(%g, %b : tensor<96x64xf32>, tensor<64xf32>) outs(%e : tensor<96x64xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %z = arith.constant 0.0 : f32
      %0 = arith.addf %p, %q : f32
      %1 = arith.maximumf %0, %z : f32
      linalg.yield %1 : f32
    } -> tensor<96x64xf32>
    agon.yield %h : tensor<96x64xf32>
  }
  return
}

// A single column: lanes along k, eight rows at a time, summed together at the end.
// CHECK-LABEL: func.func @score_0
// CHECK:         %[[SUMS:.*]]:8 = scf.for
// CHECK-COUNT-8:   vector.fma
// CHECK:         vector.shuffle %[[SUMS]]#0, %[[SUMS]]#4
// CHECK:         vector.store {{.*}} : memref<256xf32>, vector<8xf32>
func.func @score(%a: tensor<256x128xf32>, %w: tensor<128x1xf32>) {
  %r = agon.region contraction (%a, %w) flops 65536 bytes 132608 : (tensor<256x128xf32>, tensor<128x1xf32>) -> tensor<256x1xf32> {
  ^bb0(%x: tensor<256x128xf32>, %y: tensor<128x1xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<256x1xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<256x1xf32>) -> tensor<256x1xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<256x128xf32>, tensor<128x1xf32>) outs(%f : tensor<256x1xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<256x1xf32>
    agon.yield %g : tensor<256x1xf32>
  }
  return
}

// B by rows of k: squares of it are transposed on the way into the panel, by shuffles within 128 bits and of 128 bits.
// CHECK-LABEL: func.func @by_rows_0
// CHECK-COUNT-8: vector.load {{.*}} : memref<8192xf32>, vector<8xf32>
// CHECK:         vector.shuffle {{.*}} [0, 8, 1, 9, 4, 12, 5, 13]
// CHECK:         vector.shuffle {{.*}} [2, 10, 3, 11, 6, 14, 7, 15]
// CHECK:         vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK:         vector.shuffle {{.*}} [4, 5, 6, 7, 12, 13, 14, 15]
// CHECK-COUNT-8: vector.store
func.func @by_rows(%a: tensor<96x128xf32>, %w: tensor<64x128xf32>) {
  %r = agon.region contraction (%a, %w) flops 1572864 bytes 106496 : (tensor<96x128xf32>, tensor<64x128xf32>) -> tensor<96x64xf32> {
  ^bb0(%x: tensor<96x128xf32>, %y: tensor<64x128xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<96x64xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<96x64xf32>) -> tensor<96x64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<96x128xf32>, tensor<64x128xf32>) outs(%f : tensor<96x64xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<96x64xf32>
    agon.yield %g : tensor<96x64xf32>
  }
  return
}


// Columns of A 8 KB apart share a few sets of the second-level cache, too few for the next panel to find them again.
// CHECK-LABEL: func.func @crowded_0
// CHECK:         %[[COLUMNS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<143360xf32>
// CHECK:         vector.store {{.*}}, %[[COLUMNS]]
// CHECK:         memref.load %[[COLUMNS]]
// CHECK:         vector.fma
// CHECK-NOT:     memref.load {{.*}} : memref<1048576xf32>
func.func @crowded(%a: tensor<512x2048xf32>, %w: tensor<512x256xf32>) {
  %r = agon.region contraction (%a, %w) flops 536870912 bytes 6815744 : (tensor<512x2048xf32>, tensor<512x256xf32>) -> tensor<2048x256xf32> {
  ^bb0(%x: tensor<512x2048xf32>, %y: tensor<512x256xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2048x256xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2048x256xf32>) -> tensor<2048x256xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<512x2048xf32>, tensor<512x256xf32>) outs(%f : tensor<2048x256xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %0 = arith.mulf %p, %q : f32
      %1 = arith.addf %acc, %0 : f32
      linalg.yield %1 : f32
    } -> tensor<2048x256xf32>
    agon.yield %g : tensor<2048x256xf32>
  }
  return
}
