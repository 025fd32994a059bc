// Rows of one tensor that are read by themselves: each launch is handed the tensor from nearly its row on, and all are
// one kernel. Row 0 and row 1 need no shift.
// RUN: agon-opt %s -agon-place -agon-shift-reads | FileCheck %s
// RUN: agon-opt %s -agon-place -agon-shift-reads -agon-plan -agon-emit | FileCheck %s --check-prefix=LAUNCH

// CHECK-DAG:  #[[SECOND:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 + 1, d2)>
// CHECK-DAG:  #[[FOURTH:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 + 3, d2)>
// CHECK-DAG:  #[[FIFTH:.*]] = affine_map<(d0, d1, d2) -> (d0, d1 + 4, d2)>
#row1 = affine_map<(d0, d1, d2) -> (d0, d1 + 1, d2)>
#row3 = affine_map<(d0, d1, d2) -> (d0, d1 + 3, d2)>
#row4 = affine_map<(d0, d1, d2) -> (d0, d1 + 4, d2)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
agon.program "rows" batch 2 schedule ["turn_D", "turn_G"] attributes {config = "{}"} {
  agon.cell parameter @D.x : tensor<2x5x16xf32>
  agon.cell parameter @D.a : tensor<2x1x16xf32>
  agon.cell parameter @D.b : tensor<2x1x16xf32>
  agon.cell parameter @D.c : tensor<2x1x8xf32>
  agon.cell parameter @D.y : tensor<2x5x8xf32>
}

// CHECK-LABEL: func.func @turn_D
// LAUNCH-LABEL: agon.entry "turn" @turn_D
func.func @turn_D(%x: tensor<2x5x16xf32> {agon.cell = @D.x}, %y: tensor<2x5x8xf32> {agon.cell = @D.y})
    -> (tensor<2x1x16xf32> {agon.cell = @D.a}, tensor<2x1x16xf32> {agon.cell = @D.b}, tensor<2x1x8xf32> {agon.cell = @D.c})
    attributes {agon.kind = "turn"} {
  // CHECK:     agon.region elementwise(%arg0)
  // CHECK-NOT: agon.shifts
  // CHECK:     indexing_maps = [#[[SECOND]],
  // LAUNCH:    agon.launch @[[ROW:kernel_[0-9]+]] [0, 640]
  %a = agon.region elementwise(%x) flops 0 bytes 256 : (tensor<2x5x16xf32>) -> tensor<2x1x16xf32> {
  ^bb0(%in: tensor<2x5x16xf32>):
    %e = tensor.empty() : tensor<2x1x16xf32>
    %g = linalg.generic {indexing_maps = [#row1, #all], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%in : tensor<2x5x16xf32>) outs(%e : tensor<2x1x16xf32>) {
    ^bb0(%i: f32, %o: f32):
      linalg.yield %i : f32
    } -> tensor<2x1x16xf32>
    agon.yield %g : tensor<2x1x16xf32>
  }
  // CHECK:     agon.region elementwise(%arg0)
  // CHECK-SAME: agon.shifts = array<i64: 192>
  // CHECK:     indexing_maps = [#[[SECOND]],
  // LAUNCH:    agon.launch @[[ROW]] [192, 768]
  // LAUNCH-SAME: extents = [#agon.extent<offset = 0, bytes = 640, {{.*}}>, #agon.extent<offset = 768,
  %b = agon.region elementwise(%x) flops 0 bytes 256 : (tensor<2x5x16xf32>) -> tensor<2x1x16xf32> {
  ^bb0(%in: tensor<2x5x16xf32>):
    %e = tensor.empty() : tensor<2x1x16xf32>
    %g = linalg.generic {indexing_maps = [#row4, #all], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%in : tensor<2x5x16xf32>) outs(%e : tensor<2x1x16xf32>) {
    ^bb0(%i: f32, %o: f32):
      linalg.yield %i : f32
    } -> tensor<2x1x16xf32>
    agon.yield %g : tensor<2x1x16xf32>
  }
  // 2 rows of 32 bytes keep the alignment.
  // CHECK:     agon.region elementwise(%arg1)
  // CHECK-SAME: agon.shifts = array<i64: 64>
  // CHECK:     indexing_maps = [#[[SECOND]],
  // LAUNCH:    agon.launch @{{.*}} [1024, 896]
  %c = agon.region elementwise(%y) flops 0 bytes 128 : (tensor<2x5x8xf32>) -> tensor<2x1x8xf32> {
  ^bb0(%in: tensor<2x5x8xf32>):
    %e = tensor.empty() : tensor<2x1x8xf32>
    %g = linalg.generic {indexing_maps = [#row3, #all], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%in : tensor<2x5x8xf32>) outs(%e : tensor<2x1x8xf32>) {
    ^bb0(%i: f32, %o: f32):
      linalg.yield %i : f32
    } -> tensor<2x1x8xf32>
    agon.yield %g : tensor<2x1x8xf32>
  }
  return %a, %b, %c : tensor<2x1x16xf32>, tensor<2x1x16xf32>, tensor<2x1x8xf32>
}

// What is not a multiple of the alignment stays, and so does a tensor that the region reads twice.
// CHECK-LABEL: func.func @turn_G
// CHECK-NOT:   agon.shifts
// CHECK:       indexing_maps = [#[[FIFTH]],
// CHECK-NOT:   agon.shifts
// CHECK:       indexing_maps = [#[[FOURTH]], #[[FIFTH]],
// CHECK-NOT:   agon.shifts
// CHECK:       return
func.func @turn_G(%x: tensor<2x5x16xf32> {agon.cell = @D.x}, %y: tensor<2x5x8xf32> {agon.cell = @D.y})
    -> (tensor<2x1x16xf32> {agon.cell = @D.a}, tensor<2x1x8xf32> {agon.cell = @D.c})
    attributes {agon.kind = "turn"} {
  %c = agon.region elementwise(%y) flops 0 bytes 128 : (tensor<2x5x8xf32>) -> tensor<2x1x8xf32> {
  ^bb0(%in: tensor<2x5x8xf32>):
    %e = tensor.empty() : tensor<2x1x8xf32>
    %g = linalg.generic {indexing_maps = [#row4, #all], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%in : tensor<2x5x8xf32>) outs(%e : tensor<2x1x8xf32>) {
    ^bb0(%i: f32, %o: f32):
      linalg.yield %i : f32
    } -> tensor<2x1x8xf32>
    agon.yield %g : tensor<2x1x8xf32>
  }
  %a = agon.region elementwise(%x) flops 0 bytes 256 : (tensor<2x5x16xf32>) -> tensor<2x1x16xf32> {
  ^bb0(%in: tensor<2x5x16xf32>):
    %e = tensor.empty() : tensor<2x1x16xf32>
    %g = linalg.generic {indexing_maps = [#row3, #row4, #all], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%in, %in : tensor<2x5x16xf32>, tensor<2x5x16xf32>) outs(%e : tensor<2x1x16xf32>) {
    ^bb0(%i: f32, %j: f32, %o: f32):
      %s = arith.addf %i, %j : f32
      linalg.yield %s : f32
    } -> tensor<2x1x16xf32>
    agon.yield %g : tensor<2x1x16xf32>
  }
  return %a, %c : tensor<2x1x16xf32>, tensor<2x1x8xf32>
}
