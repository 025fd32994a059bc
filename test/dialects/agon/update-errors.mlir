// RUN: agon-opt %s -verify-diagnostics -split-input-file

agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
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
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    // expected-error @below {{expected a parameter in [0, 1), got 1}}
    %w = agon.weight 1 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  // expected-note @below {{the parameter is declared here}}
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
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
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    // expected-error @below {{expected the type of parameter 0, 'tensor<2xf32>', got 'tensor<3xf32>'}}
    %g = agon.cotangent 0 : tensor<3xf32>
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
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
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    // expected-error @below {{expected a slot in [0, 0), got 0}}
    %m = agon.slot 0 : tensor<2xf32>
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
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
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    // expected-error @below {{expected the type of slot 0, 'tensor<2xf32>', got 'tensor<3xf32>'}}
    %m = agon.slot 0 : tensor<3xf32>
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w, %w : tensor<2xf32>, tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = ["m"], slot_parameters = array<i64: 0>, slot_types = [tensor<2xf32>], slot_initials = array<f64: 0.0>}
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-note @below {{the player has}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %t = agon.step : tensor<f64>
    // expected-error @below {{expected a hyperparameter of the player, got "D.lr"}}
    %lr = agon.hyper "D.lr", %t : tensor<f64>
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
func.func @step_outside() {
  // expected-error @below {{expected to be in the update of an agon.player}}
  %t = agon.step : tensor<f64>
  return
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
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
    // expected-error @below {{expected to be in the update of an agon.player}}
    %t = agon.step : tensor<f64>
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-note @below {{owned by @D here}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
  // expected-error @below {{expected a network without an owner, got @D}}
  agon.player @E owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    agon.yield
  } attributes {hypers = [], parameters = [], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}
