// RUN: agon-opt %s --agon-to-linalg --split-input-file --verify-diagnostics

func.func @unkeyed() -> tensor<4xf32> {
  // expected-error @+1 {{expected a key, given when turns are formed}}
  %z = agon.random normal : tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

func.func @gradient(%y: tensor<4xf32>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected gradients to be expanded before agon-to-linalg}}
  %g = agon.gradient %y wrt %x : tensor<4xf32>, tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

func.func @scalar_condition(%c: i1, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected tensor operands, got 'i1'}}
  %r = arith.select %c, %x, %x : tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @window(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{expected agon-decompose before agon-to-linalg}}
  %r = agon.cumsum %x dim 0 : tensor<4xf32>
  return %r : tensor<4xf32>
}
