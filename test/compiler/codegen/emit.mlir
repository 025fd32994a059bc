// RUN: agon-opt %s -agon-place -agon-plan -agon-emit -split-input-file | FileCheck %s

// A cell is updated where it lies: the region reads each element before it
// writes it. Two regions that are equal up to their place are one kernel.

// CHECK-LABEL: agon.program "update"
// CHECK:         agon.cell parameter @N.w : tensor<16xf32> offset 0
// CHECK:         agon.cell parameter @N.v : tensor<16xf32> offset 64
// CHECK:       agon.entry "turn" @turn
// CHECK-SAME:    reads [@N.w, @N.v] writes [@N.w, @N.v] flops 32 temp_bytes 0
// CHECK-NEXT:    agon.launch @[[DOUBLE:kernel_[0-9]+]] [0] tasks 1
// What it reads and writes: place, bytes, element type, whether it is written.
// CHECK-SAME:      extents = [#agon.extent<offset = 0, bytes = 64, element = f32, written = false>,
// CHECK-SAME:                  #agon.extent<offset = 0, bytes = 64, element = f32, written = true>], makers = []}
// CHECK-NEXT:    agon.launch @[[DOUBLE]] [64] tasks 1
// CHECK-SAME:      extents = [#agon.extent<offset = 64, bytes = 64, element = f32, written = false>,
// CHECK-SAME:                  #agon.extent<offset = 64, bytes = 64, element = f32, written = true>], makers = []}
// CHECK-NEXT:  }
// CHECK:       func.func {{.*}}@[[DOUBLE]](%{{.*}}: memref<16xf32>
// CHECK-NOT:   func.func
agon.program "update" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}, %v: tensor<16xf32> {agon.cell = @N.v})
    -> (tensor<16xf32> {agon.cell = @N.w}, tensor<16xf32> {agon.cell = @N.v}) attributes {agon.kind = "turn"} {
  %0 = agon.region elementwise(%w) flops 16 bytes 128 : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %1 = agon.region elementwise(%v) flops 16 bytes 128 : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return %0, %1 : tensor<16xf32>, tensor<16xf32>
}

// -----

// The second region still reads the old value of w, so the new one waits in a
// temporary and is copied at the end. Constants are tables of their own.

// CHECK:       agon.constant @[[TABLE:constant_[0-9]+]]
// CHECK:       agon.program "late"
// CHECK:       agon.entry "turn" @turn
// CHECK-SAME:    temp_bytes 64
// CHECK-NEXT:    agon.launch @{{.*}} [0, 128] tasks 1
// CHECK-NEXT:    agon.launch @{{.*}} [0, @[[TABLE]], 64] tasks 1
// CHECK-NEXT:    agon.copy 128{{.*}} to 0 bytes 64
agon.program "late" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w})
    -> (tensor<16xf32> {agon.cell = @N.w}, tensor<16xf32> {agon.cell = @N.v}) attributes {agon.kind = "turn"} {
  %table = arith.constant dense<[0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.]> : tensor<16xf32>
  %0 = agon.region elementwise(%w) flops 16 bytes 128 : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %1 = agon.region elementwise(%w, %table) flops 16 bytes 192 : (tensor<16xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16xf32>, %b: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                         iterator_types = ["parallel"]}
        ins(%a, %b : tensor<16xf32>, tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %s = arith.mulf %in, %in2 : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return %0, %1 : tensor<16xf32>, tensor<16xf32>
}

// -----

// Two cells change places: the value that is overwritten first is saved first.

// CHECK-LABEL: agon.program "swap"
// CHECK:       agon.entry "turn" @turn
// CHECK-NEXT:    agon.copy 64{{.*}} to 128 bytes 64
// CHECK-NEXT:    agon.copy 0{{.*}} to 192 bytes 64
// CHECK-NEXT:    agon.copy 128{{.*}} to 0 bytes 64
// CHECK-NEXT:    agon.copy 192{{.*}} to 64 bytes 64
agon.program "swap" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}, %v: tensor<16xf32> {agon.cell = @N.v})
    -> (tensor<16xf32> {agon.cell = @N.w}, tensor<16xf32> {agon.cell = @N.v}) attributes {agon.kind = "turn"} {
  return %v, %w : tensor<16xf32>, tensor<16xf32>
}

// -----

// A launch tells where its region comes from: the place, the network's
// application, whether it was differentiated, its work and its algorithm.

// CHECK-LABEL: agon.program "named"
// CHECK:       agon.launch @{{.*}} [0] tasks 1 is elementwise "N#2 gradient elementwise [16]" at "game.agon:3:5" by "elementwise" flops 16 bytes 128
agon.program "named" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}) -> (tensor<16xf32> {agon.cell = @N.w}) attributes {agon.kind = "turn"} {
  %0 = agon.region elementwise(%w) flops 16 bytes 128 : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  } loc(fused["gradient"("N#2"("models/game.agon":3:5)), "models/game.agon":9:1])
  return %0 : tensor<16xf32>
}
