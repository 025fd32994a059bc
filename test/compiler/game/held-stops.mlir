// RUN: agon-opt %s -agon-form-turns -canonicalize -cse | FileCheck %s
// While differences are taken, what stop_gradient stops is computed from the
// base, which does not move. Turns and curvatures know nothing of a base: a
// curvature holds what is stopped, and what passes through it is apart.

// CHECK-LABEL: func.func @turn_p(
// CHECK-NOT: base.p.n.w
// CHECK-LABEL: func.func @objective_p(
// CHECK-SAME: %[[W:[^ ]*]]: tensor<f64> {agon.cell = @n.w}, %[[BASE:[^ ]*]]: tensor<f64> {agon.cell = @base.p.n.w})
// CHECK: %[[MOVING:.*]] = math.exp %[[W]]
// CHECK: %[[HELD:.*]] = math.exp %[[BASE]]
// CHECK: %[[STOPPED:.*]] = agon.stop_gradient %[[HELD]]
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[MOVING]], %[[STOPPED]]
// CHECK: return %[[PRODUCT]]
// CHECK-LABEL: func.func @gradient_p(
// CHECK-SAME: %[[BASE:[^ ]*]]: tensor<f64> {agon.cell = @base.p.n.w}
// CHECK: %[[HELD:.*]] = math.exp %[[BASE]]
// CHECK: agon.stop_gradient %[[HELD]]
// CHECK-LABEL: func.func @curvature(
// CHECK-NOT: base.p.n.w
// CHECK-SAME: -> (tensor<f64> {agon.cell = @curvature.p.n.w}, tensor<f64> {agon.cell = @"curvature.stopped:p.n.w"})
// CHECK: %[[EXP:.*]] = math.exp %[[W:.*]] : tensor<f64>
// CHECK: %[[STOP:.*]] = agon.stop_gradient %[[EXP]]
// CHECK: %[[S:.*]] = agon.point %[[STOP]]
// CHECK: agon.differentiate %{{.*}} wrt(%[[W]]) :
// CHECK: %[[PARTS:.*]]:2 = agon.differentiate %{{.*}} wrt(%[[W]], %[[S]]) :
// CHECK: %[[ARRIVING:.*]] = agon.stop_gradient %[[PARTS]]#1
// CHECK: %[[ALONG:.*]] = arith.mulf %[[ARRIVING]], %[[EXP]]
// CHECK: %[[THROUGH:.*]] = agon.differentiate %[[ALONG]] wrt(%[[W]]) :
// CHECK: return %[[PARTS]]#0, %[[THROUGH]]

agon.network @n "() -> []" {
  agon.storage @w : tensor<f64> {
    %w = arith.constant dense<1.0> : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @training () -> tensor<f64> {
    %w = agon.read @n::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @sampling () -> tensor<f64> {
    %w = agon.read @n::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
}
agon.game @g batch 1 play "{ p }" attributes {config = "{}"} {
  agon.player @p owns [@n] objective {
    %w = agon.apply @n() : () -> tensor<f64>
    %e = math.exp %w : tensor<f64>
    %c = agon.stop_gradient %e : tensor<f64>
    %y = arith.mulf %e, %c : tensor<f64>
    agon.yield %y : tensor<f64>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<f64>
    %g = agon.cotangent 0 : tensor<f64>
    %w1 = arith.subf %w, %g : tensor<f64>
    agon.yield %w1 : tensor<f64>
  } attributes {hypers = [], parameters = [@n::@w], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.turn @turn_p moves [@p]
  agon.schedule [@turn_p]
}
