// RUN: agon-opt --agon-emit-kernels %s | FileCheck %s
// RUN: agon-opt --agon-emit-kernels=opt-level=0 %s | FileCheck %s --check-prefix=PLAIN

// Two dimensions of one shape become one loop of whole vectors; what depends on neither, the
// exponential of a scalar, is computed before it, in its own type.
// CHECK-LABEL: func.func @update_0
// CHECK-SAME:    %{{.*}}: memref<64x32xf32> {llvm.noalias}
// CHECK-SAME:    %[[BEGIN:.*]]: index, %[[END:.*]]: index
// CHECK:         %[[RATE:.*]] = math.exp %{{.*}} : f64
// CHECK:         %[[NARROW:.*]] = arith.truncf %[[RATE]] : f64 to f32
// CHECK:         %[[SPREAD:.*]] = vector.broadcast %[[NARROW]] : f32 to vector<8xf32>
// CHECK:         scf.for %[[I:.*]] = %c0 to %c2048 step
// CHECK-NEXT:      %[[W:.*]] = vector.load %{{.*}}[%[[I]]] : memref<2048xf32>, vector<8xf32>
// CHECK-NEXT:      %[[NEW:.*]] = arith.mulf %[[W]], %[[SPREAD]] : vector<8xf32>
// CHECK-NEXT:      vector.store %[[NEW]], %{{.*}}[%[[I]]]
// CHECK-NOT:     scf.for

// PLAIN-LABEL: func.func @update_0
// PLAIN:         scf.for
// PLAIN:           scf.for
// PLAIN:             memref.load %{{.*}}[%{{.*}}, %{{.*}}] : memref<64x32xf32>
// PLAIN-NOT:     vector
// PLAIN:         return
func.func @update(%w: tensor<64x32xf32>, %rate: tensor<f64>) {
  %r = agon.region elementwise (%w, %rate) flops 2048 bytes 16392 : (tensor<64x32xf32>, tensor<f64>) -> tensor<64x32xf32> {
  ^bb0(%x: tensor<64x32xf32>, %l: tensor<f64>):
    %e = tensor.empty() : tensor<64x32xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %l : tensor<64x32xf32>, tensor<f64>) outs(%e : tensor<64x32xf32>) {
    ^bb0(%p: f32, %q: f64, %o: f32):
      %0 = math.exp %q : f64
      %1 = arith.truncf %0 : f64 to f32
      %2 = arith.mulf %p, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<64x32xf32>
    agon.yield %g : tensor<64x32xf32>
  }
  return
}

// A row that no whole number of vectors fills ends in a masked one. Booleans are bytes in memory.
// CHECK-LABEL: func.func @positive_0
// CHECK-SAME:    memref<11xi8>
// CHECK:         vector.load {{.*}} : memref<11xf32>, vector<8xf32>
// CHECK:         arith.extui {{.*}} : vector<8xi1> to vector<8xi8>
// CHECK:         %[[MASK:.*]] = arith.constant dense<[true, true, true, false, false, false, false, false]>
// CHECK:         vector.maskedload %{{.*}}, %[[MASK]]
// CHECK:         vector.maskedstore %{{.*}}, %[[MASK]]
func.func @positive(%a: tensor<11xf32>) {
  %r = agon.region elementwise (%a) flops 11 bytes 55 : (tensor<11xf32>) -> tensor<11xi1> {
  ^bb0(%x: tensor<11xf32>):
    %e = tensor.empty() : tensor<11xi1>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<11xf32>) outs(%e : tensor<11xi1>) {
    ^bb0(%p: f32, %o: i1):
      %zero = arith.constant 0.0 : f32
      %0 = arith.cmpf ogt, %p, %zero : f32
      linalg.yield %0 : i1
    } -> tensor<11xi1>
    agon.yield %g : tensor<11xi1>
  }
  return
}

// Work enough for several threads is cut into tasks.
// CHECK-LABEL: func.func @large_0
// CHECK-SAME:    agon.tasks = 16
func.func @large(%a: tensor<4000000xf32>) {
  %r = agon.region elementwise (%a) flops 4000000 bytes 32000000 : (tensor<4000000xf32>) -> tensor<4000000xf32> {
  ^bb0(%x: tensor<4000000xf32>):
    %e = tensor.empty() : tensor<4000000xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<4000000xf32>) outs(%e : tensor<4000000xf32>) {
    ^bb0(%p: f32, %o: f32):
      %0 = arith.addf %p, %p : f32
      linalg.yield %0 : f32
    } -> tensor<4000000xf32>
    agon.yield %g : tensor<4000000xf32>
  }
  return
}

// A last axis shorter than a vector: lanes lie along the one before. Three vectors of neighbours are read at once, taken
// apart by blends and a permutation each, put together likewise and written, a broadcast operand read once for all three.
// CHECK-LABEL: func.func @pieces_0
// CHECK:         scf.for %[[I:.*]] = %c0 to %c64
// CHECK-NOT:       arith.divui
// CHECK:           vector.load %{{.*}}[%[[I]]] : memref<64xf32>, vector<8xf32>
// CHECK-COUNT-3:   vector.load {{.*}} : memref<192xf32>, vector<8xf32>
// CHECK:           vector.shuffle {{.*}} [0, 9, 2, 3, 12, 5, 6, 15]
// CHECK-NEXT:      vector.shuffle {{.*}} [0, 1, 10, 3, 4, 13, 6, 7]
// CHECK-NEXT:      vector.shuffle {{.*}} [0, 3, 6, 1, 4, 7, 2, 5]
// CHECK-COUNT-3:   arith.mulf {{.*}} : vector<8xf32>
// CHECK-NOT:       vector.scatter
// CHECK-COUNT-3:   vector.store {{.*}} : memref<192xf32>, vector<8xf32>
// CHECK-NOT:     vector.gather
// CHECK:         return
func.func @pieces(%a: tensor<64xf32>, %b: tensor<64x3xf32>) {
  %r = agon.region elementwise (%a, %b) flops 192 bytes 1792 : (tensor<64xf32>, tensor<64x3xf32>) -> tensor<64x3xf32> {
  ^bb0(%x: tensor<64xf32>, %y: tensor<64x3xf32>):
    %e = tensor.empty() : tensor<64x3xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x, %y : tensor<64xf32>, tensor<64x3xf32>) outs(%e : tensor<64x3xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %0 = arith.mulf %p, %q : f32
      linalg.yield %0 : f32
    } -> tensor<64x3xf32>
    agon.yield %g : tensor<64x3xf32>
  }
  return
}

// The number of an element is linear along what is one loop: nothing is divided.
// CHECK-LABEL: func.func @number_0
// CHECK-NOT:     arith.divui
// CHECK-NOT:     arith.remui
// CHECK:         arith.index_cast {{.*}} : vector<8xindex> to vector<8xi32>
func.func @number() {
  %r = agon.region elementwise () flops 0 bytes 800 : () -> tensor<10x20xi32> {
    %e = tensor.empty() : tensor<10x20xi32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%e : tensor<10x20xi32>) {
    ^bb0(%o: i32):
      %c20 = arith.constant 20 : index
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %0 = arith.muli %i, %c20 : index
      %1 = arith.addi %0, %j : index
      %2 = arith.index_cast %1 : index to i32
      linalg.yield %2 : i32
    } -> tensor<10x20xi32>
    agon.yield %g : tensor<10x20xi32>
  }
  return
}
