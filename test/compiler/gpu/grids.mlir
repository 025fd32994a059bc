// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" --agon-emit-kernels -split-input-file %s | FileCheck %s
// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" --agon-emit-kernels --agon-gpu-to-llvm -split-input-file %s | FileCheck %s --check-prefix=LLVM

// Each thread takes four neighbours, 16 bytes of them at a time; what all points share is read once.
// CHECK:      gpu.module @device
// CHECK:      func.func @map_0(%[[X:.+]]: memref<4x64xf32> {{.*}}, %[[H:.+]]: memref<f32> {{.*}}, %[[Y:.+]]: memref<4x64xf32>
// CHECK-SAME: agon.tasks = 1
// CHECK-SAME: nvvm.reqntid = array<i32: 256>
// CHECK:      %[[THREAD:.+]] = gpu.thread_id x
// CHECK:      %[[BLOCK:.+]] = gpu.block_id x
// CHECK:      memref.load
// CHECK:      scf.for %[[POINT:.+]] =
// CHECK:        vector.load {{.*}} {alignment = 16 : i64} : memref<256xf32>, vector<4xf32>
// CHECK-NOT:    memref.load
// CHECK:        vector.store {{.*}} {alignment = 16 : i64}
// LLVM:       llvm.func @map_0({{.*}}) attributes {agon.tasks = 1 : i64, nvvm.kernel, nvvm.minctasm = 4 : i32, nvvm.reqntid = array<i32: 256>}
// LLVM:         nvvm.read.ptx.sreg.tid.x
func.func @map(%x: tensor<4x64xf32>, %h: tensor<f32>) -> tensor<4x64xf32> {
  %y = agon.region elementwise(%x, %h) flops 0 bytes 0 : (tensor<4x64xf32>, tensor<f32>) -> tensor<4x64xf32> {
  ^bb0(%a: tensor<4x64xf32>, %b: tensor<f32>):
    %e = tensor.empty() : tensor<4x64xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>, affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<4x64xf32>, tensor<f32>) outs(%e : tensor<4x64xf32>) {
    ^bb0(%in: f32, %rate: f32, %out: f32):
      %p = arith.mulf %in, %rate : f32
      linalg.yield %p : f32
    } -> tensor<4x64xf32>
    agon.yield %r : tensor<4x64xf32>
  }
  return %y : tensor<4x64xf32>
}

// -----

// A few long sums: groups of threads, whose parts meet in shared memory, by halves.
// CHECK:      func.func @sum_0(
// CHECK:      gpu.dynamic_shared_memory
// CHECK:      scf.for
// CHECK:        scf.for {{.*}} iter_args
// CHECK:        memref.store {{.*}} #gpu.address_space<workgroup>
// CHECK:        gpu.barrier
// CHECK:        scf.if
// CHECK:          arith.addf
// CHECK:        gpu.barrier
// LLVM:       llvm.mlir.global external @__dynamic_shmem__0() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
// LLVM:       nvvm.barrier
func.func @sum(%x: tensor<3x4096xf32>) -> tensor<3xf32> {
  %y = agon.region reduction(%x) flops 0 bytes 0 : (tensor<3x4096xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<3x4096xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3xf32>) -> tensor<3xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%a : tensor<3x4096xf32>) outs(%f : tensor<3xf32>) {
    ^bb0(%in: f32, %out: f32):
      %p = arith.addf %out, %in : f32
      linalg.yield %p : f32
    } -> tensor<3xf32>
    agon.yield %r : tensor<3xf32>
  }
  return %y : tensor<3xf32>
}

// -----

