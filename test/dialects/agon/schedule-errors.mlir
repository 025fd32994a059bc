// RUN: agon-opt %s -verify-diagnostics -split-input-file
// Memories, moves and rounds of a game, and the turns of its schedule.

agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.player, got @P}}
  agon.memory @m owner @P initial 0.0 : tensor<2xf32>
}

// -----

agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.player, got @P}}
  agon.move @P.a of @P {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
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
  // expected-error @below {{expected the objective to yield one real number}}
  agon.move @D.a of @D {
    %v = arith.constant dense<0.0> : tensor<2xf32>
    // expected-note @below {{yielded here}}
    agon.yield %v : tensor<2xf32>
  }
}

// -----

agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{the rounds}}
  agon.rounds @r {
    %v = arith.constant dense<0.0> : tensor<f32>
    // expected-note @below {{yielded here}}
    agon.yield %v : tensor<f32>
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
  agon.turn @t moves [@D]
  // expected-error @below {{expected a period of 1 or more for each turn}}
  agon.schedule [@t] every [0]
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
  agon.turn @t moves [@D]
  // expected-error @below {{expected a period of 1 or more for each turn}}
  agon.schedule [@t] every [1, 2]
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
  agon.rounds @r {
    %v = arith.constant dense<0.0> : tensor<f64>
    agon.yield %v : tensor<f64>
  }
  agon.turn @t moves [@D]
  // expected-error @below {{expected turns of the schedule in #agon.repeat<first = 0, length = 2, rounds = @r>}}
  agon.schedule [@t] repeats [#agon.repeat<first = 0, length = 2, rounds = @r>]
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
  agon.turn @t moves [@D]
  // expected-error @below {{expected an agon.rounds, got @r}}
  agon.schedule [@t] repeats [#agon.repeat<first = 0, length = 1, rounds = @r>]
}
