// RUN: agon-opt %s -agon-place -agon-plan | FileCheck %s --check-prefix=PLAN
// RUN: agon-opt %s -agon-attach-target=march=x86-64-v4 -agon-place -agon-plan | FileCheck %s --check-prefix=WIDE
// RUN: agon-opt %s -agon-place -agon-plan -agon-emit | FileCheck %s --check-prefix=OWN
// RUN: agon-opt %s -agon-place -agon-plan | sed -e 's/rows = [0-9]*, vectors = [0-9]*/rows = 3, vectors = 2/' -e 's/m_block = [0-9]*, n_block = [0-9]*, m_shared = [0-9]*/m_block = 33, n_block = 32, m_shared = 33/' | agon-opt -agon-emit | FileCheck %s --check-prefix=HAND

// Places and plans are text between the passes that write and those that read them: another plan is another kernel.

// PLAN:      agon.region contraction(%{{.*}}, %{{.*}}) flops 65536 bytes 24576
// PLAN-SAME:   places = [0, 4096, 12288]
// PLAN-SAME:   plan = #agon_cpu.contraction<form = outer, transposed = false, rows = {{[0-9]+}}, vectors = {{[0-9]+}},
// PLAN-SAME:     is_cut = false, readings = [#agon_cpu.reading<a = in_place, b = in_place>], cycles = {{[0-9]+}}>

// WIDE:      agon.target = #agon.target<"cpu", processor = "x86-64-v4", lanes = 16, registers = 32
// WIDE:      plan = #agon_cpu.contraction<form = outer

// OWN:  agon.launch @kernel_0 [0, 4096, 12288] tasks 1 {{.*}} by "32 x 64 x 32, outer 4x3, A in place, B
// HAND: agon.launch @kernel_0 [0, 4096, 12288] tasks 2 {{.*}} by "32 x 64 x 32, outer 3x2, A in place, B
agon.program "product" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.a : tensor<32x32xf32>
  agon.cell parameter @N.b : tensor<32x64xf32>
  agon.cell parameter @N.c : tensor<32x64xf32>
}
func.func @turn(%a: tensor<32x32xf32> {agon.cell = @N.a}, %b: tensor<32x64xf32> {agon.cell = @N.b})
    -> (tensor<32x64xf32> {agon.cell = @N.c}) attributes {agon.kind = "turn"} {
  %0 = agon.region contraction(%a, %b) flops 65536 bytes 24576 : (tensor<32x32xf32>, tensor<32x64xf32>) -> tensor<32x64xf32> {
  ^bb0(%x: tensor<32x32xf32>, %y: tensor<32x64xf32>):
    %z = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<32x64xf32>
    %f = linalg.fill ins(%z : f32) outs(%e : tensor<32x64xf32>) -> tensor<32x64xf32>
    %g = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
        affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %y : tensor<32x32xf32>, tensor<32x64xf32>) outs(%f : tensor<32x64xf32>) {
    ^bb0(%p: f32, %q: f32, %acc: f32):
      %t = arith.mulf %p, %q : f32
      %s = arith.addf %acc, %t : f32
      linalg.yield %s : f32
    } -> tensor<32x64xf32>
    agon.yield %g : tensor<32x64xf32>
  }
  return %0 : tensor<32x64xf32>
}
