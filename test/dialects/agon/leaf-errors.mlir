// RUN: agon-opt %s -verify-diagnostics -split-input-file

func.func @one_hot(%labels: tensor<64xi32>) {
  // expected-error @below {{expected a result of the labels' shape and one more axis, got 'tensor<64xi32>' and 'tensor<10x64xf32>'}}
  %0 = agon.one_hot %labels : tensor<64xi32> -> tensor<10x64xf32>
  return
}

// -----
func.func @iota() {
  // expected-error @below {{expected counted axes in [0, 2), got 2}}
  %0 = agon.iota dim 2 : tensor<64x10xf32>
  return
}

// -----
func.func @iota_of_bits() {
  // expected-error @below {{expected numbers, got 'tensor<64x10xi1>'}}
  %0 = agon.iota dim 1 : tensor<64x10xi1>
  return
}

// -----
func.func @categorical_without_classes() {
  // expected-error @below {{expected classes with categorical}}
  %0 = agon.random categorical : tensor<4xi32>
  return
}

// -----
func.func @categorical_elements() {
  // expected-error @below {{expected i32 elements with categorical, got 'f32'}}
  %0 = agon.random categorical classes 3 : tensor<4xf32>
  return
}

// -----
func.func @categorical_of_none() {
  // expected-error @below {{expected at least one class, got 0}}
  %0 = agon.random categorical classes 0 : tensor<4xi32>
  return
}

// -----
func.func @normal_with_classes() {
  // expected-error @below {{expected classes with categorical only, got normal}}
  %0 = agon.random normal classes 3 : tensor<4xf32>
  return
}

// -----
func.func @normal_elements() {
  // expected-error @below {{expected floating-point elements with normal, got 'i32'}}
  %0 = agon.random normal : tensor<4xi32>
  return
}

// -----
func.func @key_without_stream(%key: tensor<2xi64>) {
  // expected-error @below {{expected key and stream together}}
  %0 = "agon.random"(%key) {kind = 0 : i32} : (tensor<2xi64>) -> tensor<4xf32>
  return
}

// -----
func.func @key_type(%key: tensor<3xi64>) {
  // expected-error @below {{expected a key of type tensor<2xi64>, got 'tensor<3xi64>'}}
  %0 = agon.random normal key %key stream 0 : tensor<4xf32> keyed by tensor<3xi64>
  return
}

// -----
func.func @gradient_type(%y: tensor<4xf32>, %x: tensor<4xi32>) {
  // expected-error @below {{'agon.gradient' op operand #1 must be statically shaped tensor of floating-point values, but got 'tensor<4xi32>'}}
  %0 = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xi32>
  return
}

// -----
func.func @dynamic(%x: tensor<?xf32>) {
  // expected-error @below {{'agon.sigmoid' op operand #0 must be statically shaped tensor}}
  %0 = agon.sigmoid %x : tensor<?xf32>
  return
}
