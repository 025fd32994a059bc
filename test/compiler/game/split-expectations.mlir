// RUN: agon-opt %s -agon-split-expectations -agon-differentiate-players -canonicalize -cse -agon-verify-turn-form | FileCheck %s

// An E becomes two cells; one that needs another comes a round later; those that
// depend on other records have a function of their own. What no sample changes is
// summed in place, and a result that is no expectation is averaged over minibatches.

// CHECK: agon.cell expected @expected.evaluate.0 "evaluate.0" : tensor<4xf32>
// CHECK: agon.cell expectation @expectation.evaluate.0 "evaluate.0" : tensor<f32>
// CHECK: agon.cell expected @expected.evaluate.2 "evaluate.2" : tensor<4xf32>
// CHECK: agon.cell largest @largest.evaluate.2 "evaluate.2" : tensor<f32>
// CHECK: agon.cell expected @expected.evaluate.3 "evaluate.3" : tensor<4xf32>
// CHECK: agon.cell expectation @expectation.evaluate.3 "evaluate.3" : tensor<f32>
// CHECK: agon.cell expected @expected.evaluate.1 "evaluate.1" : tensor<4xf32>
// CHECK: agon.cell expectation @expectation.evaluate.1 "evaluate.1" : tensor<f32>

// CHECK: func.func @evaluate(%[[W:[^ ]*]]: tensor<4x2xf32> {agon.cell = @D.w},
// CHECK-SAME: agon.kind = "evaluate"
// CHECK-NOT: math.exp
// CHECK: agon.reduce sum %[[W]] dims [0, 1] :
// CHECK-NOT: expectation :

// CHECK: func.func @evaluate_expectations_0(%[[X:[^ ]*]]: tensor<4x2xf32> {agon.cell = @data.x})
// CHECK-SAME: {agon.cell = @expected.evaluate.0}
// CHECK-SAME: agon.kind = "expectations", agon.subject = 0 : i64
// CHECK: agon.reduce sum %[[X]] dims [1] : tensor<4x2xf32> -> tensor<4xf32>

// CHECK: func.func @evaluate_expectations_1(%[[Y:[^ ]*]]: tensor<4xf32> {agon.cell = @data.y})
// CHECK-SAME: {agon.cell = @expected.evaluate.2}
// CHECK: %[[EXP:.*]] = math.exp %[[Y]]
// CHECK: return %[[EXP]], %

// CHECK: func.func @evaluate_expectations_2(
// CHECK-SAME: {agon.cell = @expectation.evaluate.0}
// CHECK-SAME: {agon.cell = @expected.evaluate.1}
// CHECK-SAME: agon.subject = 1 : i64
module {
  agon.program "g" batch 4 schedule [] attributes {config = "{}"} {
    agon.cell key @key : tensor<2xi64>
    agon.cell parameter @D.w owner 0 : tensor<4x2xf32>
    agon.cell step @step.D owner 0 : tensor<i64>
    agon.cell objective @objective.D "D" owner 0 : tensor<f32>
    agon.cell metric @metric.m "m" : tensor<f32>
    agon.cell metric @metric.n "n" : tensor<f32>
    agon.cell data @data.x "x" : tensor<4x2xf32>
    agon.cell data @data.y "y" : tensor<4xf32>
    agon.field "x" @data.x group 0 classes 0
    agon.field "y" @data.y group 1 classes 0
    agon.record "x"
    agon.record "y"
    agon.seat "D" objective @objective.D step @step.D with "sgd(lr = 0.1)"
  }
  func.func @evaluate(%x: tensor<4x2xf32> {agon.cell = @data.x}, %y: tensor<4xf32> {agon.cell = @data.y},
                      %w: tensor<4x2xf32> {agon.cell = @D.w})
      -> (tensor<f32> {agon.cell = @objective.D}, tensor<f32> {agon.cell = @metric.m},
          tensor<f32> {agon.cell = @metric.n}) attributes {agon.kind = "evaluate"} {
    %s = agon.reduce sum %x dims [0, 1] expectation : tensor<4x2xf32> -> tensor<f32>
    %b = agon.broadcast %s dims [] : tensor<f32> -> tensor<4x2xf32>
    %d = arith.subf %x, %b : tensor<4x2xf32>
    %q = arith.mulf %d, %d : tensor<4x2xf32>
    %v = agon.reduce sum %q dims [0, 1] expectation : tensor<4x2xf32> -> tensor<f32>
    %e = math.exp %y : tensor<4xf32>
    %t = agon.reduce max %e dims [0] expectation : tensor<4xf32> -> tensor<f32>
    %p = agon.reduce sum %w dims [0, 1] expectation : tensor<4x2xf32> -> tensor<f32>
    %o = arith.addf %v, %p : tensor<f32>
    %u = agon.reduce sum %y dims [0] : tensor<4xf32> -> tensor<f32>
    return %o, %t, %u : tensor<f32>, tensor<f32>, tensor<f32>
  }
}
