// RUN: agon-opt %s -agon-form-turns | FileCheck %s
// RUN: agon-opt %s -agon-form-turns -agon-expand-gradients -agon-differentiate-players -canonicalize -cse \
// RUN:   -agon-verify-turn-form | FileCheck %s --check-prefix=DIFF
// A build in double precision has its derivatives by themselves: each player's objective
// and gradient, each move's, and the transposed Jacobian of the players' gradients times a direction.

// CHECK: agon.cell gradient @gradient.p.n.w owner 0 : tensor<3xf64>
// CHECK: agon.cell direction @direction.p.n.w owner 0 : tensor<3xf64>
// CHECK: agon.cell curvature @curvature.p.n.w owner 0 : tensor<3xf64>
// CHECK: agon.cell curvature @"curvature.stopped:p.n.w" owner 0 : tensor<3xf64>
// CHECK: agon.cell gradient @gradient.q.m.w owner 1 : tensor<f64>

// CHECK: agon.cell objective @objective.q.more "q.more" owner 1 : tensor<f64>

// All see the same draw, unlike the turn.
// CHECK-LABEL: func.func @turn_p_q(
// CHECK: agon.random normal key %{{.*}} stream 0
// CHECK-LABEL: func.func @evaluate(
// CHECK-SAME: -> (tensor<f64> {agon.cell = @objective.p}, tensor<f64> {agon.cell = @objective.q}, tensor<f64> {agon.cell = @objective.q.more}) attributes {agon.kind = "evaluate"}
// CHECK-LABEL: func.func @objective_p(
// CHECK-SAME: -> (tensor<f64> {agon.cell = @objective.p}) attributes {agon.kind = "objective", agon.subject = 0 : i64}
// CHECK: agon.random normal key %{{.*}} stream [[STREAM:[0-9]+]] :
// CHECK-LABEL: func.func @gradient_p(
// CHECK-SAME: -> (tensor<f64> {agon.cell = @objective.p}, tensor<3xf64> {agon.cell = @gradient.p.n.w}) attributes {agon.kind = "gradient", agon.subject = 0 : i64}
// CHECK: agon.random normal key %{{.*}} stream [[STREAM]] :
// CHECK-LABEL: func.func @objective_q(
// CHECK-SAME: agon.subject = 1 : i64
// CHECK: agon.random normal key %{{.*}} stream [[STREAM]] :
// CHECK-LABEL: func.func @objective_q.more(
// CHECK-SAME: agon.subject = 2 : i64
// CHECK: agon.random normal key %{{.*}} stream [[STREAM]] :
// CHECK-LABEL: func.func @gradient_q.more(
// CHECK-SAME: -> (tensor<f64> {agon.cell = @objective.q.more}, tensor<f64> {agon.cell = @gradient.q.m.w}) attributes {agon.kind = "gradient", agon.subject = 2 : i64}
// CHECK: agon.random normal key %{{.*}} stream [[STREAM]] :
// CHECK-LABEL: func.func @curvature(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<3xf64> {agon.cell = @n.w}
// CHECK-SAME: %[[VP:[^ ]*]]: tensor<3xf64> {agon.cell = @direction.p.n.w}
// CHECK-SAME: %[[U:[^ ]*]]: tensor<f64> {agon.cell = @m.w}
// CHECK-SAME: %[[VQ:[^ ]*]]: tensor<f64> {agon.cell = @direction.q.m.w})
// CHECK-SAME: -> (tensor<3xf64> {agon.cell = @curvature.p.n.w}, tensor<f64> {agon.cell = @curvature.q.m.w}) attributes {agon.kind = "curvature"}
// CHECK: agon.random normal key %{{.*}} stream [[STREAM]] :
// CHECK: %[[GP:.*]] = agon.differentiate %{{.*}} wrt(%[[W]]) :
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[GP]], %[[VP]]
// CHECK: %[[ALONGP:.*]] = agon.reduce sum %[[PRODUCT]] dims [0]
// CHECK-NOT: agon.random
// CHECK: %[[GQ:.*]] = agon.differentiate %{{.*}} wrt(%[[U]]) :
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[GQ]], %[[VQ]]
// CHECK: %[[ALONGQ:.*]] = agon.reduce sum %[[PRODUCT]]
// CHECK: %[[CHANGE:.*]] = arith.addf %[[ALONGP]], %[[ALONGQ]]
// CHECK: agon.differentiate %[[CHANGE]] wrt(%[[W]], %[[U]]) :

