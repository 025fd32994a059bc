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
  // expected-error @below {{expected the objective to yield one real number, got ('tensor<8xf32>')}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<8xf32>
    // expected-note @below {{yielded here}}
    agon.yield %v : tensor<8xf32>
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
  // expected-error @below {{expected the update (new weights, then new slots) to yield ('tensor<2xf32>'), got ('tensor<2xf32>', 'tensor<2xf32>')}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    // expected-note @below {{yielded here}}
    agon.yield %w, %w : tensor<2xf32>, tensor<2xf32>
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
  // expected-error @below {{expected an agon.network, got @E}}
  agon.player @D owns [@E] objective {
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
  // expected-error @below {{expected an agon.storage, got @D::@v}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@v], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  // expected-note @below {{declared here}}
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
  // expected-error @below {{expected a parameter, got the state @D::@s}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@s], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
}

// -----
agon.network @D "" {
  // expected-note @below {{declared here}}
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
  // expected-error @below {{expected a parameter of a network that @D owns, got @D::@w}}
  agon.player @D owns [] objective {
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
  // expected-error @below {{expected 1 slot_types, one a slot, got 0}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = ["m"], slot_parameters = array<i64: 0>, slot_types = [], slot_initials = array<f64: 0.0>}
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
  // expected-error @below {{expected slot_parameters in [0, 1), got 1}}
  agon.player @D owns [@D] objective {
    %v = agon.random normal : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2xf32>
    agon.yield %w : tensor<2xf32>
  } attributes {hypers = [], parameters = [@D::@w], slots = ["m"], slot_parameters = array<i64: 1>, slot_types = [tensor<2xf32>], slot_initials = array<f64: 0.0>}
}
