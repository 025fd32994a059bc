// RUN: agon-opt %s -verify-diagnostics -split-input-file

func.func @unfold_axis(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected window axes in [0, 2), got 2}}
  %0 = agon.unfold %a dims [2] sizes [3] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_twice(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected each window axis once, got 1 twice}}
  %0 = agon.unfold %a dims [1, 1] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_sizes(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected 1 sizes, one a dim, got 2}}
  %0 = agon.unfold %a dims [1] sizes [3, 3] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_strides(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected 1 strides, one a dim, got 0}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_dilations(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected 1 dilations, one a dim, got 2}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [2] dilations [1, 1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_size(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected sizes of at least 1, got 0}}
  %0 = agon.unfold %a dims [1] sizes [0] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_stride(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected strides of at least 1, got -1}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [-1] dilations [1] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_dilation(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected dilations of at least 1, got 0}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [2] dilations [0] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_extent(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected windows within axis 1 of size 9, got an extent of 11}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [2] dilations [5] : tensor<8x9xf32> -> tensor<8x4x3xf32>
  return
}

// -----
func.func @unfold_result(%a: tensor<8x9xf32>) {
  // expected-error @below {{expected windows of type 'tensor<8x4x3xf32>', got 'tensor<8x5x3xf32>'}}
  %0 = agon.unfold %a dims [1] sizes [3] strides [2] dilations [1] : tensor<8x9xf32> -> tensor<8x5x3xf32>
  return
}

// -----
func.func @fold_axis(%a: tensor<8x4x3xf32>) {
  // expected-error @below {{expected window axes in [0, 2), got -1}}
  %0 = agon.fold %a dims [-1] sizes [3] strides [2] dilations [1] : tensor<8x4x3xf32> -> tensor<8x9xf32>
  return
}

// -----
func.func @fold_extent(%a: tensor<8x4x3xf32>) {
  // expected-error @below {{expected windows within axis 1 of size 2, got an extent of 3}}
  %0 = agon.fold %a dims [1] sizes [3] strides [2] dilations [1] : tensor<8x4x3xf32> -> tensor<8x2xf32>
  return
}

// -----
func.func @fold_input(%a: tensor<8x4x2xf32>) {
  // expected-error @below {{expected windows of type 'tensor<8x4x3xf32>', got 'tensor<8x4x2xf32>'}}
  %0 = agon.fold %a dims [1] sizes [3] strides [2] dilations [1] : tensor<8x4x2xf32> -> tensor<8x9xf32>
  return
}

// -----
func.func @fold_elements(%a: tensor<8x4x3xf64>) {
  // expected-error @below {{expected windows of type 'tensor<8x4x3xf32>', got 'tensor<8x4x3xf64>'}}
  %0 = agon.fold %a dims [1] sizes [3] strides [2] dilations [1] : tensor<8x4x3xf64> -> tensor<8x9xf32>
  return
}

// -----
func.func @gather_elements(%a: tensor<10x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected result elements of type 'f32', got 'f64'}}
  %0 = agon.gather %a, %l batch 0 : (tensor<10x4xf32>, tensor<3xi32>) -> tensor<3x4xf64>
  return
}

// -----
func.func @gather_batch(%a: tensor<10x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected batch in [0, 1] for 'tensor<10x4xf32>' and 'tensor<3xi32>', got 2}}
  %0 = agon.gather %a, %l batch 2 : (tensor<10x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  return
}

// -----
func.func @gather_negative(%a: tensor<10x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected batch in [0, 1] for 'tensor<10x4xf32>' and 'tensor<3xi32>', got -1}}
  %0 = agon.gather %a, %l batch -1 : (tensor<10x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  return
}

// -----
func.func @gather_pairs(%a: tensor<10x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected the first 1 axes of 'tensor<10x4xf32>' and 'tensor<3xi32>' to be equal, got [10] and [3]}}
  %0 = agon.gather %a, %l batch 1 : (tensor<10x4xf32>, tensor<3xi32>) -> tensor<3xf32>
  return
}

