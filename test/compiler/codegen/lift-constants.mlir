// Regions that differ in the numbers with which they count read these; what is alike stays in their bodies, and so do
// numbers of functions and shifts.
// RUN: agon-opt %s -agon-lift-constants -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @turn_D
// CHECK-DAG:     %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG:     %[[FOUR:.*]] = arith.constant dense<4.000000e+00> : tensor<f32>
// CHECK:         agon.region elementwise(%arg0, %[[TWO]])
// CHECK-NEXT:    ^bb0(%[[X:.*]]: tensor<8xf32>, %[[NUMBER:.*]]: tensor<f32>):
// CHECK:           linalg.generic {indexing_maps = [#[[SAME:.*]], #[[ALONE:.*]], #[[SAME]]]
// CHECK-SAME:        ins(%[[X]], %[[NUMBER]] : tensor<8xf32>, tensor<f32>)
// CHECK-NEXT:      ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:        %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:        %[[SCALED:.*]] = arith.mulf %[[A]], %[[B]] : f32
// CHECK-NEXT:        arith.addf %[[SCALED]], %[[ONE]] : f32
// CHECK:         agon.region elementwise(%{{.*}}, %[[FOUR]])
func.func @turn_D(%w: tensor<8xf32> {agon.cell = @D.w}) -> (tensor<8xf32> {agon.cell = @D.w})
    attributes {agon.kind = "turn"} {
  %0 = agon.region elementwise(%w) flops 16 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%x: tensor<8xf32>):
    %empty = tensor.empty() : tensor<8xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
    ^bb0(%a: f32, %out: f32):
      %two = arith.constant 2.0 : f32
      %one = arith.constant 1.0 : f32
      %2 = arith.mulf %a, %two : f32
      %3 = arith.addf %2, %one : f32
      linalg.yield %3 : f32
    } -> tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  %4 = agon.region elementwise(%0) flops 16 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%x: tensor<8xf32>):
    %empty = tensor.empty() : tensor<8xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
    ^bb0(%a: f32, %out: f32):
      %four = arith.constant 4.0 : f32
      %one = arith.constant 1.0 : f32
      %2 = arith.mulf %a, %four : f32
      %3 = arith.addf %2, %one : f32
      linalg.yield %3 : f32
    } -> tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return %4 : tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func @turn_G
// CHECK-NOT:     tensor<f32>
// CHECK:         return
func.func @turn_G(%w: tensor<8xf32> {agon.cell = @G.w}) -> (tensor<8xf32> {agon.cell = @G.w})
    attributes {agon.kind = "turn"} {
  %0 = agon.region elementwise(%w) flops 16 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%x: tensor<8xf32>):
    %empty = tensor.empty() : tensor<8xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
    ^bb0(%a: f32, %out: f32):
      %two = arith.constant 2.0 : f32
      %2 = math.powf %a, %two : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  %3 = agon.region elementwise(%0) flops 16 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%x: tensor<8xf32>):
    %empty = tensor.empty() : tensor<8xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%x : tensor<8xf32>) outs(%empty : tensor<8xf32>) {
    ^bb0(%a: f32, %out: f32):
      %four = arith.constant 4.0 : f32
      %2 = math.powf %a, %four : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return %3 : tensor<8xf32>
}
