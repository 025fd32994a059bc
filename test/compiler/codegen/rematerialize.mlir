// RUN: agon-opt %s -split-input-file -agon-rematerialize=budget=832 | FileCheck %s
// RUN: agon-opt %s -split-input-file -agon-rematerialize="reorder=false" | FileCheck %s --check-prefix=OFF
// RUN: not agon-opt %s -split-input-file -agon-rematerialize=budget=300 2>&1 | FileCheck %s --check-prefix=LEAST

// RUN: agon-opt %s -split-input-file -agon-rematerialize | FileCheck %s --check-prefix=FREE

// OFF-NOT: agon.recomputed
// OFF-NOT: agon.temporaries

// FREE-NOT: agon.recomputed
// FREE:     agon.program "late"
// FREE:     agon.temporaries
// FREE-NOT: agon.recomputed

// LEAST: error: expected an arena of at most 300, got one of 832 at the least: 192 for cells and 640 for temporaries of turn; use a smaller batch, or --memory=832

// Cells take 192 bytes, each wide tensor 256. Three of them live together where
// the third is read: the budget leaves room for two and the small ones. Of the
// two that are kept across, the one that costs less is computed again, just
// before its reader; what is read early keeps the first one.

// CHECK-LABEL: agon.program "cheapest"
// CHECK-SAME:    memory_budget = 832
// CHECK-LABEL: func.func @turn
// CHECK-SAME:    agon.temporaries = #agon.temporaries<formed = {{[0-9]+}}, ordered = {{[0-9]+}}, planned = {{[0-9]+}}>
// CHECK:         %[[DEAR:.*]] = agon.region elementwise(%arg0) flops 9000000
// CHECK:         %[[CHEAP:.*]] = agon.region elementwise(%arg0) flops 64
// CHECK:         %[[S:.*]] = agon.region reduction(%[[DEAR]])
// CHECK:         %[[T:.*]] = agon.region reduction(%[[CHEAP]], %[[S]])
// CHECK:         %[[WIDE:.*]] = agon.region elementwise(%[[T]])
// CHECK:         %[[U:.*]] = agon.region reduction(%[[WIDE]])
// CHECK:         %[[V:.*]] = agon.region reduction(%[[DEAR]], %[[U]])
// CHECK:         %[[AGAIN:.*]] = agon.region elementwise(%arg0) flops 64 {{.*}} attributes {agon.recomputed}
// CHECK:         agon.region reduction(%[[AGAIN]], %[[V]])
agon.program "cheapest" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
  agon.cell parameter @N.u : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}, %v: tensor<16xf32> {agon.cell = @N.v})
    -> (tensor<16xf32> {agon.cell = @N.u}) attributes {agon.kind = "turn"} {
  %dear = agon.region elementwise(%w) flops 9000000 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %cheap = agon.region elementwise(%w) flops 64 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.mulf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %r = agon.region reduction(%dear) flops 64 bytes 320 : (tensor<16x4xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<16x4xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %t = agon.region reduction(%cheap, %r) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %wide = agon.region elementwise(%t) flops 64 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %u = agon.region reduction(%wide) flops 64 bytes 320 : (tensor<16x4xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<16x4xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %x = agon.region reduction(%dear, %u) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %y = agon.region reduction(%cheap, %x) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return %y : tensor<16xf32>
}

// -----

// The cell that the cheap one is computed from has its new value by then: the
// dear one is repeated.

// CHECK-LABEL: agon.program "changed"
// CHECK:         %[[DEAR:.*]] = agon.region elementwise(%arg0) flops 9000000
// CHECK:         %[[CHEAP:.*]] = agon.region elementwise(%arg1) flops 64
// CHECK-NOT:     agon.region elementwise(%arg1) {{.*}} attributes {agon.recomputed}
// CHECK:         %[[AGAIN:.*]] = agon.region elementwise(%arg0) flops 9000000 {{.*}} attributes {agon.recomputed}
// CHECK:         agon.region reduction(%[[AGAIN]]
// CHECK:         agon.region reduction(%[[CHEAP]]
agon.program "changed" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
  agon.cell parameter @N.u : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}, %v: tensor<16xf32> {agon.cell = @N.v})
    -> (tensor<16xf32> {agon.cell = @N.u}, tensor<16xf32> {agon.cell = @N.v}) attributes {agon.kind = "turn"} {
  %dear = agon.region elementwise(%w) flops 9000000 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %cheap = agon.region elementwise(%v) flops 64 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.mulf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %r = agon.region reduction(%dear) flops 64 bytes 320 : (tensor<16x4xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<16x4xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %t = agon.region reduction(%cheap, %r) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %wide = agon.region elementwise(%t) flops 64 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %u = agon.region reduction(%wide) flops 64 bytes 320 : (tensor<16x4xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<16x4xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %x = agon.region reduction(%dear, %u) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %y = agon.region reduction(%cheap, %x) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return %y, %t : tensor<16xf32>, tensor<16xf32>
}

// -----

// Without a budget too: what is made early and read late moves to its reader, for
// nothing. The wide tensors then live one after the other.

// CHECK-LABEL: agon.program "late"
// CHECK-LABEL: func.func @turn
// CHECK-SAME:    agon.temporaries = #agon.temporaries<formed = 832, ordered = {{[3-6][0-9]+}},
// CHECK:         %[[FIRST:.*]] = agon.region elementwise(%arg0) flops 1
// CHECK:         %[[S:.*]] = agon.region reduction(%[[FIRST]])
// CHECK:         %[[THIRD:.*]] = agon.region elementwise(%arg1) flops 3
// CHECK:         %[[T:.*]] = agon.region reduction(%[[THIRD]], %[[S]])
// CHECK:         %[[SECOND:.*]] = agon.region elementwise(%arg0) flops 2
// CHECK:         agon.region reduction(%[[SECOND]], %[[T]])
// CHECK-NOT:     agon.recomputed
agon.program "late" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<16xf32>
  agon.cell parameter @N.v : tensor<16xf32>
  agon.cell parameter @N.u : tensor<16xf32>
}
func.func @turn(%w: tensor<16xf32> {agon.cell = @N.w}, %v: tensor<16xf32> {agon.cell = @N.v})
    -> (tensor<16xf32> {agon.cell = @N.u}) attributes {agon.kind = "turn"} {
  %first = agon.region elementwise(%w) flops 1 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %second = agon.region elementwise(%w) flops 2 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %third = agon.region elementwise(%v) flops 3 bytes 320 : (tensor<16xf32>) -> tensor<16x4xf32> {
  ^bb0(%a: tensor<16xf32>):
    %e = tensor.empty() : tensor<16x4xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<16xf32>) outs(%e : tensor<16x4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %in : f32
      linalg.yield %s : f32
    } -> tensor<16x4xf32>
    agon.yield %g : tensor<16x4xf32>
  }
  %r = agon.region reduction(%first) flops 64 bytes 320 : (tensor<16x4xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a : tensor<16x4xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %out: f32):
      %s = arith.addf %in, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %t = agon.region reduction(%third, %r) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  %x = agon.region reduction(%second, %t) flops 128 bytes 384 : (tensor<16x4xf32>, tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%a: tensor<16x4xf32>, %b: tensor<16xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<16xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<16xf32>) -> tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
        ins(%a, %b : tensor<16x4xf32>, tensor<16xf32>) outs(%f : tensor<16xf32>) {
    ^bb0(%in: f32, %in2: f32, %out: f32):
      %p = arith.mulf %in, %in2 : f32
      %s = arith.addf %p, %out : f32
      linalg.yield %s : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return %x : tensor<16xf32>
}
