// RUN: agon-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{expected agon.forward @training and @sampling, got no @sampling}}
agon.network @D "" {
  agon.forward @training () -> () {
    agon.yield
  }
}

// -----
// expected-error @below {{expected agon.storage and agon.forward only}}
agon.network @D "" {
  // expected-note @below {{got this operation}}
  %0 = arith.constant 0 : i32
}

// -----
agon.network @D "" {
  // expected-note @below {{@training is here}}
  agon.forward @training () -> () {
    agon.yield
  }
  // expected-error @below {{expected the type of @training, '() -> ()', got '(tensor<2xf32>) -> ()'}}
  agon.forward @sampling (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
}

// -----
agon.network @D "" {
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
  // expected-note @below {{@training.shared.x is here}}
  agon.forward @training.shared.x (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
  agon.forward @sampling.shared.x (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
  // expected-error @below {{expected inputs of its own, got those of @training.shared.x, '(tensor<2xf32>) -> ()'}}
  agon.forward @training.shared.y (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
}

// -----
// expected-error @below {{expected agon.forward @training and @sampling, got no @sampling.shared.x}}
agon.network @D "" {
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
  agon.forward @training.shared.x (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
}

// -----
// expected-error @below {{expected agon.forward @training and @sampling, got neither}}
agon.network @D "" {
}

// -----
agon.network @D "" {
  // expected-error @below {{expected the name @training or @sampling, got @trainings}}
  agon.forward @trainings () -> () {
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-error @below {{expected the name @training or @sampling, got @other}}
  agon.forward @other () -> () {
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-error @below {{expected block arguments ('tensor<2xf32>'), got ()}}
  agon.forward @training (tensor<2xf32>) -> () {
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-error @below {{expected the body to yield ('tensor<2xf32>'), got ()}}
  agon.forward @training () -> (tensor<2xf32>) {
    // expected-note @below {{yielded here}}
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-error @below {{expected the initial value to yield ('tensor<2xf32>'), got ('tensor<3xf32>')}}
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<3xf32>
    // expected-note @below {{yielded here}}
    agon.yield %0 : tensor<3xf32>
  }
}

// -----
func.func @read_nothing() {
  // expected-error @below {{expected an agon.storage, got @D::@w}}
  %0 = agon.read @D::@w : tensor<2xf32>
  return
}

// -----
agon.network @D "" {
  agon.storage @w : tensor<2xf32> {
    // expected-error @below {{expected an agon.data, got @x}}
    %0 = agon.data_mean @x : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-note @below {{the storage is declared here}}
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    // expected-error @below {{expected a value of type 'tensor<2xf32>', got 'tensor<3xf32>'}}
    %0 = agon.read @D::@w : tensor<3xf32>
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-note @below {{the parameter is declared here}}
  agon.storage @w : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    // expected-error @below {{expected a state, got the parameter @D::@w}}
    agon.write @D::@w, %x : tensor<2xf32>
    agon.yield
  }
  agon.forward @sampling (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
}

// -----
agon.network @D "" {
  agon.storage state @s : tensor<2xf32> {
    %0 = agon.random normal : tensor<2xf32>
    agon.yield %0 : tensor<2xf32>
  }
  agon.forward @training (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
  agon.forward @sampling (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    // expected-error @below {{expected to be in @training: sampling leaves states as they are}}
    agon.write @D::@s, %x : tensor<2xf32>
    agon.yield
  }
}

// -----
agon.network @D "" {
  // expected-note @below {{the state is declared here}}
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
agon.network @G "" {
  agon.forward @training (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    // expected-error @below {{expected a state of the network that writes it}}
    agon.write @D::@s, %x : tensor<2xf32>
    agon.yield
  }
  agon.forward @sampling (tensor<2xf32>) -> () {
  ^bb0(%x: tensor<2xf32>):
    agon.yield
  }
}

// -----
// expected-note @below {{the network is declared here}}
agon.network @D "(x: [2]) -> [2]" {
  agon.forward @training (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%x: tensor<8x2xf32>):
    agon.yield %x : tensor<8x2xf32>
  }
  agon.forward @sampling (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%x: tensor<8x2xf32>):
    agon.yield %x : tensor<8x2xf32>
  }
}
func.func @apply(%x: tensor<8x3xf32>) {
  // expected-error @below {{expected the network's type '(tensor<8x2xf32>) -> tensor<8x2xf32>', got '(tensor<8x3xf32>) -> tensor<8x2xf32>'}}
  %0 = agon.apply @D(%x) : (tensor<8x3xf32>) -> tensor<8x2xf32>
  return
}

// -----
func.func @apply_nothing(%x: tensor<8x3xf32>) {
  // expected-error @below {{expected an agon.network, got @D}}
  %0 = agon.apply @D(%x) : (tensor<8x3xf32>) -> tensor<8x2xf32>
  return
}
