// RUN: agon-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{expected a positive batch, got 0}}
agon.game @g batch 0 play "" attributes {config = ""} {
}

// -----
// expected-error @below {{expected declarations of a game only}}
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-note @below {{got this operation}}
  %0 = arith.constant 0 : i32
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-note @below {{the first is here}}
  agon.schedule []
  // expected-error @below {{expected one schedule a game}}
  agon.schedule []
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected a leading batch axis of size 8, got 'tensor<4x2xf32>'}}
  agon.data @x : tensor<4x2xf32>
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected low < high, got [1.0}}
  agon.data @x in [1.0, 0.0] : tensor<8x2xf32>
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected a range [low, high], got 1 numbers}}
  agon.data @x in [1.0] : tensor<8x2xf32>
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected i32 labels with classes, got 'tensor<8xf32>'}}
  agon.data @x classes 10 : tensor<8xf32>
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected real numbers without classes, got 'tensor<8xi32>'}}
  agon.data @x : tensor<8xi32>
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.data, got @x}}
  agon.group [@x] {
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected at least one field}}
  agon.group [] {
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.data @x : tensor<8x2xf32>
  // expected-error @below {{expected each once, got @x twice}}
  agon.group [@x, @x] {
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.data @x : tensor<8x2xf32>
  // expected-error @below {{expected the source to yield ('tensor<8x2xf32>'), got ('tensor<8x3xf32>')}}
  agon.group [@x] source "s" {
    %0 = agon.random normal : tensor<8x3xf32>
    // expected-note @below {{yielded here}}
    agon.yield %0 : tensor<8x3xf32>
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected the variable to yield ('tensor<8xf32>'), got ()}}
  agon.variable @z : tensor<8xf32> {
    // expected-note @below {{yielded here}}
    agon.yield
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected the metric to yield one real number, got ('tensor<8xf32>')}}
  agon.metric @m {
    %0 = agon.random normal : tensor<8xf32>
    // expected-note @below {{yielded here}}
    agon.yield %0 : tensor<8xf32>
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.variable @z : tensor<8xf32> {
    // expected-error @below {{expected an agon.data or agon.variable of the game, got @y}}
    %0 = agon.use @y : tensor<8xf32>
    agon.yield %0 : tensor<8xf32>
  }
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-note @below {{declared here}}
  agon.data @x : tensor<8x2xf32>
  agon.variable @z : tensor<8xf32> {
    // expected-error @below {{expected the declared type 'tensor<8x2xf32>', got 'tensor<8xf32>'}}
    %0 = agon.use @x : tensor<8xf32>
    agon.yield %0 : tensor<8xf32>
  }
}

// -----
func.func @use_outside() {
  // expected-error @below {{expected an agon.data or agon.variable of the game, got @x}}
  %0 = agon.use @x : tensor<8xf32>
  return
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected at least one player}}
  agon.turn @t moves []
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.player, got @D}}
  agon.turn @t moves [@D]
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.turn, got @t}}
  agon.schedule [@t]
}

// -----
agon.game @g batch 8 play "" attributes {config = ""} {
  // expected-error @below {{expected an agon.network, got @G}}
  agon.generator @G inputs [] result 0
}

// -----
agon.network @G "" {
  agon.forward @training (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%z: tensor<8x2xf32>):
    agon.yield %z : tensor<8x2xf32>
  }
  agon.forward @sampling (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%z: tensor<8x2xf32>):
    agon.yield %z : tensor<8x2xf32>
  }
}
agon.game @g batch 8 play "" attributes {config = ""} {
  agon.data @x : tensor<8x3xf32>
  // expected-error @below {{expected inputs that the network takes, got ('tensor<8x3xf32>')}}
  agon.generator @G inputs [@x] result 0
}
