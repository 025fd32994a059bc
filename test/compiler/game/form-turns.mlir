// RUN: agon-opt %s -agon-form-turns | FileCheck %s
// RUN: agon-opt %s -agon-form-turns -agon-expand-gradients -agon-differentiate-players -canonicalize -cse \
// RUN:   -agon-verify-turn-form | FileCheck %s --check-prefix=DIFF

// The table.
// CHECK-NOT: agon.game
// CHECK-NOT: agon.network
// CHECK: agon.program "gan" batch 4 schedule ["turn_D", "turn_D", "turn_D_G", "turn_G"]
// CHECK: agon.cell key @key : tensor<2xi64>
// CHECK: agon.cell parameter @D.w owner 0 : tensor<2x1xf32>
// CHECK: agon.cell state @D.mean owner 0 : tensor<2xf32>
// CHECK: agon.cell parameter @G.W owner 1 : tensor<2x2xf32>
// CHECK: agon.cell moment @optimizer.D.momentum.m.D.w owner 0 : tensor<2x1xf32>
// CHECK: agon.cell step @step.D owner 0 : tensor<i64>
// CHECK: agon.cell hyper @hyper.D.lr "D.lr" owner 0 : tensor<f64>
// CHECK: agon.cell objective @objective.D "D" owner 0 : tensor<f32>
// CHECK: agon.cell data @data.x "x" : tensor<4x2xf32>
// CHECK: agon.cell data_mean @mean.x : tensor<2xf32>
// CHECK-NOT: mean.unused
// CHECK: agon.cell metric @metric.realness "realness" : tensor<f32>
// CHECK: agon.cell sample @sample.G "G" : tensor<4x2xf32>
// CHECK: agon.cell latent @latent.G.z : tensor<4x2xf32>
// CHECK: agon.field "x" @data.x mean @mean.x group 0 classes 0
// CHECK: agon.record "x" source @source_0 "point()"
// CHECK: agon.record "unused,y"
// CHECK: agon.seat "D" objective @objective.D step @step.D maximizes with "momentum(lr = 0.1)"
// CHECK: agon.seat "G" objective @objective.G step @step.G with "sgd()"
// CHECK: agon.net "D" "(x: [2]) -> [1]" owner 0
// CHECK: agon.net "G" "(z: [2]) -> [2]" owner 1 sample @sample_G imitates 0

// Every storage draws from a stream of its own; a slot that does not start at
// zero is written.
// CHECK-LABEL: func.func @init(
// CHECK-SAME: %[[KEY:[^ ]*]]: tensor<2xi64> {agon.cell = @key}, %[[MEAN:[^ ]*]]: tensor<2xf32> {agon.cell = @mean.x})
// CHECK-SAME: attributes {agon.kind = "init"}
// CHECK: %[[DW:.*]] = agon.random normal key %[[KEY]] stream 0
// CHECK: %[[GW:.*]] = agon.random uniform key %[[KEY]] stream 1
// CHECK: %[[SLOT:.*]] = arith.constant dense<1.000000e+00>
// CHECK: return %[[DW]], %[[MEAN]], %[[GW]], %[[SLOT]]

// A turn of one player. @fake is inlined once, though two names lead to it.
// CHECK-LABEL: func.func @turn_D(
// CHECK-SAME: agon.kind = "turn"
// CHECK: %[[Z:.*]] = agon.random normal key %{{.*}} stream 2
// CHECK-NOT: agon.random
// CHECK: %[[FAKE_STATE:.*]] = agon.reduce sum %{{.*}} dims [0] : tensor<4x2xf32> -> tensor<2xf32>
// CHECK: %[[REAL_STATE:.*]] = agon.reduce sum %{{.*}} dims [0] : tensor<4x2xf32> -> tensor<2xf32>
// CHECK: %[[V:.*]] = agon.reduce sum %{{.*}} dims [0, 1]
// CHECK: %[[LOSS:.*]] = arith.negf %[[V]]
// CHECK: %[[G:.*]] = agon.differentiate %[[LOSS]] wrt(%[[W:.*]]) :
// CHECK: %[[T:.*]] = arith.addi %{{.*}}, %{{.*}} : tensor<i64>
// CHECK: %[[REAL_T:.*]] = arith.sitofp %[[T]]
// CHECK: %[[RULE:.*]] = arith.divf %{{.*}}, %[[REAL_T]]
// CHECK: %[[UNSET:.*]] = arith.cmpf uno, %[[HYPER:.*]], %[[HYPER]]
// CHECK: arith.select %[[UNSET]], %[[RULE]], %[[HYPER]]
// CHECK: %[[M1:.*]] = arith.addf %{{.*}}, %[[G]]
// CHECK: %[[W1:.*]] = arith.subf %[[W]], %{{.*}}
// CHECK: %[[MADE:.*]] = arith.addi %{{.*}}, %{{.*}} : tensor<i64>
// The state is the mean of the two proposals.
// CHECK: %[[BOTH:.*]] = arith.addf %[[FAKE_STATE]], %[[REAL_STATE]]
// CHECK: %[[TWO:.*]] = arith.constant dense<2.000000e+00>
// CHECK: %[[STATE:.*]] = arith.divf %[[BOTH]], %[[TWO]]
// CHECK: return %[[V]], %[[MADE]], %[[W1]], %[[M1]], %[[STATE]]

