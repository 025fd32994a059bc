// Between convolutions activations stay as convolutions write and read them.
// RUN: agon-opt %s --agon-decompose --canonicalize --cse --agon-propagate-layouts --canonicalize --cse --split-input-file | FileCheck %s

// Normalised over samples and positions, scaled, rectified, twice as large: what
// is left of transpositions is on inputs, filters, and vectors spread over
// channels, which are views, and on the result.
// CHECK-LABEL: func @between_convolutions
// CHECK-SAME: (%{{.+}}: tensor<8x3x6x6xf32>, %{{.+}}: tensor<5x3x3x3xf32>, %[[GAMMA:.+]]: tensor<5xf32>, %{{.+}}: tensor<4x5x3x3xf32>)
func.func @between_convolutions(%x: tensor<8x3x6x6xf32>, %w: tensor<5x3x3x3xf32>, %gamma: tensor<5xf32>,
                                %v: tensor<4x5x3x3xf32>) -> tensor<8x4x8x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<8x5x4x4xf32>
  %slope = arith.constant dense<0.2> : tensor<8x5x4x4xf32>
  // CHECK: %[[Y:.+]] = agon.contract {{.*}} -> tensor<8x4x4x5xf32>
  // CHECK-NEXT: %[[SUM:.+]] = agon.reduce sum %[[Y]] dims [0, 1, 2] : tensor<8x4x4x5xf32> -> tensor<5xf32>
  // CHECK-NEXT: %[[SUMS:.+]] = agon.broadcast %[[SUM]]
  // CHECK-NEXT: %[[SUMS_LAST:.+]] = agon.transpose %[[SUMS]] permutation [0, 2, 3, 1]
  // CHECK-NEXT: %[[CENTRED:.+]] = arith.subf %[[Y]], %[[SUMS_LAST]] : tensor<8x4x4x5xf32>
  // CHECK-NEXT: %[[SCALES:.+]] = agon.broadcast %[[GAMMA]]
  // CHECK-NEXT: %[[SCALES_LAST:.+]] = agon.transpose %[[SCALES]] permutation [0, 2, 3, 1]
  // CHECK-NEXT: %[[SCALED:.+]] = arith.mulf %[[CENTRED]], %[[SCALES_LAST]] : tensor<8x4x4x5xf32>
  // CHECK-NEXT: %[[LOW:.+]] = arith.mulf %[[SCALED]], %{{.+}} : tensor<8x4x4x5xf32>
  // CHECK-NEXT: %[[ON:.+]] = arith.cmpf ogt, %[[SCALED]], %{{.+}} : tensor<8x4x4x5xf32>
  // CHECK-NEXT: %[[RECTIFIED:.+]] = arith.select %[[ON]], %[[SCALED]], %[[LOW]]
  // CHECK-NEXT: %[[WIDE:.+]] = agon.broadcast %[[RECTIFIED]] dims [0, 1, 3, 5] : tensor<8x4x4x5xf32> -> tensor<8x4x2x4x2x5xf32>
  // CHECK-NEXT: %[[UP:.+]] = agon.reshape %[[WIDE]] : tensor<8x4x2x4x2x5xf32> -> tensor<8x8x8x5xf32>
  // CHECK-NEXT: %[[PADDED:.+]] = agon.pad %[[UP]] starts [0, 1, 1, 0]
  // CHECK-NEXT: %[[WINDOWS:.+]] = agon.unfold %[[PADDED]] dims [1, 2]
  // CHECK: %[[Z:.+]] = agon.contract %[[WINDOWS]], %{{.+}} -> tensor<8x8x8x4xf32>
  // CHECK-NEXT: %[[RESULT:.+]] = agon.transpose %[[Z]] permutation [0, 3, 1, 2]
  // CHECK-NEXT: return %[[RESULT]]
  %y = agon.conv %x, %w strides [1, 1] low [0, 0] high [0, 0] dilations [1, 1] : (tensor<8x3x6x6xf32>, tensor<5x3x3x3xf32>) -> tensor<8x5x4x4xf32>
  %sum = agon.reduce sum %y dims [0, 2, 3] : tensor<8x5x4x4xf32> -> tensor<5xf32>
  %sums = agon.broadcast %sum dims [1] : tensor<5xf32> -> tensor<8x5x4x4xf32>
  %centred = arith.subf %y, %sums : tensor<8x5x4x4xf32>
  %scales = agon.broadcast %gamma dims [1] : tensor<5xf32> -> tensor<8x5x4x4xf32>
  %scaled = arith.mulf %centred, %scales : tensor<8x5x4x4xf32>
  %low = arith.mulf %scaled, %slope : tensor<8x5x4x4xf32>
  %on = arith.cmpf ogt, %scaled, %zero : tensor<8x5x4x4xf32>
  %rectified = arith.select %on, %scaled, %low : tensor<8x5x4x4xi1>, tensor<8x5x4x4xf32>
  %wide = agon.broadcast %rectified dims [0, 1, 2, 4] : tensor<8x5x4x4xf32> -> tensor<8x5x4x2x4x2xf32>
  %up = agon.reshape %wide : tensor<8x5x4x2x4x2xf32> -> tensor<8x5x8x8xf32>
  %z = agon.conv %up, %v strides [1, 1] low [1, 1] high [1, 1] dilations [1, 1] : (tensor<8x5x8x8xf32>, tensor<4x5x3x3xf32>) -> tensor<8x4x8x8xf32>
  return %z : tensor<8x4x8x8xf32>
}

