// RUN: agon-opt %s -verify-diagnostics -split-input-file

agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.network, got @F}}
  agon.load "F" from "/f" as "F"
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
  // expected-note @below {{the first is here}}
  agon.load "F" from "/f" as "F"
  // expected-error @below {{expected one file for @F, got a second}}
  agon.load "F" frozen from "/g" as "F"
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
  // expected-note @below {{owned by @D here}}
  agon.player @D owns [@F] objective {
    %v = arith.constant dense<0.0> : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slots = [], slot_parameters = array<i64>, slot_types = [],
                slot_initials = array<f64>}
  // expected-error @below {{expected a frozen network without an owner, got @F}}
  agon.load "F" frozen from "/f" as "F"
}

// -----
agon.program "g" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a network, got "F"}}
  agon.load "F" from "/f" as "F"
}
