// Filters, their gradients and moments are stored with the channels last, in every function.
// RUN: agon-opt %s --agon-store-cells | FileCheck %s --check-prefix=STORED
// RUN: agon-opt %s "--pass-pipeline=builtin.module(agon-store-cells,func.func(agon-decompose{winograd=never},agon-propagate-layouts,canonicalize,cse,agon-to-linalg,cse,agon-form-regions))" | FileCheck %s --check-prefix=FUSED
// RUN: agon-opt %s "--pass-pipeline=builtin.module(agon-store-cells,func.func(agon-decompose{winograd=always},agon-propagate-layouts,canonicalize,cse))" | FileCheck %s --check-prefix=WINOGRAD

// STORED: agon.cell parameter @W owner 0 : tensor<16x8x4x4xf32> order [2, 3, 1, 0]
// STORED: agon.cell moment @m owner 0 : tensor<16x8x4x4xf32> order [2, 3, 1, 0]
// STORED: agon.cell moment @v owner 0 : tensor<16x8x4x4xf32> order [2, 3, 1, 0]
// The deconvolution's filter is normalised by a matrix product, and has a state that no filter meets.
// STORED: agon.cell parameter @S owner 0 : tensor<8x3x5xf32> order [2, 1, 0]
// STORED: agon.cell state @u owner 0 : tensor<8xf32>{{$}}
// Filters of groups, matrices, data: as they are.
// STORED: agon.cell parameter @P owner 0 : tensor<8x4x3xf32>{{$}}
// STORED: agon.cell parameter @M owner 0 : tensor<8x8xf32>{{$}}
// STORED: agon.cell data @data.x "x" : tensor<2x8x9x9xf32>{{$}}
agon.program "g" batch 2 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @W owner 0 : tensor<16x8x4x4xf32>
  agon.cell moment @m owner 0 : tensor<16x8x4x4xf32>
  agon.cell moment @v owner 0 : tensor<16x8x4x4xf32>
  agon.cell parameter @S owner 0 : tensor<8x3x5xf32>
  agon.cell state @u owner 0 : tensor<8xf32>
  agon.cell parameter @P owner 0 : tensor<8x4x3xf32>
  agon.cell parameter @M owner 0 : tensor<8x8xf32>
  agon.cell data @data.x "x" : tensor<2x8x9x9xf32>
  agon.cell sample @sample.G "G" : tensor<2x16x3x3xf32>
  agon.cell step @step.D owner 0 : tensor<i64>
  agon.cell objective @objective.D "D" owner 0 : tensor<f32>
  agon.seat "D" objective @objective.D step @step.D with "adam"
}

// Adam: the gradient leaves its contraction as the update reads it, and nothing is turned.
// STORED-LABEL: func.func @turn
// STORED-SAME: tensor<4x4x8x16xf32> {agon.cell = @W}
// STORED-SAME: -> (tensor<4x4x8x16xf32> {agon.cell = @W}, tensor<4x4x8x16xf32> {agon.cell = @m}, tensor<4x4x8x16xf32> {agon.cell = @v})
// STORED: agon.transpose %{{.+}} permutation [3, 2, 0, 1] : tensor<4x4x8x16xf32> -> tensor<16x8x4x4xf32>
// STORED: agon.conv_filter_gradient
// STORED: agon.transpose %{{.+}} permutation [2, 3, 1, 0] : tensor<16x8x4x4xf32> -> tensor<4x4x8x16xf32>
// FUSED-LABEL: func.func @turn
// FUSED-NOT: tensor<16x8x4x4xf32>
// FUSED: agon.region contraction({{.*}}) {{.*}} -> (tensor<4x4x8x16xf32>, tensor<4x4x8x16xf32>, tensor<4x4x8x16xf32>)
// FUSED-NOT: agon.region
// FUSED: return
// WINOGRAD-LABEL: func.func @turn
// WINOGRAD: %[[SUMS:.+]] = agon.contract {{.*}} -> tensor<2x2x2x2x8x16xf32>
// WINOGRAD-NEXT: %[[TAPS:.+]] = agon.mode_product %[[SUMS]]
// WINOGRAD-NEXT: %[[IN_ORDER:.+]] = agon.transpose %[[TAPS]] permutation [0, 2, 1, 3, 4, 5]
// WINOGRAD-NEXT: %[[GRADIENT:.+]] = agon.reshape %[[IN_ORDER]] : tensor<2x2x2x2x8x16xf32> -> tensor<4x4x8x16xf32>
// WINOGRAD: arith.mulf %[[GRADIENT]], %[[GRADIENT]] : tensor<4x4x8x16xf32>
// WINOGRAD-NOT: agon.transpose
// WINOGRAD: return
func.func @turn(%w: tensor<16x8x4x4xf32> {agon.cell = @W}, %m: tensor<16x8x4x4xf32> {agon.cell = @m},
                %v: tensor<16x8x4x4xf32> {agon.cell = @v}, %x: tensor<2x8x9x9xf32> {agon.cell = @data.x})
    -> (tensor<16x8x4x4xf32> {agon.cell = @W}, tensor<16x8x4x4xf32> {agon.cell = @m},
        tensor<16x8x4x4xf32> {agon.cell = @v}) attributes {agon.kind = "turn"} {
  %beta = arith.constant dense<0.5> : tensor<16x8x4x4xf32>
  %rest = arith.constant dense<0.25> : tensor<16x8x4x4xf32>
  %y = agon.conv %x, %w strides [2, 2] low [0, 0] high [0, 0] dilations [1, 1] : (tensor<2x8x9x9xf32>, tensor<16x8x4x4xf32>) -> tensor<2x16x3x3xf32>
  %dy = math.tanh %y : tensor<2x16x3x3xf32>
  %g = agon.conv_filter_gradient %x, %dy strides [2, 2] low [0, 0] high [0, 0] dilations [1, 1] : (tensor<2x8x9x9xf32>, tensor<2x16x3x3xf32>) -> tensor<16x8x4x4xf32>
  %m0 = arith.mulf %m, %beta : tensor<16x8x4x4xf32>
  %m1 = arith.mulf %g, %rest : tensor<16x8x4x4xf32>
  %m2 = arith.addf %m0, %m1 : tensor<16x8x4x4xf32>
  %g2 = arith.mulf %g, %g : tensor<16x8x4x4xf32>
  %v1 = arith.addf %v, %g2 : tensor<16x8x4x4xf32>
  %root = math.sqrt %v1 : tensor<16x8x4x4xf32>
  %step = arith.divf %m2, %root : tensor<16x8x4x4xf32>
  %new = arith.subf %w, %step : tensor<16x8x4x4xf32>
  return %new, %m2, %v1 : tensor<16x8x4x4xf32>, tensor<16x8x4x4xf32>, tensor<16x8x4x4xf32>
}

