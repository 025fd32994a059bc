// RUN: agon-opt %s -agon-emit-kernels -split-input-file -verify-diagnostics

// A plan is text: what a kernel cannot be made of is told of where the region stands.

func.func @tile(%a: tensor<8x8xf32>, %b: tensor<8x64xf32>) {
  // expected-error @+1 {{cannot be computed by its plan: a tile of 8 x 4 needs 37 registers, the target has 16}}
  %r = agon.region contraction (%a, %b) flops 0 bytes 0 attributes {plan = #agon_cpu.contraction<form = outer,
      transposed = false, rows = 8, vectors = 4, m_block = 8, n_block = 64, m_shared = 8, k_block = 8, is_cut = false,
      readings = [#agon_cpu.reading<a = in_place, b = in_place>], cycles = 0>}
      : (tensor<8x8xf32>, tensor<8x64xf32>) -> tensor<8x64xf32> {
  ^bb0(%x: tensor<8x8xf32>, %y: tensor<8x64xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8x64xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<8x64xf32>) -> tensor<8x64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
        affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %y : tensor<8x8xf32>, tensor<8x64xf32>) outs(%f : tensor<8x64xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %t = arith.mulf %p, %q : f32
      %s = arith.addf %acc, %t : f32
      linalg.yield %s : f32
    } -> tensor<8x64xf32>
    agon.yield %g : tensor<8x64xf32>
  }
  return
}

// -----

func.func @form(%a: tensor<16xf32>) {
  // expected-error @+1 {{cannot be computed by its plan: it is no reduction region}}
  %r = agon.region elementwise (%a) flops 0 bytes 0 attributes {plan = #agon_cpu.loops<form = reduction, tasks = 1,
      cycles = 0>} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%x: tensor<16xf32>):
    %e = tensor.empty() : tensor<16xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
        iterator_types = ["parallel"]} ins(%x : tensor<16xf32>) outs(%e : tensor<16xf32>) {
    ^bb0(%p: f32, %o: f32):
      %t = arith.addf %p, %p : f32
      linalg.yield %t : f32
    } -> tensor<16xf32>
    agon.yield %g : tensor<16xf32>
  }
  return
}

// -----

func.func @none(%a: tensor<16xf32>) {
  // expected-error @+1 {{has a plan that is none of a CPU: "fast"}}
  %r = agon.region elementwise (%a) flops 0 bytes 0 attributes {plan = "fast"} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%x: tensor<16xf32>):
    agon.yield %x : tensor<16xf32>
  }
  return
}

// -----

// expected-error @+1 {{expected at least one task, got 0}}
module attributes {a = #agon_cpu.loops<form = elementwise, tasks = 0, cycles = 0>} {
}

// -----

// expected-error @+1 {{expected sharers for each of 1 caches, got 0}}
module attributes {agon.target = #agon.target<"cpu", processor = "znver4", lanes = 16, registers = 32, caches = [1], sharers = [], workers = 1, multiply_adds = [], needs = []>} {
}

// -----

func.func @places(%a: tensor<16xf32>) {
  // expected-error @+1 {{expected a place for each of 2 values, got 1}}
  %r = agon.region elementwise (%a) flops 0 bytes 0 attributes {places = [0]} : (tensor<16xf32>) -> tensor<16xf32> {
  ^bb0(%x: tensor<16xf32>):
    agon.yield %x : tensor<16xf32>
  }
  return
}
