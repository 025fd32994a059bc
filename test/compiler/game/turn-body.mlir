// RUN: agon-opt %s -split-input-file -agon-form-turns | FileCheck %s
// RUN: agon-opt %s -split-input-file -agon-form-turns -canonicalize -cse -agon-expand-gradients \
// RUN:   -agon-differentiate-players -canonicalize -cse -agon-verify-turn-form | FileCheck %s --check-prefix=DIFF

// Extragradient on the game min over p, max over q of p q + noise: both losses are computed at two points, of the same
// draw.

// CHECK: agon.program "bilinear" batch 1 schedule ["turn_extragradient_p_q"] every [3]
// CHECK: agon.cell iteration @iteration : tensor<i64>
// CHECK: agon.cell moment @optimizer.p.way.last.p.w owner 0 : tensor<f64>
// CHECK: agon.cell objective @objective.p.other "p.other" owner 0
// A memory that begins at 0 needs no initial value, one that begins elsewhere does.
// CHECK-LABEL: func.func @init(
// CHECK: %[[ONE:.*]] = arith.constant dense<1.0{{.*}}> : tensor<f64>
// CHECK: return
// CHECK-LABEL: func.func @turn_extragradient_p_q(
// CHECK: agon.random normal key %{{.*}} stream [[NOISE:[0-9]+]]
// CHECK: agon.random normal key %{{.*}} stream [[NOISE]] : tensor<f64>
// CHECK-NOT: agon.random
// CHECK: return

// The step of w is -lr * (q - lr * p), of q lr * (p - lr * q): the gradient at the point ahead. Two steps each.
// DIFF-LABEL: func.func @turn_extragradient_p_q(
// DIFF-DAG: arith.constant dense<2> : tensor<i64>
// DIFF-NOT: agon.differentiate
// DIFF: return

agon.network @p "() -> []" {
  agon.storage @w : tensor<f64> {
    %w = arith.constant dense<1.0> : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @training () -> tensor<f64> {
    %w = agon.read @p::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @sampling () -> tensor<f64> {
    %w = agon.read @p::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
}
agon.network @q "() -> []" {
  agon.storage @w : tensor<f64> {
    %w = arith.constant dense<1.0> : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @training () -> tensor<f64> {
    %w = agon.read @q::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
  agon.forward @sampling () -> tensor<f64> {
    %w = agon.read @q::@w : tensor<f64>
    agon.yield %w : tensor<f64>
  }
}
agon.game @bilinear batch 1 play "{ extragradient { p & q } }" attributes {config = "{}"} {
  agon.variable @e : tensor<f64> {
    %e = agon.random normal : tensor<f64>
    agon.yield %e : tensor<f64>
  }
  agon.variable @v : tensor<f64> {
    %p = agon.apply @p() : () -> tensor<f64>
    %q = agon.apply @q() : () -> tensor<f64>
    %e = agon.use @e : tensor<f64>
    %pq = arith.mulf %p, %q : tensor<f64>
    %v = arith.addf %pq, %e : tensor<f64>
    agon.yield %v : tensor<f64>
  }
  agon.player @p owns [@p] objective {
    %v = agon.use @v : tensor<f64>
    agon.yield %v : tensor<f64>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<f64>
    %g = agon.cotangent 0 : tensor<f64>
    %w1 = arith.subf %w, %g : tensor<f64>
    agon.yield %w1 : tensor<f64>
  } attributes {hypers = [], parameters = [@p::@w], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.player @q maximizes owns [@q] objective {
    %v = agon.use @v : tensor<f64>
    agon.yield %v : tensor<f64>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<f64>
    %g = agon.cotangent 0 : tensor<f64>
    %w1 = arith.subf %w, %g : tensor<f64>
    agon.yield %w1 : tensor<f64>
  } attributes {hypers = [], parameters = [@q::@w], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.move @p.other of @p maximizes {
    %i = agon.iteration : tensor<f64>
    %v = agon.use @v : tensor<f64>
    %iv = arith.mulf %i, %v : tensor<f64>
    agon.yield %iv : tensor<f64>
  }
  agon.memory @way.last.p.w owner @p initial 1.0 : tensor<f64>
  agon.turn @turn_extragradient_p_q moves [@p, @q] rounds [2, 2] keeps [@way.last.p.w] {
  ^bb0(%p: tensor<f64>, %q: tensor<f64>, %last: tensor<f64>):
    %a = agon.loss @p at(%p, %q) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %b = agon.loss @q at(%p, %q) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %ga = agon.differentiate %a wrt(%p) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %gb = agon.differentiate %b wrt(%q) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %p1 = agon.advance @p round 0 from(%p) along(%ga) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %q1 = agon.advance @q round 0 from(%q) along(%gb) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %c = agon.loss @p.other at(%p1, %q1) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %d = agon.loss @q at(%p1, %q1) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %gc = agon.differentiate %c wrt(%p1) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %gd = agon.differentiate %d wrt(%q1) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %p2 = agon.advance @p round 1 from(%p) along(%gc) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %q2 = agon.advance @q round 1 from(%q) along(%gd) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    agon.yield %p2, %q2, %gc : tensor<f64>, tensor<f64>, tensor<f64>
  }
  agon.schedule [@turn_extragradient_p_q] every [3]
}