// Simultaneous: one draw, both gradients before either update.
// CHECK-LABEL: func.func @turn_D_G(
// CHECK: agon.random normal key %{{.*}} stream 3
// CHECK-NOT: agon.random
// CHECK: agon.differentiate %{{.*}} wrt(%[[DW:.*]]) : (tensor<f32>, tensor<2x1xf32>)
// CHECK: agon.differentiate %{{.*}} wrt(%[[GW:.*]]) : (tensor<f32>, tensor<2x2xf32>)
// CHECK: arith.subf %[[DW]]
// CHECK: arith.subf %[[GW]]

// What G's turn proposes for D's state is dropped.
// CHECK-LABEL: func.func @turn_G(
// CHECK-NOT: agon.cell = @D.mean}{{.*}}->{{.*}}agon.cell = @D.mean
// CHECK-SAME: -> (tensor<f32> {agon.cell = @objective.G}, tensor<i64> {agon.cell = @step.G}, tensor<2x2xf32> {agon.cell = @G.W})

// The rest is in the sampling specialisation, which reads no state.
// CHECK-LABEL: func.func @metrics(
// CHECK-NOT: D.mean
// CHECK-SAME: -> (tensor<f32> {agon.cell = @metric.realness}) attributes {agon.kind = "metrics"}
// CHECK-LABEL: func.func @evaluate(
// CHECK-NOT: D.mean
// CHECK-SAME: -> (tensor<f32> {agon.cell = @objective.D}, tensor<f32> {agon.cell = @objective.G}) attributes {agon.kind = "evaluate"}
// CHECK-LABEL: func.func @source_0(
// CHECK-SAME: -> (tensor<4x2xf32> {agon.cell = @data.x}) attributes {agon.kind = "source", agon.subject = 0 : i64}
// The noise of samples is drawn apart, from streams of their own.
// CHECK-LABEL: func.func @latents_G(
// CHECK-SAME: -> (tensor<4x2xf32> {agon.cell = @latent.G.z}) attributes {agon.kind = "latents", agon.subject = 1 : i64}
// CHECK: agon.random normal key %{{.*}} stream 2147483648
// CHECK-LABEL: func.func @sample_G(
// CHECK-SAME: tensor<4x2xf32> {agon.cell = @latent.G.z}
// CHECK-SAME: -> (tensor<4x2xf32> {agon.cell = @sample.G}) attributes {agon.kind = "sample", agon.subject = 1 : i64}

// G's turn holds G's gradient and nothing of D's: two contractions forward
// through G and D, one back through D's operand, one for G's weights.
// DIFF-LABEL: func.func @turn_G(
// DIFF-COUNT-4: agon.contract
// DIFF-NOT: agon.contract
// DIFF: return

agon.network @D "(x: [2]) -> [1]" {
  agon.storage @w : tensor<2x1xf32> {
    %w = agon.random normal : tensor<2x1xf32>
    agon.yield %w : tensor<2x1xf32>
  }
  agon.storage state @mean : tensor<2xf32> {
    %m = agon.data_mean @x : tensor<2xf32>
    agon.yield %m : tensor<2xf32>
  }
  agon.forward @training (tensor<4x2xf32>) -> tensor<4x1xf32> {
  ^bb0(%x: tensor<4x2xf32>):
    %w = agon.read @D::@w : tensor<2x1xf32>
    %m = agon.read @D::@mean : tensor<2xf32>
    %mb = agon.broadcast %m dims [1] : tensor<2xf32> -> tensor<4x2xf32>
    %c = arith.subf %x, %mb : tensor<4x2xf32>
    %next = agon.reduce sum %c dims [0] : tensor<4x2xf32> -> tensor<2xf32>
    agon.write @D::@mean, %next : tensor<2xf32>
    %y = agon.contract %c, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x1xf32>) -> tensor<4x1xf32>
    agon.yield %y : tensor<4x1xf32>
  }
  agon.forward @sampling (tensor<4x2xf32>) -> tensor<4x1xf32> {
  ^bb0(%x: tensor<4x2xf32>):
    %w = agon.read @D::@w : tensor<2x1xf32>
    %y = agon.contract %x, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x1xf32>) -> tensor<4x1xf32>
    agon.yield %y : tensor<4x1xf32>
  }
}