// The fill is written where the slice is not: which thread comes first must not matter.
// CHECK:      func.func @pad_0(
// CHECK:        arith.cmpi ult
// CHECK:        scf.if
// CHECK:          memref.store
func.func @pad(%x: tensor<2x3xf32>) -> tensor<4x5xf32> {
  %y = agon.region insert(%x) flops 0 bytes 0 : (tensor<2x3xf32>) -> tensor<4x5xf32> {
  ^bb0(%a: tensor<2x3xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<4x5xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
    %r = tensor.insert_slice %a into %f[1, 1] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<4x5xf32>
    agon.yield %r : tensor<4x5xf32>
  }
  return %y : tensor<4x5xf32>
}

// -----

// A plan written by hand says what is emitted: tiles for tensor cores, in TF32. A lies as its tiles do, and is copied
// by 16 bytes, zeros behind the end of k; B is read, rounded and written across. The second tiles are on their way
// while the first ones are multiplied; what was copied is rounded then.
// CHECK:      func.func @product_0(
// CHECK:        nvgpu.device_async_copy {{.*}}, 4, %{{.+}} {bypassL1}
// CHECK:        nvvm.cp.async.commit.group
// CHECK:        nvvm.convert.float.to.tf32
// CHECK:        memref.store {{.*}} #gpu.address_space<workgroup>
// CHECK:        scf.for
// CHECK:          nvvm.cp.async.wait.group 0
// CHECK-NEXT:     gpu.barrier
// CHECK:          nvgpu.device_async_copy
// CHECK:          memref.load
// CHECK:          nvvm.cp.async.commit.group
// CHECK:          nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32, transpose = false} {{.*}} -> vector<4x1xf32>
// CHECK:          nvvm.convert.float.to.tf32
// CHECK:          nvgpu.ldmatrix {{.*}} {numTiles = 2 : i32, transpose = false} {{.*}} -> vector<2x1xf32>
// CHECK-NOT:      nvvm.convert.float.to.tf32
// CHECK:          nvvm.mma.sync {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK-SAME:     (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
// CHECK:          memref.store {{.*}} #gpu.address_space<workgroup>
// CHECK:        nvvm.cp.async.wait.group 0
// CHECK-NEXT:   gpu.barrier
// CHECK:        nvvm.mma.sync
// LLVM:       llvm.func @product_0(
// LLVM:         nvvm.mma.sync
func.func @product(%x: tensor<40x24xf32>, %w: tensor<24x17xf32>) -> tensor<40x17xf32> {
  %y = agon.region contraction(%x, %w) flops 0 bytes 0
       attributes {plan = #agon_gpu.tiles<rows = 32, columns = 16, depth = 16, thread_rows = 1, thread_columns = 1, stages = 2, split = 1, precision = tf32>}
       : (tensor<40x24xf32>, tensor<24x17xf32>) -> tensor<40x17xf32> {
  ^bb0(%a: tensor<40x24xf32>, %b: tensor<24x17xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<40x17xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<40x17xf32>) -> tensor<40x17xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                         iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<40x24xf32>, tensor<24x17xf32>) outs(%f : tensor<40x17xf32>) {
    ^bb0(%p: f32, %q: f32, %out: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %out, %s : f32
      linalg.yield %t : f32
    } -> tensor<40x17xf32>
    agon.yield %r : tensor<40x17xf32>
  }
  return %y : tensor<40x17xf32>
}

// -----

// A sum that few blocks would have is cut into parts; whichever block comes last adds them, and does the rest.
// CHECK:      func.func @long_0(%{{.+}}: memref<4096xf32> {{.*}}, %{{.+}}: memref<f32> {{.*}}, %[[SPACE:.+]]: memref<4112xi8>)
// CHECK-SAME: agon.tasks = 2
// CHECK:        %[[PARTS:.+]] = memref.view %[[SPACE]][%{{.+}}][] : memref<4112xi8> to memref<2xf32>
// CHECK:        memref.store {{.*}}, %[[PARTS]]
// CHECK:        gpu.barrier
// CHECK:        memref.atomic_rmw addi
// CHECK:        gpu.barrier
// CHECK:        scf.if
// CHECK:          memref.load %[[PARTS]]
// CHECK:          scf.for
// CHECK:            arith.addf
// CHECK:          memref.store {{.*}} : memref<1xf32>
// CHECK:        memref.store %{{.+}}, %{{.+}} : memref<1024xi32>
// LLVM:       llvm.func @long_0(
// LLVM:         llvm.atomicrmw add {{.*}} syncscope("device") acq_rel
func.func @long(%x: tensor<4096xf32>) -> tensor<f32> {
  %y = agon.region reduction(%x) flops 0 bytes 0
       attributes {plan = #agon_gpu.grid<form = reduction, blocks = 2, threads = 32, lanes = 1, group = 32, split = 2>}
       : (tensor<4096xf32>) -> tensor<f32> {
  ^bb0(%a: tensor<4096xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<f32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
    %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
         ins(%a : tensor<4096xf32>) outs(%f : tensor<f32>) {
    ^bb0(%in: f32, %out: f32):
      %p = arith.addf %out, %in : f32
      linalg.yield %p : f32
    } -> tensor<f32>
    agon.yield %r : tensor<f32>
  }
  return %y : tensor<f32>
}
