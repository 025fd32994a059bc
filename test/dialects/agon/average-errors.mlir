// RUN: agon-opt %s -verify-diagnostics -split-input-file
// Averages, in the game and in the table.

agon.network @F "" {
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an average to own nothing and to have no objective}}
  agon.player @average.F follows @F owns [@F] with "ema()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.network, got @F}}
  agon.player @average.F follows @F owns [] with "ema()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
}

// -----
agon.network @F "" {
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.metric @m {
    // expected-error @below {{expected an average of @F, got @average.F}}
    agon.apply @F() average @average.F : () -> ()
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  }
}

// -----
agon.program "g" batch 8 schedule [] attributes {config = ""} {
  agon.cell step @step.average.F : tensor<i64>
  // expected-error @below {{expected a network, got "F"}}
  agon.average "F" of "F" step @step.average.F with "ema()"
}