// -----

// Before the first convolution: computed as it reads, from views of the inputs.
// CHECK-LABEL: func @wanted
// CHECK-SAME: (%[[X:.+]]: tensor<8x3x6xf32>, %[[U:.+]]: tensor<8x3x6xf32>, %{{.+}}: tensor<5x3x3xf32>)
func.func @wanted(%x: tensor<8x3x6xf32>, %u: tensor<8x3x6xf32>, %w: tensor<5x3x3xf32>) -> tensor<8x5x4xf32> {
  // CHECK-DAG: %[[XT:.+]] = agon.transpose %[[X]] permutation [0, 2, 1]
  // CHECK-DAG: %[[UT:.+]] = agon.transpose %[[U]] permutation [0, 2, 1]
  // CHECK: %[[A:.+]] = arith.subf %[[XT]], %[[UT]] : tensor<8x6x3xf32>
  // CHECK-NEXT: %[[H:.+]] = math.tanh %[[A]] : tensor<8x6x3xf32>
  // CHECK-NEXT: agon.unfold %[[H]]
  %a = arith.subf %x, %u : tensor<8x3x6xf32>
  %h = math.tanh %a : tensor<8x3x6xf32>
  %y = agon.conv %h, %w strides [1] low [0] high [0] dilations [1] : (tensor<8x3x6xf32>, tensor<5x3x3xf32>) -> tensor<8x5x4xf32>
  return %y : tensor<8x5x4xf32>
}

// -----

// What comes with the channels first is turned where it is mixed in, once; what
// the language wants to see is turned back at the end.
// CHECK-LABEL: func @mixed
// CHECK-SAME: (%{{.+}}: tensor<8x3x6xf32>, %{{.+}}: tensor<3x3x3xf32>, %[[SKIP:.+]]: tensor<8x3x4xf32>, %{{.+}}: tensor<5x3x3xf32>)
func.func @mixed(%x: tensor<8x3x6xf32>, %w: tensor<3x3x3xf32>, %skip: tensor<8x3x4xf32>, %v: tensor<5x3x3xf32>)
    -> (tensor<8x3x4xf32>, tensor<8x5x2xf32>) {
  // CHECK: %[[Y:.+]] = agon.contract {{.*}} -> tensor<8x4x3xf32>
  // CHECK: %[[TURNED:.+]] = agon.transpose %[[SKIP]] permutation [0, 2, 1]
  // CHECK: %[[SUM:.+]] = arith.addf %[[TURNED]], %[[Y]] : tensor<8x4x3xf32>
  // CHECK-DAG: %[[SHOWN:.+]] = agon.transpose %[[SUM]] permutation [0, 2, 1]
  // CHECK-DAG: agon.unfold %[[SUM]] dims [1]
  // CHECK: return %[[SHOWN]],
  %y = agon.conv %x, %w strides [1] low [0] high [0] dilations [1] : (tensor<8x3x6xf32>, tensor<3x3x3xf32>) -> tensor<8x3x4xf32>
  %sum = arith.addf %skip, %y : tensor<8x3x4xf32>
  %z = agon.conv %sum, %v strides [1] low [0] high [0] dilations [1] : (tensor<8x3x4xf32>, tensor<5x3x3xf32>) -> tensor<8x5x2xf32>
  return %sum, %z : tensor<8x3x4xf32>, tensor<8x5x2xf32>
}

// -----

// A discriminator's head: the elements of a sample in a row, as the language
// counts them, are brought together before the reshape.
// CHECK-LABEL: func @flatten
func.func @flatten(%x: tensor<8x3x6xf32>, %w: tensor<3x3x3xf32>) -> tensor<8x12xf32> {
  // CHECK: %[[Y:.+]] = agon.contract {{.*}} -> tensor<8x4x3xf32>
  // CHECK-NEXT: %[[H:.+]] = math.tanh %[[Y]] : tensor<8x4x3xf32>
  // CHECK-NEXT: %[[FIRST:.+]] = agon.transpose %[[H]] permutation [0, 2, 1]
  // CHECK-NEXT: agon.reshape %[[FIRST]] : tensor<8x3x4xf32> -> tensor<8x12xf32>
  %y = agon.conv %x, %w strides [1] low [0] high [0] dilations [1] : (tensor<8x3x6xf32>, tensor<3x3x3xf32>) -> tensor<8x3x4xf32>
  %h = math.tanh %y : tensor<8x3x4xf32>
  %flat = agon.reshape %h : tensor<8x3x4xf32> -> tensor<8x12xf32>
  return %flat : tensor<8x12xf32>
}
