// RUN: agon-opt --agon-attach-target="target=cuda march=sm_80" --agon-emit-kernels -split-input-file -verify-diagnostics %s
// RUN: not agon-opt --agon-attach-target="target=cuda march=sm_81" /dev/null 2>&1 | FileCheck %s
// CHECK: unknown architecture 'sm_81' for --target=cuda; there are sm_80, sm_86

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{cannot be computed by its plan}}
  %y = agon.region elementwise(%x) flops 0 bytes 0
       attributes {plan = #agon_gpu.grid<form = reduction, blocks = 1, threads = 32, lanes = 1, group = 1>}
       : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    agon.yield %a : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = agon.region elementwise(%x) flops 0 bytes 0
       // expected-error @below {{expected whole warps of threads, 1024 at most, got 48}}
       attributes {plan = #agon_gpu.grid<form = elementwise, blocks = 1, threads = 48, lanes = 1, group = 1>}
       : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    agon.yield %a : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{has a plan that is none of a GPU}}
  %y = agon.region elementwise(%x) flops 0 bytes 0
       attributes {plan = #agon_cpu.loops<form = elementwise, tasks = 1, cycles = 8>}
       : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    agon.yield %a : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}

// -----

func.func @f(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %y = agon.region contraction(%x) flops 0 bytes 0
       // expected-error @below {{expected 2 to 4 stages, got 1}}
       attributes {plan = #agon_gpu.tiles<rows = 32, columns = 32, depth = 16, thread_rows = 2, thread_columns = 2, stages = 1, split = 1, precision = f32>}
       : (tensor<8x8xf32>) -> tensor<8x8xf32> {
  ^bb0(%a: tensor<8x8xf32>):
    agon.yield %a : tensor<8x8xf32>
  }
  return %y : tensor<8x8xf32>
}

// -----

// Of two steps of k no part has the two that three stages take.
func.func @f(%x: tensor<8x32xf32>, %w: tensor<32x8xf32>) -> tensor<8x8xf32> {
  // expected-error @below {{cannot be computed by its plan}}
  %y = agon.region contraction(%x, %w) flops 0 bytes 0
       attributes {plan = #agon_gpu.tiles<rows = 32, columns = 32, depth = 16, thread_rows = 2, thread_columns = 2, stages = 3, split = 2, precision = f32>}
       : (tensor<8x32xf32>, tensor<32x8xf32>) -> tensor<8x8xf32> {
  ^bb0(%a: tensor<8x32xf32>, %b: tensor<32x8xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8x8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
                         iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : tensor<8x32xf32>, tensor<32x8xf32>) outs(%f : tensor<8x8xf32>) {
    ^bb0(%p: f32, %q: f32, %out: f32):
      %s = arith.mulf %p, %q : f32
      %t = arith.addf %out, %s : f32
      linalg.yield %t : f32
    } -> tensor<8x8xf32>
    agon.yield %r : tensor<8x8xf32>
  }
  return %y : tensor<8x8xf32>
}

// -----

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = agon.region elementwise(%x) flops 0 bytes 0
       // expected-error @below {{expected one part, or of reductions by groups as many as divide the blocks, got 2}}
       attributes {plan = #agon_gpu.grid<form = reduction, blocks = 3, threads = 64, lanes = 1, group = 32, split = 2>}
       : (tensor<8xf32>) -> tensor<8xf32> {
  ^bb0(%a: tensor<8xf32>):
    agon.yield %a : tensor<8xf32>
  }
  return %y : tensor<8xf32>
}
