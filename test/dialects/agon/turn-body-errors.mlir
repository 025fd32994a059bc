// RUN: agon-opt %s -verify-diagnostics -split-input-file
// The bodies of turns.

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected no `rounds` and no `keeps` without a body}}
  agon.turn @t moves [@D] rounds [1]
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected `rounds`, one a player, beside a body}}
  agon.turn @t moves [@D] {
  ^bb0(%w: tensor<2xf32>):
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected `rounds`, one a player, beside a body}}
  agon.turn @t moves [@D] rounds [1, 1] {
  ^bb0(%w: tensor<2xf32>):
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected an agon.memory, each once, got @m}}
  agon.turn @t moves [@D] rounds [1] keeps [@m] {
  ^bb0(%w: tensor<2xf32>):
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected a block with arguments ('tensor<2xf32>'), got ('tensor<3xf32>')}}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<3xf32>):
    agon.yield %w : tensor<3xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{the body (new parameters, then slots, then what it keeps)}}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-note @below {{yielded here}}
    agon.yield
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-error @below {{expected to be in the body of an agon.turn in which @P moves}}
    %l = agon.loss @P at(%w) : (tensor<2xf32>) -> tensor<f32>
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-error @below {{expected a value for each parameter of the turn's players, got ()}}
    %l = agon.loss @D at() : () -> tensor<f32>
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-error @below {{expected to be in the body of an agon.turn in which @P moves}}
    %n = agon.advance @P round 0 from(%w) along(%w) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-error @below {{expected a cotangent for each parameter of the player, got ()}}
    %n = agon.advance @D round 0 from(%w) along() : (tensor<2xf32>) -> tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
}

// -----

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %w = arith.constant dense<0.0> : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.player @D owns [@D] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  agon.turn @t moves [@D] rounds [1] {
  ^bb0(%w: tensor<2xf32>):
    // expected-error @below {{expected the player's parameters, then its slots, as operands and results}}
    %n:2 = agon.advance @D round 0 from(%w, %w) along(%w) : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
    agon.yield %w : tensor<2xf32>
  }
}