agon.network @G "(z: [2]) -> [2]" {
  agon.storage @W : tensor<2x2xf32> {
    %w = agon.random uniform : tensor<2x2xf32>
    agon.yield %w : tensor<2x2xf32>
  }
  agon.forward @training (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%z: tensor<4x2xf32>):
    %w = agon.read @G::@W : tensor<2x2xf32>
    %y = agon.contract %z, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
    agon.yield %y : tensor<4x2xf32>
  }
  agon.forward @sampling (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%z: tensor<4x2xf32>):
    %w = agon.read @G::@W : tensor<2x2xf32>
    %y = agon.contract %z, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
    agon.yield %y : tensor<4x2xf32>
  }
}

agon.game @gan batch 4 play "{ D; D & G; G }" attributes {config = "{}"} {
  agon.data @x : tensor<4x2xf32>
  agon.group [@x] source "point()" {
    %p = agon.random normal : tensor<4x2xf32>
    agon.yield %p : tensor<4x2xf32>
  }
  agon.data @unused : tensor<4x2xf32>
  agon.data @y classes 10 : tensor<4xi32>
  agon.group [@unused, @y] { }
  agon.variable @z noise : tensor<4x2xf32> {
    %z = agon.random normal : tensor<4x2xf32>
    agon.yield %z : tensor<4x2xf32>
  }
  agon.variable @fake : tensor<4x1xf32> {
    %z = agon.use @z : tensor<4x2xf32>
    %g = agon.apply @G(%z) : (tensor<4x2xf32>) -> tensor<4x2xf32>
    %d = agon.apply @D(%g) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    agon.yield %d : tensor<4x1xf32>
  }
  agon.variable @V : tensor<f32> {
    %f = agon.use @fake : tensor<4x1xf32>
    %x = agon.use @x : tensor<4x2xf32>
    %r = agon.apply @D(%x) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    %d = arith.subf %r, %f : tensor<4x1xf32>
    %s = agon.reduce sum %d dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  }
  agon.player @D maximizes owns [@D] objective {
    %v = agon.use @V : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "momentum(lr = 0.1)" update {
    %t = agon.step : tensor<f64>
    %c = arith.constant dense<0.1> : tensor<f64>
    %d = arith.divf %c, %t : tensor<f64>
    %lr = agon.hyper "D.lr", %d : tensor<f64>
    %l = arith.truncf %lr : tensor<f64> to tensor<f32>
    %lb = agon.broadcast %l dims [] : tensor<f32> -> tensor<2x1xf32>
    %w = agon.weight 0 : tensor<2x1xf32>
    %g = agon.cotangent 0 : tensor<2x1xf32>
    %m = agon.slot 0 : tensor<2x1xf32>
    %m1 = arith.addf %m, %g : tensor<2x1xf32>
    %s = arith.mulf %lb, %m1 : tensor<2x1xf32>
    %w1 = arith.subf %w, %s : tensor<2x1xf32>
    agon.yield %w1, %m1 : tensor<2x1xf32>, tensor<2x1xf32>
  } attributes {hypers = ["D.lr"], parameters = [@D::@w], slot_initials = array<f64: 1.0>,
                slot_parameters = array<i64: 0>, slot_types = [tensor<2x1xf32>], slots = ["momentum.m"]}
  agon.player @G owns [@G] objective {
    %f = agon.use @fake : tensor<4x1xf32>
    %n = arith.negf %f : tensor<4x1xf32>
    %s = agon.reduce sum %n dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2x2xf32>
    %g = agon.cotangent 0 : tensor<2x2xf32>
    %w1 = arith.subf %w, %g : tensor<2x2xf32>
    agon.yield %w1 : tensor<2x2xf32>
  } attributes {hypers = [], parameters = [@G::@W], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.metric @realness {
    %x = agon.use @x : tensor<4x2xf32>
    %r = agon.apply @D(%x) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    %s = agon.reduce sum %r dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  }
  agon.generator @G inputs [@z] result 0 imitates @x
  agon.turn @turn_D moves [@D]
  agon.turn @turn_D_G moves [@D, @G]
  agon.turn @turn_G moves [@G]
  agon.schedule [@turn_D, @turn_D, @turn_D_G, @turn_G]
}
