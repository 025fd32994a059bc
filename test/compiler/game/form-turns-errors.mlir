// RUN: agon-opt %s -split-input-file -verify-diagnostics -agon-form-turns

// expected-error @+1 {{expected a game, got networks alone}}
module {}

// -----

// expected-note @+1 {{the first is here}}
agon.game @first batch 1 play "" attributes {config = "{}"} {
  agon.schedule []
}
// expected-error @+1 {{expected one game, got a second}}
agon.game @second batch 1 play "" attributes {config = "{}"} {
  agon.schedule []
}

// -----

// expected-error @+1 {{expected an order of play}}
agon.game @g batch 1 play "" attributes {config = "{}"} {
}

// -----

agon.network @step "() -> []" {
  // A parameter whose checkpoint entry would be the player's step.
  // expected-note @+1 {{it is taken here}}
  agon.storage @p : tensor<f32> {
    %w = arith.constant dense<1.0> : tensor<f32>
    agon.yield %w : tensor<f32>
  }
  agon.forward @training () -> tensor<f32> {
    %w = agon.read @step::@p : tensor<f32>
    agon.yield %w : tensor<f32>
  }
  agon.forward @sampling () -> tensor<f32> {
    %w = agon.read @step::@p : tensor<f32>
    agon.yield %w : tensor<f32>
  }
}
agon.game @g batch 1 play "{ p }" attributes {config = "{}"} {
  // expected-error @+1 {{expected a name of its own, got 'step.p' a second time}}
  agon.player @p owns [] objective {
    %s = arith.constant dense<1.0> : tensor<f32>
    agon.yield %s : tensor<f32>
  } with "sgd()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.turn @t moves [@p]
  agon.schedule [@t]
}

// -----

agon.game @g batch 1 play "{ p }" attributes {config = "{}"} {
  // expected-error @+1 {{is defined by itself}}
  agon.variable @a : tensor<f32> {
    %b = agon.use @b : tensor<f32>
    agon.yield %b : tensor<f32>
  }
  agon.variable @b : tensor<f32> {
    %a = agon.use @a : tensor<f32>
    agon.yield %a : tensor<f32>
  }
  agon.player @p owns [] objective {
    %a = agon.use @a : tensor<f32>
    agon.yield %a : tensor<f32>
  } with "sgd()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.turn @t moves [@p]
  agon.schedule [@t]
}

// -----

agon.network @n "() -> []" {
  agon.forward @training () -> tensor<f32> {
    // expected-error @+1 {{network n is applied within itself}}
    %y = agon.apply @n() : () -> tensor<f32>
    agon.yield %y : tensor<f32>
  }
  agon.forward @sampling () -> tensor<f32> {
    %y = agon.apply @n() : () -> tensor<f32>
    agon.yield %y : tensor<f32>
  }
}
agon.game @g batch 1 play "{ p }" attributes {config = "{}"} {
  agon.player @p owns [@n] objective {
    %y = agon.apply @n() : () -> tensor<f32>
    agon.yield %y : tensor<f32>
  } with "sgd()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.turn @t moves [@p]
  agon.schedule [@t]
}