// -----
func.func @gather_result(%a: tensor<10x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected result of type 'tensor<3x4xf32>', got 'tensor<4x3xf32>'}}
  %0 = agon.gather %a, %l batch 0 : (tensor<10x4xf32>, tensor<3xi32>) -> tensor<4x3xf32>
  return
}

// -----
func.func @gather_scalar(%a: tensor<f32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected batch in [0, -1] for 'tensor<f32>' and 'tensor<3xi32>', got 0}}
  %0 = agon.gather %a, %l batch 0 : (tensor<f32>, tensor<3xi32>) -> tensor<3xf32>
  return
}

// -----
func.func @scatter_scalar(%a: tensor<3xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected a result of at least one axis, got 'tensor<f32>'}}
  %0 = agon.scatter_add %a, %l batch 0 : (tensor<3xf32>, tensor<3xi32>) -> tensor<f32>
  return
}

// -----
func.func @scatter_elements(%a: tensor<3x4xf64>, %l: tensor<3xi32>) {
  // expected-error @below {{expected result elements of type 'f64', got 'f32'}}
  %0 = agon.scatter_add %a, %l batch 0 : (tensor<3x4xf64>, tensor<3xi32>) -> tensor<10x4xf32>
  return
}

// -----
func.func @scatter_batch(%a: tensor<3x4xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected batch in [0, 1] for 'tensor<10x4xf32>' and 'tensor<3xi32>', got 2}}
  %0 = agon.scatter_add %a, %l batch 2 : (tensor<3x4xf32>, tensor<3xi32>) -> tensor<10x4xf32>
  return
}

// -----
func.func @scatter_pairs(%a: tensor<3xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected the first 1 axes of 'tensor<4x10xf32>' and 'tensor<3xi32>' to be equal, got [4] and [3]}}
  %0 = agon.scatter_add %a, %l batch 1 : (tensor<3xf32>, tensor<3xi32>) -> tensor<4x10xf32>
  return
}

// -----
func.func @scatter_input(%a: tensor<3x5xf32>, %l: tensor<3xi32>) {
  // expected-error @below {{expected input of type 'tensor<3x4xf32>', got 'tensor<3x5xf32>'}}
  %0 = agon.scatter_add %a, %l batch 0 : (tensor<3x5xf32>, tensor<3xi32>) -> tensor<10x4xf32>
  return
}

// -----
func.func @cumsum_axis(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected summed axes in [0, 2), got 2}}
  %0 = agon.cumsum %x dim 2 : tensor<4x5xf32>
  return
}

// -----
func.func @reverse_axis(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected reversed axes in [0, 2), got -1}}
  %0 = agon.reverse %x dims [-1] : tensor<4x5xf32>
  return
}

// -----
func.func @reverse_twice(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected each reversed axis once, got 1 twice}}
  %0 = agon.reverse %x dims [1, 1] : tensor<4x5xf32>
  return
}

// -----
func.func @mode_product_columns(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected a matrix of 5 columns for axis 1, got 2}}
  %0 = agon.mode_product %x dims [1] matrices [dense<1.0> : tensor<3x2xf64>] : tensor<4x5xf32> -> tensor<4x3xf32>
  return
}

// -----
func.func @mode_product_count(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected 1 dims, one a matrix, got 2}}
  %0 = agon.mode_product %x dims [0, 1] matrices [dense<1.0> : tensor<3x4xf64>] : tensor<4x5xf32> -> tensor<3x5xf32>
  return
}

// -----
func.func @mode_product_result(%x: tensor<4x5xf32>) {
  // expected-error @below {{expected result of type 'tensor<4x3xf32>', got 'tensor<4x5xf32>'}}
  %0 = agon.mode_product %x dims [1] matrices [dense<1.0> : tensor<3x5xf64>] : tensor<4x5xf32> -> tensor<4x5xf32>
  return
}

// -----
func.func @mode_product_element(%x: tensor<4x5xf32>) {
  // expected-error @below {{matrices of f64}}
  %0 = agon.mode_product %x dims [1] matrices [dense<1.0> : tensor<3x5xf32>] : tensor<4x5xf32> -> tensor<4x3xf32>
  return
}
