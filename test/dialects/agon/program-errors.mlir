// RUN: agon-opt %s -verify-diagnostics -split-input-file

agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-note @below {{see existing symbol definition here}}
  agon.cell parameter @w : tensor<2xf32>
  // expected-error @below {{redefinition of symbol named 'w'}}
  agon.cell state @w : tensor<2xf32>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // The runtime tells cells by kind and title.
  agon.cell metric @metric.x "x" : tensor<f32>
  // expected-note @below {{the other cell is here}}
  agon.cell data @data.x "x" : tensor<8xf32>
  // expected-error @below {{expected a name of its own among cells of kind data, got "x"}}
  agon.cell data @x : tensor<8xf32>
}

// -----
// expected-error @below {{expected a positive batch, got 0}}
agon.program "p" batch 0 schedule [] attributes {config = ""} {
}

// -----
// expected-error @below {{expected rows of the table only}}
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-note @below {{got this operation}}
  %0 = arith.constant 0 : i32
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a cell, got @data.x}}
  agon.field "x" @data.x group 0 classes 0
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-note @below {{the cell is here}}
  agon.cell state @data.x : tensor<8x2xf32>
  // expected-error @below {{expected @data.x to be a cell of kind data, got state}}
  agon.field "x" @data.x group 0 classes 0
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  agon.cell data @data.x "x" : tensor<8x2xf32>
  agon.record "x"
  // expected-error @below {{expected a group in [0, 1), got 1}}
  agon.field "x" @data.x group 1 classes 0
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  agon.cell objective @objective.D "D" : tensor<f32>
  // expected-error @below {{expected a cell, got @step.D}}
  agon.seat "D" objective @objective.D step @step.D with "sgd()"
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  agon.cell data @data.x "x" : tensor<8x2xf32>
  agon.record "x"
  // expected-error @below {{expected a cell, got @mean.x}}
  agon.field "x" @data.x mean @mean.x group 0 classes 0
}

// -----
func.func private @sample_G()
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a cell for samples of "G", got none}}
  agon.net "G" "() -> []" owner -1 sample @sample_G
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected an owner in [-1, 0), got 0}}
  agon.cell parameter @w owner 0 : tensor<2xf32>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a field in [-1, 0), got 0}}
  agon.net "G" "() -> []" owner -1 imitates 0
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a key of type tensor<2xi64>, got 'tensor<2xi32>'}}
  agon.cell key @key : tensor<2xi32>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected one real number, got 'tensor<2xf32>'}}
  agon.cell metric @metric.m "m" : tensor<2xf32>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a step of type tensor<i64>, got 'tensor<f32>'}}
  agon.cell step @step.D : tensor<f32>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected an order of 2 axes, got [1, 1]}}
  agon.cell state @s : tensor<2x3xf32> order [1, 1]
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected no order of a cell of kind data}}
  agon.cell data @data.x "x" : tensor<2x3xf32> order [1, 0]
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected f32, f64, i32 or i64 elements, got 'tensor<2xi1>'}}
  agon.cell state @mask : tensor<2xi1>
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  // expected-error @below {{expected a function, got @nowhere}}
  agon.record "x" source @nowhere "ring(8)"
}

// -----
func.func @region_arguments(%x: tensor<8xf32>) {
  // expected-error @below {{expected block arguments ('tensor<8xf32>'), got ('tensor<4xf32>')}}
  %0 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%in: tensor<4xf32>):
    agon.yield %in : tensor<4xf32>
  }
  return
}

// -----
func.func @region_results(%x: tensor<8xf32>) {
  // expected-error @below {{expected to yield ('tensor<4xf32>'), got ('tensor<8xf32>')}}
  %0 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<4xf32> {
  ^bb0(%in: tensor<8xf32>):
    // expected-note @below {{yielded here}}
    agon.yield %in : tensor<8xf32>
  }
  return
}

// -----
func.func @region_contents(%x: tensor<8xf32>) {
  // expected-error @below {{expected linalg, tensor and arith operations only, of no target}}
  %0 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8xf32>):
    // expected-note @below {{got this operation}}
    %1 = agon.sigmoid %in : tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return
}

// -----
agon.program "p" batch 8 schedule [] attributes {config = ""} {
  agon.cell parameter @D.W : tensor<2xf32>
}
// expected-error @below {{expected a cell, got @G.W}}
agon.entry "turn" @turn reads [@D.W] writes [@G.W] flops 0 temp_bytes 0 {
}

// -----
// expected-error @below {{expected agon.launch and agon.copy only}}
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-note @below {{got this operation}}
  %0 = arith.constant 0 : i32
}

// -----
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected a function, got @kernel}}
  agon.launch @kernel [0] tasks 1
}

// -----
// expected-note @below {{the kernel is here}}
func.func @kernel(%a: memref<8xf32>, %begin: index, %end: index) {
  return
}
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected a kernel of 2 buffers and a range, got 3 arguments}}
  agon.launch @kernel [0, 64] tasks 1
}

// -----
func.func private @kernel(memref<8xf32>, index, index)
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected at least one task, got 0}}
  agon.launch @kernel [0] tasks 0
}

// -----
func.func private @kernel(memref<8xf32>, index, index)
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected tasks of one thread and no workspace on the host}}
  agon.launch @kernel [0] tasks 4 block 32
}

// -----
func.func private @kernel(memref<8xf32>, index, index)
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected a block of at least one thread, and nonnegative scratch and workspace}}
  agon.launch @kernel [0] tasks 4 block 0 in device
}

// -----
func.func private @kernel(memref<8xf32>, index, index)
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected a constant, got the unknown symbol @nowhere}}
  agon.launch @kernel [@nowhere] tasks 1
}

// -----
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected ranges apart, got 128 bytes from 0 to 64}}
  agon.copy 0 to 64 bytes 128
}

// -----
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{expected a nonnegative offset, got -64}}
  agon.copy -64 to 64 bytes 64
}

// -----
func.func @chunks_yield(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  // expected-error @below {{expected to yield one of 2 parts of 'tensor<8x4xf32>', got 'tensor<4x3xf32>'}}
  %y = agon.region chunks(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: tensor<4x4xf32>):
    %e = tensor.empty() : tensor<4x3xf32>
    agon.yield %e : tensor<4x3xf32>
  }
  return %y : tensor<8x4xf32>
}

// -----
func.func @chunks_argument(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  // expected-error @below {{expected a block argument of type 'tensor<8x4xf32>', or one of 2 parts of it, got 'tensor<2x4xf32>'}}
  %y = agon.region chunks(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %e = tensor.empty() : tensor<4x4xf32>
    agon.yield %e : tensor<4x4xf32>
  }
  return %y : tensor<8x4xf32>
}
