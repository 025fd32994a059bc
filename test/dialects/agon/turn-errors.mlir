// RUN: agon-opt %s -verify-diagnostics -split-input-file

func.func @types(%loss: tensor<f32>, %w: tensor<2x1xf32>) {
  // expected-error @below {{results have the types of the values differentiated with respect to}}
  %g = agon.differentiate %loss wrt(%w) : (tensor<f32>, tensor<2x1xf32>) -> tensor<1xf32>
  return
}

// -----
func.func @not_a_number(%loss: tensor<4xf32>, %w: tensor<2x1xf32>) {
  // expected-error @below {{operand #0 must be 0D tensor of floating-point values, but got 'tensor<4xf32>'}}
  %g = agon.differentiate %loss wrt(%w) : (tensor<4xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}