// A function that knows no convolution of it: what it returns is turned, and so are the numbers drawn, so that each
// element has the number that it has in any other order.
// STORED-LABEL: func.func @init
// STORED-SAME: -> (tensor<4x4x8x16xf32> {agon.cell = @W}, tensor<4x4x8x16xf32> {agon.cell = @m}, tensor<5x3x8xf32> {agon.cell = @S})
// STORED: %[[DRAWN:.+]] = agon.random normal {{.*}} tensor<16x8x4x4xf32>
// STORED: agon.transpose %[[DRAWN]] permutation [2, 3, 1, 0]
func.func @init(%key: tensor<2xi64>) -> (tensor<16x8x4x4xf32> {agon.cell = @W}, tensor<16x8x4x4xf32> {agon.cell = @m},
                                         tensor<8x3x5xf32> {agon.cell = @S}) attributes {agon.kind = "init"} {
  %w = agon.random normal key %key stream 1 : tensor<16x8x4x4xf32> keyed by tensor<2xi64>
  %m = arith.constant dense<0.0> : tensor<16x8x4x4xf32>
  %s = agon.random uniform key %key stream 2 : tensor<8x3x5xf32> keyed by tensor<2xi64>
  return %w, %m, %s : tensor<16x8x4x4xf32>, tensor<16x8x4x4xf32>, tensor<8x3x5xf32>
}

// Read as a matrix, and as a filter of one over its norm.
// STORED-LABEL: func.func @normalised
// STORED-SAME: tensor<5x3x8xf32> {agon.cell = @S}
// WINOGRAD-LABEL: func.func @normalised
func.func @normalised(%s: tensor<8x3x5xf32> {agon.cell = @S}, %u: tensor<8xf32> {agon.cell = @u},
                      %p: tensor<8x4x3xf32> {agon.cell = @P}, %q: tensor<8x8xf32> {agon.cell = @M},
                      %x: tensor<2x8x9xf32>) -> (tensor<8xf32> {agon.cell = @u}, tensor<2x3x13xf32>, tensor<2x8x7xf32>)
    attributes {agon.kind = "sample"} {
  %flat = agon.reshape %s : tensor<8x3x5xf32> -> tensor<8x15xf32>
  %mu = agon.contract %q, %u reduce [1] x [0] : (tensor<8x8xf32>, tensor<8xf32>) -> tensor<8xf32>
  %a = agon.contract %mu, %flat reduce [0] x [0] : (tensor<8xf32>, tensor<8x15xf32>) -> tensor<15xf32>
  %b = agon.contract %flat, %a reduce [1] x [0] : (tensor<8x15xf32>, tensor<15xf32>) -> tensor<8xf32>
  %n = agon.reduce sum %b dims [0] : tensor<8xf32> -> tensor<f32>
  %wide = agon.broadcast %n dims [] : tensor<f32> -> tensor<8x3x5xf32>
  %w = arith.divf %s, %wide : tensor<8x3x5xf32>
  %y = agon.conv_input_gradient %x, %w strides [1] low [0] high [0] dilations [1] : (tensor<2x8x9xf32>, tensor<8x3x5xf32>) -> tensor<2x3x13xf32>
  %z = agon.conv %x, %p strides [1] low [0] high [0] dilations [1] groups 2 : (tensor<2x8x9xf32>, tensor<8x4x3xf32>) -> tensor<2x8x7xf32>
  return %b, %y, %z : tensor<8xf32>, tensor<2x3x13xf32>, tensor<2x8x7xf32>
}
