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
