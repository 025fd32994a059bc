// RUN: agon-opt %s -verify-diagnostics -split-input-file

func.func @conv_elements(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf64>) {
  // expected-error @below {{expected input, filter and output of one element type, got 'f32', 'f64' and 'f32'}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf64>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_rank(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3xf32>) {
  // expected-error @below {{expected input, filter and output of equal rank, at least 3, got 4, 3 and 4}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_no_space(%a: tensor<2x4xf32>, %b: tensor<6x4xf32>) {
  // expected-error @below {{expected input, filter and output of equal rank, at least 3, got 2, 2 and 2}}
  %0 = agon.conv %a, %b strides [] low [] high [] dilations [] groups 1
    : (tensor<2x4xf32>, tensor<6x4xf32>) -> tensor<2x6xf32>
  return
}

// -----
func.func @conv_strides(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 2 strides, one a spatial axis, got 1}}
  %0 = agon.conv %a, %b strides [2] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_low(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 2 low paddings, one a spatial axis, got 3}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_high(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 2 high paddings, one a spatial axis, got 0}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_dilations(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 2 dilations, one a spatial axis, got 1}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_stride_zero(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected strides of at least 1, got 0}}
  %0 = agon.conv %a, %b strides [2, 0] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_low_negative(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected low paddings of at least 0, got -1}}
  %0 = agon.conv %a, %b strides [2, 1] low [-1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_high_negative(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected high paddings of at least 0, got -2}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, -2] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_dilation_zero(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected dilations of at least 1, got 0}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [0, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_groups(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected groups of at least 1, got 0}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 0
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_channels(%a: tensor<2x3x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected input channels divisible by 2 groups, got 3}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x3x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_features(%a: tensor<2x4x9x7xf32>, %b: tensor<5x2x3x2xf32>) {
  // expected-error @below {{expected filters divisible by 2 groups, got 5}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<5x2x3x2xf32>) -> tensor<2x5x5x6xf32>
  return
}

// -----
func.func @conv_filter_channels(%a: tensor<2x4x9x7xf32>, %b: tensor<6x4x3x2xf32>) {
  // expected-error @below {{expected filters of 2 channels (4 of the input in 2 groups), got 4}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x4x3x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_output_channels(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 6 output channels, one a filter, got 4}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x4x5x6xf32>
  return
}

// -----
func.func @conv_batch(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected input and output of one batch size, got 2 and 3}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<3x6x5x6xf32>
  return
}

// -----
func.func @conv_kernel(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x0xf32>) {
  // expected-error @below {{expected a nonempty kernel on spatial axis 1, got size 0}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x0xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_extent(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x13x2xf32>) {
  // expected-error @below {{expected the kernel within the padded input on spatial axis 0 of size 11, got an extent of 13}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x13x2xf32>) -> tensor<2x6x5x6xf32>
  return
}

// -----
func.func @conv_positions(%a: tensor<2x4x9x7xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 5 output positions on spatial axis 0, got 4}}
  %0 = agon.conv %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x4x6xf32>
  return
}

// -----
func.func @conv_input_gradient_positions(%a: tensor<2x6x5x5xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected 6 output positions on spatial axis 1, got 5}}
  %0 = agon.conv_input_gradient %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x6x5x5xf32>, tensor<6x2x3x2xf32>) -> tensor<2x4x9x7xf32>
  return
}

// -----
func.func @conv_input_gradient_channels(%a: tensor<2x6x5x6xf32>, %b: tensor<6x2x3x2xf32>) {
  // expected-error @below {{expected filters of 3 channels (6 of the input in 2 groups), got 2}}
  %0 = agon.conv_input_gradient %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x6x5x6xf32>, tensor<6x2x3x2xf32>) -> tensor<2x6x9x7xf32>
  return
}

// -----
func.func @conv_filter_gradient_positions(%a: tensor<2x4x9x7xf32>, %b: tensor<2x6x5x6xf32>) {
  // expected-error @below {{expected 4 output positions on spatial axis 0, got 5}}
  %0 = agon.conv_filter_gradient %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<2x6x5x6xf32>) -> tensor<6x2x4x2xf32>
  return
}

// -----
func.func @conv_filter_gradient_features(%a: tensor<2x4x9x7xf32>, %b: tensor<2x6x5x6xf32>) {
  // expected-error @below {{expected 8 output channels, one a filter, got 6}}
  %0 = agon.conv_filter_gradient %a, %b strides [2, 1] low [1, 0] high [1, 1] dilations [1, 2] groups 2
    : (tensor<2x4x9x7xf32>, tensor<2x6x5x6xf32>) -> tensor<8x2x3x2xf32>
  return
}
