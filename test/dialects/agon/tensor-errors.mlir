// RUN: agon-opt %s -verify-diagnostics -split-input-file

func.func @contract_unpaired(%a: tensor<4x5xf32>, %b: tensor<5x6xf32>) {
  // expected-error @below {{expected reduced axes in pairs, got 2 and 1}}
  %0 = agon.contract %a, %b reduce [0, 1] x [0] : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<6xf32>
  return
}

// -----
func.func @contract_batch_unpaired(%a: tensor<4x5xf32>, %b: tensor<5x6xf32>) {
  // expected-error @below {{expected batch axes in pairs, got 1 and 2}}
  %0 = agon.contract %a, %b batch [0] x [0, 1] reduce [] x [] : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<6xf32>
  return
}

// -----
func.func @contract_outside(%a: tensor<4x5xf32>, %b: tensor<5x6xf32>) {
  // expected-error @below {{expected left axes in [0, 2), got 2}}
  %0 = agon.contract %a, %b reduce [2] x [0] : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<4x6xf32>
  return
}

// -----
func.func @contract_twice(%a: tensor<4x5xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{expected each left axis once, got 0 twice}}
  %0 = agon.contract %a, %b batch [0] x [0] reduce [0] x [1] : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  return
}

// -----
func.func @contract_sizes(%a: tensor<4x5xf32>, %b: tensor<7x6xf32>) {
  // expected-error @below {{expected paired axes of equal size, got 5 (left axis 1) and 7 (right axis 0)}}
  %0 = agon.contract %a, %b reduce [1] x [0] : (tensor<4x5xf32>, tensor<7x6xf32>) -> tensor<4x6xf32>
  return
}

// -----
func.func @contract_elements(%a: tensor<4x5xf32>, %b: tensor<5x6xf64>) {
  // expected-error @below {{expected operands of one element type, got 'f32' and 'f64'}}
  %0 = agon.contract %a, %b reduce [1] x [0] : (tensor<4x5xf32>, tensor<5x6xf64>) -> tensor<4x6xf32>
  return
}

// -----
func.func @contract_result(%a: tensor<4x5xf32>, %b: tensor<5x6xf32>) {
  // expected-error @below {{expected result of type 'tensor<4x6xf32>', got 'tensor<6x4xf32>'}}
  %0 = agon.contract %a, %b reduce [1] x [0] : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<6x4xf32>
  return
}

// -----
func.func @reduce_axis(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected reduced axes in [0, 2), got -1}}
  %0 = agon.reduce sum %x dims [-1] : tensor<4x5xf32> -> tensor<4xf32>
  return
}

// -----
func.func @reduce_result(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected result of type 'tensor<4xf32>', got 'tensor<5xf32>'}}
  %0 = agon.reduce sum %x dims [1] : tensor<4x5xf32> -> tensor<5xf32>
  return
}

// -----
func.func @reduce_nothing(%x: tensor<4x0xf32>) {
  // expected-error @below {{expected a nonempty axis 1 under max}}
  %0 = agon.reduce max %x dims [1] : tensor<4x0xf32> -> tensor<4xf32>
  return
}

// -----
func.func @broadcast_size(%x: tensor<4xf32>) {
  // expected-error @below {{expected result axis 1 of size 4 as input axis 0, got 5}}
  %0 = agon.broadcast %x dims [1] : tensor<4xf32> -> tensor<4x5xf32>
  return
}

// -----
func.func @broadcast_count(%x: tensor<4xf32>) {
  // expected-error @below {{expected 1 dims, one an axis, got 2}}
  %0 = agon.broadcast %x dims [0, 1] : tensor<4xf32> -> tensor<4x5xf32>
  return
}

// -----
func.func @broadcast_order(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected increasing dims, got 1 before 0}}
  %0 = agon.broadcast %x dims [1, 0] : tensor<4x5xf32> -> tensor<5x4xf32>
  return
}

// -----
func.func @broadcast_elements(%x: tensor<4xf32>) {
  // expected-error @below {{expected result elements of type 'f32', got 'f64'}}
  %0 = agon.broadcast %x dims [0] : tensor<4xf32> -> tensor<4x5xf64>
  return
}

// -----
func.func @reshape(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected 20 elements as in 'tensor<4x5xf32>', got 21}}
  %0 = agon.reshape %x : tensor<4x5xf32> -> tensor<3x7xf32>
  return
}

// -----
func.func @transpose(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected each permutation axis once, got 1 twice}}
  %0 = agon.transpose %x permutation [1, 1] : tensor<4x5xf32> -> tensor<5x5xf32>
  return
}

// -----
func.func @transpose_result(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected result of type 'tensor<5x4xf32>', got 'tensor<4x5xf32>'}}
  %0 = agon.transpose %x permutation [1, 0] : tensor<4x5xf32> -> tensor<4x5xf32>
  return
}

// -----
func.func @slice_end(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected the box within axis 1 of size 5, got its end at 6}}
  %0 = agon.slice %x starts [0, 1] strides [1, 2] : tensor<4x5xf32> -> tensor<4x3xf32>
  return
}

// -----
func.func @slice_stride(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected a positive stride on axis 0, got 0}}
  %0 = agon.slice %x starts [0, 1] strides [0, 1] : tensor<4x5xf32> -> tensor<4x3xf32>
  return
}

// -----
func.func @slice_start(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected a nonnegative start on axis 1, got -1}}
  %0 = agon.slice %x starts [0, -1] strides [1, 1] : tensor<4x5xf32> -> tensor<4x3xf32>
  return
}

// -----
func.func @slice_rank(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected input and result of equal rank, got 2 and 1}}
  %0 = agon.slice %x starts [0, 0] strides [1, 1] : tensor<4x5xf32> -> tensor<4xf32>
  return
}

// -----
func.func @pad_end(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected the box within axis 1 of size 9, got its end at 10}}
  %0 = agon.pad %x starts [0, 1] strides [1, 2] : tensor<4x5xf32> -> tensor<4x9xf32>
  return
}

// -----
func.func @pad_starts(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected 2 starts, one an axis, got 1}}
  %0 = agon.pad %x starts [0] strides [1, 2] : tensor<4x5xf32> -> tensor<4x9xf32>
  return
}

// -----
func.func @concat_none() {
  // expected-error @below {{expected at least one input}}
  %0 = agon.concat dim 0 : () -> tensor<4xf32>
  return
}

// -----
func.func @concat_unlike(%a: tensor<4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{expected inputs alike but for axis 1, got 'tensor<4x5xf32>' and, as input 1, 'tensor<3x5xf32>'}}
  %0 = agon.concat %a, %b dim 1 : (tensor<4x5xf32>, tensor<3x5xf32>) -> tensor<4x10xf32>
  return
}

// -----
func.func @concat_result(%a: tensor<4x5xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{expected result of type 'tensor<7x5xf32>', got 'tensor<4x10xf32>'}}
  %0 = agon.concat %a, %b dim 0 : (tensor<4x5xf32>, tensor<3x5xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @expectation_of_some_axes(%x: tensor<4x2xf32>) -> tensor<2xf32> {
  // expected-error @below {{expected an expectation over all axes, got 1 of 2}}
  %0 = agon.reduce sum %x dims [0] expectation : tensor<4x2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