// p's objective is w^2 z: of its gradient 2 w z along v the derivative by w is 2 z v. q's is u sum(z): its gradient
// depends on no parameter.
// DIFF-LABEL: func.func @curvature(
// DIFF-SAME: %[[V:[^ ]*]]: tensor<3xf64> {agon.cell = @direction.p.n.w}
// DIFF-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f64>
// DIFF-DAG: %[[Z:.*]] = agon.random normal
// DIFF-DAG: %[[ONCE:.*]] = arith.mulf %{{.*}}, %{{.*}} : tensor<3xf64>
// DIFF: %[[TWICE:.*]] = arith.addf
// DIFF: return %[[TWICE]], %[[ZERO]]

agon.network @n "() -> [3]" {
  agon.storage @w : tensor<3xf64> {
    %w = arith.constant dense<1.0> : tensor<3xf64>
    agon.yield %w : tensor<3xf64>
  }
  agon.forward @training () -> tensor<3xf64> {
    %w = agon.read @n::@w : tensor<3xf64>
    agon.yield %w : tensor<3xf64>
  }
  agon.forward @sampling () -> tensor<3xf64> {
    %w = agon.read @n::@w : tensor<3xf64>
    agon.yield %w : tensor<3xf64>
  }
}
agon.network @m "() -> []" {
  agon.storage @w : tensor<f64> {
    %w = arith.constant dense<1.0> : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @training () -> tensor<f64> {
    %w = agon.read @m::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @sampling () -> tensor<f64> {
    %w = agon.read @m::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
}
agon.game @g batch 1 play "{ p & q }" attributes {config = "{}"} {
  agon.variable @z : tensor<3xf64> {
    %z = agon.random normal : tensor<3xf64>
    agon.yield %z : tensor<3xf64>
  }
  agon.player @p owns [@n] objective {
    %w = agon.apply @n() : () -> tensor<3xf64>
    %z = agon.use @z : tensor<3xf64>
    %q = arith.mulf %w, %w : tensor<3xf64>
    %y = arith.mulf %q, %z : tensor<3xf64>
    %s = agon.reduce sum %y dims [0] : tensor<3xf64> -> tensor<f64>
    agon.yield %s : tensor<f64>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<3xf64>
    %g = agon.cotangent 0 : tensor<3xf64>
    %w1 = arith.subf %w, %g : tensor<3xf64>
    agon.yield %w1 : tensor<3xf64>
  } attributes {hypers = [], parameters = [@n::@w], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.player @q owns [@m] objective {
    %w = agon.apply @m() : () -> tensor<f64>
    %z = agon.use @z : tensor<3xf64>
    %s = agon.reduce sum %z dims [0] : tensor<3xf64> -> tensor<f64>
    %y = arith.mulf %w, %s : tensor<f64>
    agon.yield %y : tensor<f64>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<f64>
    %g = agon.cotangent 0 : tensor<f64>
    %w1 = arith.subf %w, %g : tensor<f64>
    agon.yield %w1 : tensor<f64>
  } attributes {hypers = [], parameters = [@m::@w], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.move @q.more of @q maximizes {
    %w = agon.apply @m() : () -> tensor<f64>
    %z = agon.use @z : tensor<3xf64>
    %s = agon.reduce sum %z dims [0] : tensor<3xf64> -> tensor<f64>
    %q = arith.mulf %w, %w : tensor<f64>
    %y = arith.mulf %q, %s : tensor<f64>
    agon.yield %y : tensor<f64>
  }
  agon.turn @turn_p_q moves [@p, @q]
  agon.turn @turn_more moves [@q] rounds [1] {
  ^bb0(%w: tensor<f64>):
    %a = agon.loss @q.more at(%w) : (tensor<f64>) -> tensor<f64>
    %g = agon.differentiate %a wrt(%w) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %next = agon.advance @q round 0 from(%w) along(%g) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    agon.yield %next : tensor<f64>
  }
  agon.schedule [@turn_p_q, @turn_more]
}
