// RUN: agon-opt %s -agon-split-expectations -canonicalize -cse | FileCheck %s

// The mean over the data set is of per-sample sums: what makes a mean of a minibatch's sum is one factor with the size
// of the minibatch, so that nothing overflows between the two.

// CHECK: func.func @evaluate(
// CHECK-SAME: %[[ONE:[^ ]*]]: tensor<f32> {agon.cell = @expectation.evaluate.0},
// CHECK-SAME: %[[TWO:[^ ]*]]: tensor<f32> {agon.cell = @expectation.evaluate.1},
// CHECK-SAME: %[[SUM:[^ ]*]]: tensor<f32> {agon.cell = @expectation.evaluate.2})
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<4.000000e+00> : tensor<f32>
// CHECK-DAG: %[[QUARTER:.*]] = arith.constant dense<2.500000e-01> : tensor<f32>
// CHECK-DAG: %[[MEAN:.*]] = arith.mulf %[[TWO]], %[[HALF]] : tensor<f32>
// CHECK-DAG: %[[WHOLE:.*]] = arith.mulf %[[SUM]], %[[FOUR]] : tensor<f32>
// CHECK-DAG: %[[PART:.*]] = arith.mulf %[[WHOLE]], %[[QUARTER]] : tensor<f32>
// CHECK: return %[[ONE]], %[[MEAN]], %[[WHOLE]], %[[PART]] :
module {
  agon.program "g" batch 4 schedule [] attributes {config = "{}"} {
    agon.cell key @key : tensor<2xi64>
    agon.cell metric @metric.a "a" : tensor<f32>
    agon.cell metric @metric.b "b" : tensor<f32>
    agon.cell metric @metric.c "c" : tensor<f32>
    agon.cell metric @metric.d "d" : tensor<f32>
    agon.cell data @data.x "x" : tensor<4x2xf32>
    agon.cell data @data.y "y" : tensor<4xf32>
    agon.field "x" @data.x group 0 classes 0
    agon.field "y" @data.y group 1 classes 0
    agon.record "x"
    agon.record "y"
  }
  func.func @evaluate(%x: tensor<4x2xf32> {agon.cell = @data.x}, %y: tensor<4xf32> {agon.cell = @data.y})
      -> (tensor<f32> {agon.cell = @metric.a}, tensor<f32> {agon.cell = @metric.b},
          tensor<f32> {agon.cell = @metric.c}, tensor<f32> {agon.cell = @metric.d})
      attributes {agon.kind = "evaluate"} {
    %quarter = arith.constant dense<2.5e-01> : tensor<f32>
    %eighth = arith.constant dense<1.25e-01> : tensor<f32>
    %a = agon.reduce sum %y dims [0] expectation : tensor<4xf32> -> tensor<f32>
    %mean = arith.mulf %a, %quarter : tensor<f32>
    %b = agon.reduce sum %x dims [0, 1] expectation : tensor<4x2xf32> -> tensor<f32>
    %half = arith.mulf %b, %eighth : tensor<f32>
    %square = arith.mulf %y, %y : tensor<4xf32>
    %c = agon.reduce sum %square dims [0] expectation : tensor<4xf32> -> tensor<f32>
    %part = arith.mulf %c, %quarter : tensor<f32>
    return %mean, %half, %c, %part : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  }
}
