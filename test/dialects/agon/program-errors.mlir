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
  // expected-error @below {{expected linalg.generic, linalg.fill, tensor.empty, tensor.insert_slice and constants only, of no target}}
  %0 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8xf32>):
    // expected-note @below {{got this operation}}
    %1 = agon.sigmoid %in : tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return
}

// -----
func.func @elementwise_reduces(%x: tensor<8x4xf32>) {
  // expected-error @below {{expected generics with parallel iterators only}}
  %0 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    // expected-note @below {{got this operation}}
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%in : tensor<8x4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%a: f32, %acc: f32):
      %1 = arith.addf %a, %acc : f32
      linalg.yield %1 : f32
    } -> tensor<8xf32>
    agon.yield %s : tensor<8xf32>
  }
  return
}

// -----
func.func @elementwise_shapes(%x: tensor<8xf32>) {
  // expected-error @below {{expected results of one shape, got 'tensor<8xf32>', 'tensor<4x2xf32>'}}
  %0:2 = agon.region elementwise(%x) flops 0 bytes 0 : (tensor<8xf32>) -> (tensor<8xf32>, tensor<4x2xf32>) {
  ^bb0(%in: tensor<8xf32>):
    %e = tensor.empty() : tensor<4x2xf32>
    agon.yield %in, %e : tensor<8xf32>, tensor<4x2xf32>
  }
  return
}

// -----
func.func @reduction_without(%x: tensor<8xf32>) {
  // expected-error @below {{expected one generic with reduction iterators, got none}}
  %0 = agon.region reduction(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%in: tensor<8xf32>):
    agon.yield %in : tensor<8xf32>
  }
  return
}

// -----
func.func @reduction_of_two(%x: tensor<8x4xf32>) {
  // expected-error @below {{expected one generic with reduction iterators, got another one}}
  %0 = agon.region reduction(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<f32> {
  ^bb0(%in: tensor<8x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%in : tensor<8x4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%a: f32, %acc: f32):
      %1 = arith.addf %a, %acc : f32
      linalg.yield %1 : f32
    } -> tensor<8xf32>
    %e0 = tensor.empty() : tensor<f32>
    %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<f32>) -> tensor<f32>
    // expected-note @below {{got this operation}}
    %t = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>],
                         iterator_types = ["reduction"]} ins(%s : tensor<8xf32>) outs(%f0 : tensor<f32>) {
    ^bb1(%a: f32, %acc: f32):
      %1 = arith.addf %a, %acc : f32
      linalg.yield %1 : f32
    } -> tensor<f32>
    agon.yield %t : tensor<f32>
  }
  return
}

// -----
// What reads the sums goes back to the space of what is summed.
func.func @epilogue_space(%x: tensor<8x4xf32>) {
  // expected-error @below {{expected what reads the root to be generics in the space of its result}}
  %0 = agon.region reduction(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%in: tensor<8x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%in : tensor<8x4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%a: f32, %acc: f32):
      %1 = arith.addf %a, %acc : f32
      linalg.yield %1 : f32
    } -> tensor<8xf32>
    %w = tensor.empty() : tensor<8x4xf32>
    // expected-note @below {{got this operation}}
    %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]} ins(%in, %s : tensor<8x4xf32>, tensor<8xf32>) outs(%w : tensor<8x4xf32>) {
    ^bb1(%a: f32, %b: f32, %out: f32):
      %1 = arith.subf %a, %b : f32
      linalg.yield %1 : f32
    } -> tensor<8x4xf32>
    agon.yield %t : tensor<8x4xf32>
  }
  return
}

// -----
func.func @epilogue_results(%x: tensor<8x4xf32>) {
  // expected-error @below {{expected results in the space of the root's, which has 8 elements, got 'tensor<8x4xf32>'}}
  %0:2 = agon.region reduction(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> (tensor<8xf32>, tensor<8x4xf32>) {
  ^bb0(%in: tensor<8x4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%in : tensor<8x4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%a: f32, %acc: f32):
      %1 = arith.addf %a, %acc : f32
      linalg.yield %1 : f32
    } -> tensor<8xf32>
    agon.yield %s, %in : tensor<8xf32>, tensor<8x4xf32>
  }
  return
}

// -----
// A sum of differences.
func.func @contraction_body(%x: tensor<8x4xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{expected a sum of products of two operands each, read at linear places, into a permutation of the parallel dimensions}}
  %0 = agon.region contraction(%x, %y) flops 0 bytes 0 : (tensor<8x4xf32>, tensor<4xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8x4xf32>, %b: tensor<4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    // expected-note @below {{got this operation}}
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%a, %b : tensor<8x4xf32>, tensor<4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%p: f32, %q: f32, %acc: f32):
      %1 = arith.subf %p, %q : f32
      %2 = arith.addf %acc, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    agon.yield %s : tensor<8xf32>
  }
  return
}

