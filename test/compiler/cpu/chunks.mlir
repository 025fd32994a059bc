// A part of the samples goes through the kernels within, one after the other; what passes between
// them lies on the stack.
// RUN: agon-opt %s --agon-emit-kernels | FileCheck %s

// CHECK: func.func @[[FIRST:f_0_stage_0]](%{{.+}}: memref<2x64xf32> {{.*}}, %{{.+}}: memref<2x64xf32>
// CHECK: func.func @[[SECOND:f_0_stage_1]](%{{.+}}: memref<2x64xf32> {{.*}}, %{{.+}}: memref<64xf32> {{.*}}, %{{.+}}: memref<2x64xf32>
// CHECK: func.func @f_0(%[[X:.+]]: memref<2048xi8> {{.*}}, %[[B:.+]]: memref<256xi8> {{.*}}, %[[Y:.+]]: memref<2048xi8> {{.*}}, %[[BEGIN:.+]]: index, %[[END:.+]]: index)
// CHECK-SAME: agon.tasks = 4
// CHECK: %[[BETWEEN:.+]] = memref.alloca() {alignment = 64 : i64} : memref<512xi8>
// CHECK: scf.for %[[PART:.+]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[AT:.+]] = arith.muli %[[PART]], %{{.+}} : index
// CHECK: memref.view %[[X]][%[[AT]]][] : memref<2048xi8> to memref<2x64xf32>
// CHECK: call @[[FIRST]]
// CHECK: memref.view %[[B]][%{{.+}}][] : memref<256xi8> to memref<64xf32>
// CHECK: call @[[SECOND]]
func.func @f(%x: tensor<8x64xf32>, %b: tensor<64xf32>) -> tensor<8x64xf32> {
  %y = agon.region chunks(%x, %b) flops 0 bytes 0 : (tensor<8x64xf32>, tensor<64xf32>) -> tensor<8x64xf32> {
  ^bb0(%part: tensor<2x64xf32>, %whole: tensor<64xf32>):
    %s = agon.region elementwise(%part) flops 0 bytes 0 : (tensor<2x64xf32>) -> tensor<2x64xf32> {
    ^bb0(%a: tensor<2x64xf32>):
      %e = tensor.empty() : tensor<2x64xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                           iterator_types = ["parallel", "parallel"]} ins(%a : tensor<2x64xf32>) outs(%e : tensor<2x64xf32>) {
      ^bb0(%in: f32, %out: f32):
        %p = arith.mulf %in, %in : f32
        linalg.yield %p : f32
      } -> tensor<2x64xf32>
      agon.yield %r : tensor<2x64xf32>
    }
    %t = agon.region elementwise(%s, %whole) flops 0 bytes 0 : (tensor<2x64xf32>, tensor<64xf32>) -> tensor<2x64xf32> {
    ^bb0(%a: tensor<2x64xf32>, %c: tensor<64xf32>):
      %e = tensor.empty() : tensor<2x64xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                           iterator_types = ["parallel", "parallel"]} ins(%a, %c : tensor<2x64xf32>, tensor<64xf32>) outs(%e : tensor<2x64xf32>) {
      ^bb0(%in: f32, %bias: f32, %out: f32):
        %p = arith.addf %in, %bias : f32
        linalg.yield %p : f32
      } -> tensor<2x64xf32>
      agon.yield %r : tensor<2x64xf32>
    }
    agon.yield %t : tensor<2x64xf32>
  }
  return %y : tensor<8x64xf32>
}
