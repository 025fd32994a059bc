// RUN: agon-opt --agon-emit-kernels %s | FileCheck %s

// Sums over rows, the kept dimension contiguous: lanes along it, four vectors of outputs at
// a time, each summed in order.
// CHECK-LABEL: func.func @columns_0
// CHECK:         scf.for %[[J:.*]] = %c0 to %c64
// CHECK:           %[[SUM:.*]]:4 = scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-4:   vector.load
// CHECK:           vector.store %[[SUM]]#0
func.func @columns(%a: tensor<50x64xf32>) {
  %r = agon.region reduction (%a) flops 3200 bytes 13056 : (tensor<50x64xf32>) -> tensor<64xf32> {
  ^bb0(%x: tensor<50x64xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<64xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<64xf32>) -> tensor<64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>],
      iterator_types = ["reduction", "parallel"]} ins(%x : tensor<50x64xf32>) outs(%f : tensor<64xf32>) {
    ^bb0(%p: f32, %acc: f32):
      %0 = arith.addf %acc, %p : f32
      linalg.yield %0 : f32
    } -> tensor<64xf32>
    agon.yield %g : tensor<64xf32>
  }
  return
}

// The mean over everything: four chains of partial sums, a masked rest, a tree of shuffles,
// and the epilogue on the one number.
// CHECK-LABEL: func.func @mean_0
// CHECK:         scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK:         vector.maskedload
// CHECK:         arith.select {{.*}} : vector<8xi1>, vector<8xf32>
// CHECK:         vector.shuffle {{.*}} [0, 1, 2, 3]
// CHECK:         %[[SUM:.*]] = vector.extract {{.*}}[0] : f32 from vector<1xf32>
// CHECK:         %[[MEAN:.*]] = arith.mulf %[[SUM]]
// CHECK:         memref.store %[[MEAN]]
func.func @mean(%a: tensor<33x35xf32>) {
  %r = agon.region reduction (%a) flops 1156 bytes 4624 : (tensor<33x35xf32>) -> tensor<f32> {
  ^bb0(%x: tensor<33x35xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<f32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
      iterator_types = ["reduction", "reduction"]} ins(%x : tensor<33x35xf32>) outs(%f : tensor<f32>) {
    ^bb0(%p: f32, %acc: f32):
      %0 = arith.addf %acc, %p : f32
      linalg.yield %0 : f32
    } -> tensor<f32>
    %m = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
      ins(%g : tensor<f32>) outs(%e : tensor<f32>) {
    ^bb0(%p: f32, %o: f32):
      %n = arith.constant 8.65800865E-4 : f32
      %0 = arith.mulf %p, %n : f32
      linalg.yield %0 : f32
    } -> tensor<f32>
    agon.yield %m : tensor<f32>
  }
  return
}

// The largest of rows of five: eight rows at a time, the five in straight-line code, of five vectors of neighbours.
// CHECK-LABEL: func.func @pieces_0
// CHECK:         scf.for
// CHECK-COUNT-5:   vector.load {{.*}} : memref<320xf32>, vector<8xf32>
// CHECK-NOT:       scf.for
// CHECK-COUNT-5:   arith.maximumf {{.*}} : vector<8xf32>
// CHECK:           vector.store {{.*}} : memref<64xf32>, vector<8xf32>
// CHECK-NOT:     vector.gather
// CHECK:         return
func.func @pieces(%a: tensor<64x5xf32>) {
  %r = agon.region reduction (%a) flops 320 bytes 1536 : (tensor<64x5xf32>) -> tensor<64xf32> {
  ^bb0(%x: tensor<64x5xf32>):
    %low = arith.constant 0xFF800000 : f32
    %e = tensor.empty() : tensor<64xf32>
    %f = linalg.fill ins(%low : f32) outs(%e : tensor<64xf32>) -> tensor<64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<64x5xf32>) outs(%f : tensor<64xf32>) {
    ^bb0(%p: f32, %acc: f32):
      %0 = arith.maximumf %acc, %p : f32
      linalg.yield %0 : f32
    } -> tensor<64xf32>
    agon.yield %g : tensor<64xf32>
  }
  return
}