// -----
// Every element of an operand twice: no linear place.
func.func @contraction_place(%x: tensor<8x2xf32>, %y: tensor<4xf32>) {
  // expected-error @below {{expected a sum of products of two operands each, read at linear places}}
  %0 = agon.region contraction(%x, %y) flops 0 bytes 0 : (tensor<8x2xf32>, tensor<4xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8x2xf32>, %b: tensor<4xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8xf32>) -> tensor<8xf32>
    // expected-note @below {{got this operation}}
    %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j floordiv 2)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]} ins(%a, %b : tensor<8x2xf32>, tensor<4xf32>) outs(%f : tensor<8xf32>) {
    ^bb1(%p: f32, %q: f32, %acc: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %acc, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<8xf32>
    agon.yield %s : tensor<8xf32>
  }
  return
}

// -----
// A matrix that code does not know.
func.func @mode_product_matrix(%m: tensor<3x2xf32>, %x: tensor<2x8xf32>) {
  // expected-error @below {{expected products of small constant matrices of the region, each over a parallel dimension and a reduction of its own, and one more operand}}
  %0 = agon.region mode_product(%m, %x) flops 0 bytes 0 : (tensor<3x2xf32>, tensor<2x8xf32>) -> tensor<3x8xf32> {
  ^bb0(%a: tensor<3x2xf32>, %b: tensor<2x8xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3x8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x8xf32>) -> tensor<3x8xf32>
    // expected-note @below {{got this operation}}
    %s = linalg.generic {indexing_maps = [affine_map<(i, c, j) -> (i, j)>, affine_map<(i, c, j) -> (j, c)>, affine_map<(i, c, j) -> (i, c)>],
                         iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<3x2xf32>, tensor<2x8xf32>) outs(%f : tensor<3x8xf32>) {
    ^bb1(%p: f32, %q: f32, %acc: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %acc, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<3x8xf32>
    agon.yield %s : tensor<3x8xf32>
  }
  return
}

// -----
// One reduction for two matrices.
func.func @mode_product_dimensions(%x: tensor<2x8xf32>) {
  // expected-error @below {{expected products of small constant matrices of the region}}
  %0 = agon.region mode_product(%x) flops 0 bytes 0 : (tensor<2x8xf32>) -> tensor<3x3x8xf32> {
  ^bb0(%b: tensor<2x8xf32>):
    %m = arith.constant dense<[[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]> : tensor<3x2xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<3x3x8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<3x3x8xf32>) -> tensor<3x3x8xf32>
    // expected-note @below {{got this operation}}
    %s = linalg.generic {indexing_maps = [affine_map<(i, k, c, j) -> (i, j)>, affine_map<(i, k, c, j) -> (k, j)>, affine_map<(i, k, c, j) -> (j, c)>,
                                          affine_map<(i, k, c, j) -> (i, k, c)>],
                         iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%m, %m, %b : tensor<3x2xf32>, tensor<3x2xf32>, tensor<2x8xf32>) outs(%f : tensor<3x3x8xf32>) {
    ^bb1(%p: f32, %q: f32, %r: f32, %acc: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.mulf %1, %r : f32
      %3 = arith.addf %acc, %2 : f32
      linalg.yield %3 : f32
    } -> tensor<3x3x8xf32>
    agon.yield %s : tensor<3x3x8xf32>
  }
  return
}

// -----
func.func @insert_into_input(%x: tensor<2xf32>, %y: tensor<8xf32>) {
  // expected-error @below {{expected insertions into linalg.fill or tensor.empty}}
  %0 = agon.region insert(%x, %y) flops 0 bytes 0 : (tensor<2xf32>, tensor<8xf32>) -> tensor<8xf32> {
  // expected-note @below {{got this tensor}}
  ^bb0(%a: tensor<2xf32>, %b: tensor<8xf32>):
    %1 = tensor.insert_slice %a into %b[0] [2] [1] : tensor<2xf32> into tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  return
}

// -----
func.func @insert_nothing(%x: tensor<8xf32>) {
  // expected-error @below {{expected to yield what tensor.insert_slice makes}}
  %0 = agon.region insert(%x) flops 0 bytes 0 : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    // expected-note @below {{got this operation}}
    agon.yield %a : tensor<8xf32>
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
    %e = arith.constant dense<0.0> : tensor<4x3xf32>
    agon.yield %e : tensor<4x3xf32>
  }
  return %y : tensor<8x4xf32>
}

// -----
func.func @chunks_argument(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  // expected-error @below {{expected a block argument of type 'tensor<8x4xf32>', or one of 2 parts of it, got 'tensor<2x4xf32>'}}
  %y = agon.region chunks(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: tensor<2x4xf32>):
    %e = arith.constant dense<0.0> : tensor<4x4xf32>
    agon.yield %e : tensor<4x4xf32>
  }
  return %y : tensor<8x4xf32>
}

// -----
func.func @chunks_contents(%x: tensor<8x4xf32>) -> tensor<8x4xf32> {
  // expected-error @below {{expected regions, reshapes and constants only}}
  %y = agon.region chunks(%x) flops 0 bytes 0 : (tensor<8x4xf32>) -> tensor<8x4xf32> {
  ^bb0(%a: tensor<4x4xf32>):
    // expected-note @below {{got this operation}}
    %e = tensor.empty() : tensor<4x4xf32>
    agon.yield %e : tensor<4x4xf32>
  }
  return %y : tensor<8x4xf32>
}
