// RUN: agon-opt --agon-gpu-to-llvm %s -o %t.mlir
// RUN: FileCheck %s --input-file %t.mlir
// RUN: sed -e '/^  gpu.module/d' -e '/^  }$/d' %t.mlir | mlir-translate --mlir-to-llvmir \
// RUN:   | llc -march=nvptx64 -mcpu=sm_80 -mattr=+ptx80 -o - | FileCheck %s --check-prefix=PTX

// Nothing is left for a library, which a GPU has not: neither calls nor intrinsics that its back end does not know.
// CHECK:     llvm.func @singles
// CHECK-NOT: math.
// CHECK-NOT: llvm.call
// CHECK-NOT: llvm.intr.{{(exp|log|sin|cos|pow|tanh)}}
// PTX:     .entry singles
// PTX-NOT: .extern
// PTX-NOT: call
// PTX:     .entry vectors
// PTX-NOT: .extern
// PTX-NOT: call
// PTX:     .entry doubles
// PTX-NOT: .extern
// PTX-NOT: call
gpu.module @device {
  func.func @singles(%a: memref<256xf32>, %b: memref<256xf32>) attributes {nvvm.reqntid = array<i32: 32>} {
    %thread = gpu.thread_id x
    %x0 = memref.load %a[%thread] : memref<256xf32>
    %y = memref.load %b[%thread] : memref<256xf32>
    %x1 = math.exp %x0 : f32
    %x2 = math.expm1 %x1 : f32
    %x3 = math.log %x2 : f32
    %x4 = math.log1p %x3 : f32
    %x5 = math.tanh %x4 : f32
    %x6 = math.erf %x5 : f32
    %x7 = math.erfc %x6 : f32
    %x8 = math.sin %x7 : f32
    %x9 = math.cos %x8 : f32
    %x10 = math.rsqrt %x9 : f32
    %x11 = math.powf %x10, %y : f32
    memref.store %x11, %a[%thread] : memref<256xf32>
    return
  }
  func.func @vectors(%a: memref<256xf32>, %b: memref<256xf32>) attributes {nvvm.reqntid = array<i32: 32>} {
    %thread = gpu.thread_id x
    %c4 = arith.constant 4 : index
    %i = arith.muli %thread, %c4 : index
    %x0 = vector.load %a[%i] : memref<256xf32>, vector<4xf32>
    %y = vector.load %b[%i] : memref<256xf32>, vector<4xf32>
    %x1 = math.sin %x0 : vector<4xf32>
    %x2 = math.powf %x1, %y : vector<4xf32>
    vector.store %x2, %a[%i] : memref<256xf32>, vector<4xf32>
    return
  }
  func.func @doubles(%a: memref<256xf64>, %b: memref<256xf64>) attributes {nvvm.reqntid = array<i32: 32>} {
    %thread = gpu.thread_id x
    %x0 = memref.load %a[%thread] : memref<256xf64>
    %y = memref.load %b[%thread] : memref<256xf64>
    %x1 = math.exp %x0 : f64
    %x2 = math.expm1 %x1 : f64
    %x3 = math.log %x2 : f64
    %x4 = math.log1p %x3 : f64
    %x5 = math.tanh %x4 : f64
    %x6 = math.erf %x5 : f64
    %x7 = math.erfc %x6 : f64
    %x8 = math.sin %x7 : f64
    %x9 = math.cos %x8 : f64
    %x10 = math.rsqrt %x9 : f64
    %x11 = math.powf %x10, %y : f64
    memref.store %x11, %a[%thread] : memref<256xf64>
    return
  }
}
