// The table of the turn form, fused regions and kernels are printed as they are parsed.
// RUN: agon-opt %s | agon-opt | FileCheck %s

func.func private @source_x()
func.func private @sample_G()

// CHECK: agon.program "ring" batch 8 schedule ["turn_D", "turn_D"] attributes {config = "{}"} {
agon.program "ring" batch 8 schedule ["turn_D", "turn_D"] attributes {config = "{}"} {
  // CHECK-NEXT: agon.cell key @key : tensor<2xi64>
  agon.cell key @key : tensor<2xi64>
  // CHECK-NEXT: agon.cell parameter @D.dense_0.W owner 0 : tensor<2x128xf32>
  agon.cell parameter @D.dense_0.W owner 0 : tensor<2x128xf32>
  // CHECK-NEXT: agon.cell parameter @D.conv_0.W owner 0 : tensor<64x3x4x4xf32> order [2, 3, 1, 0]
  agon.cell parameter @D.conv_0.W owner 0 : tensor<64x3x4x4xf32> order [2, 3, 1, 0]
  // CHECK-NEXT: agon.cell step @step.D owner 0 : tensor<i64>
  agon.cell step @step.D owner 0 : tensor<i64>
  // CHECK-NEXT: agon.cell objective @objective.D "D" owner 0 : tensor<f32>
  agon.cell objective @objective.D "D" owner 0 : tensor<f32>
  // CHECK-NEXT: agon.cell data @data.x "x" : tensor<8x2xf32> offset 4096
  agon.cell data @data.x "x" : tensor<8x2xf32> offset 4096
  agon.cell sample @sample.G "G" : tensor<8x2xf32>
  // CHECK: agon.record "x" source @source_x "ring(8)" modes dense<0.000000e+00> : tensor<8x2xf64> radius 6.000000e-02
  agon.record "x" source @source_x "ring(8)" modes dense<0.0> : tensor<8x2xf64> radius 0.06
  // CHECK-NEXT: agon.field "x" @data.x group 0 classes 0 in [-1.000000e+00, 1.000000e+00]
  agon.field "x" @data.x group 0 classes 0 in [-1.0, 1.0]
  // CHECK-NEXT: agon.seat "D" objective @objective.D step @step.D maximizes with "sgd(lr = 0.1)"
  agon.seat "D" objective @objective.D step @step.D maximizes with "sgd(lr = 0.1)"
  // CHECK-NEXT: agon.net "D" "(x: [2]) -> [1]" owner 0
  agon.net "D" "(x: [2]) -> [1]" owner 0
  // CHECK-NEXT: agon.net "G" "(z: [2]) -> [2]" owner -1 sample @sample_G imitates 0
  agon.net "G" "(z: [2]) -> [2]" owner -1 sample @sample_G imitates 0
  // CHECK-NEXT: agon.average "slow" of "G" step @step.D with "ema(0.999)"
  agon.average "slow" of "G" step @step.D with "ema(0.999)"
  // CHECK-NEXT: agon.load "G" frozen from "/runs/ring" as "G"
  agon.load "G" frozen from "/runs/ring" as "G"
}

// CHECK-LABEL: func.func @region(
// CHECK-SAME: %[[X:.*]]: tensor<8xf32>)
func.func @region(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: agon.region elementwise(%[[X]]) flops 8 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: ^bb0(%[[IN:.*]]: tensor<8xf32>):
  %0 = agon.region elementwise(%x) flops 8 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8xf32>):
    %empty = tensor.empty() : tensor<8xf32>
    // CHECK: %[[DOUBLE:.*]] = linalg.generic
    %1 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%in : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
    ^bb1(%a: f32, %b: f32):
      %2 = arith.addf %a, %a : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    // CHECK: agon.yield %[[DOUBLE]] : tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return %0 : tensor<8xf32>
}

// CHECK: agon.constant @constant_0 dense<{{.*}}> : tensor<2xf32>
agon.constant @constant_0 dense<[1.0, 2.0]> : tensor<2xf32>

func.func @kernel_0(%a: memref<8xf32>, %b: memref<2xf32>, %begin: index, %end: index) {
  return
}

gpu.module @device {
  func.func @kernel_1(%a: memref<8xf32>, %b: memref<2xf32>, %workspace: memref<256xf32>) {
    return
  }
}

// CHECK: agon.entry "turn" @turn_D reads [@D.dense_0.W, @data.x] writes [@D.dense_0.W] flops 123 temp_bytes 4096 {
agon.entry "turn" @turn_D reads [@D.dense_0.W, @data.x] writes [@D.dense_0.W] flops 123 temp_bytes 4096 {
  // CHECK-NEXT: agon.launch @kernel_0 [0, @constant_0] tasks 4
  agon.launch @kernel_0 [0, @constant_0] tasks 4
  // CHECK-NEXT: agon.launch @device::@kernel_1 [0, 64] tasks 132 block 128 scratch 49152 workspace 1024 in device
  agon.launch @device::@kernel_1 [0, 64] tasks 132 block 128 scratch 49152 workspace 1024 in device
  // CHECK-NEXT: agon.copy 0 : i64 to 64 bytes 64
  agon.copy 0 to 64 bytes 64
  // CHECK-NEXT: agon.copy 0 : i64 to 64 bytes 64 {extents = [#agon.extent<offset = 0, bytes = 64, element = f64, written = false>]}
  agon.copy 0 to 64 bytes 64 {extents = [#agon.extent<offset = 0, bytes = 64, element = f64, written = false>]}
  // CHECK-NEXT: agon.copy @constant_0 to 64 bytes 8
  agon.copy @constant_0 to 64 bytes 8
}
// CHECK: agon.entry "sample" @sample subject 1 reads [] writes [] flops 0 temp_bytes 0 {
agon.entry "sample" @sample subject 1 reads [] writes [] flops 0 temp_bytes 0 {
}
