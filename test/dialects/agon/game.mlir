// Networks, games and everything in them are printed as they are parsed.
// RUN: agon-opt %s | agon-opt | FileCheck %s

// CHECK: agon.network @G "(z: [2]) -> [2]" {
agon.network @G "(z: [2]) -> [2]" {
  // CHECK-NEXT: agon.storage @dense_0.W : tensor<2x2xf32> {
  agon.storage @"dense_0.W" : tensor<2x2xf32> {
    %w = agon.random normal : tensor<2x2xf32>
    // CHECK: agon.yield %{{.*}} : tensor<2x2xf32>
    agon.yield %w : tensor<2x2xf32>
  }
  // CHECK: agon.storage state @norm_0.mean : tensor<2xf32> {
  agon.storage state @"norm_0.mean" : tensor<2xf32> {
    // CHECK-NEXT: agon.data_mean @x : tensor<2xf32>
    %m = agon.data_mean @x : tensor<2xf32>
    agon.yield %m : tensor<2xf32>
  }
  // CHECK: agon.forward @training (tensor<8x2xf32>) -> tensor<8x2xf32> {
  // CHECK-NEXT: ^bb0(%[[Z:.*]]: tensor<8x2xf32>):
  agon.forward @training (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%z: tensor<8x2xf32>):
    // CHECK-NEXT: %[[W:.*]] = agon.read @G::@dense_0.W : tensor<2x2xf32>
    %w = agon.read @G::@"dense_0.W" : tensor<2x2xf32>
    %y = agon.contract %z, %w reduce [1] x [0] : (tensor<8x2xf32>, tensor<2x2xf32>) -> tensor<8x2xf32>
    // CHECK: %[[MEAN:.*]] = agon.read @G::@norm_0.mean
    %m = agon.read @G::@"norm_0.mean" : tensor<2xf32>
    // CHECK-NEXT: agon.write @G::@norm_0.mean, %[[MEAN]] : tensor<2xf32>
    agon.write @G::@"norm_0.mean", %m : tensor<2xf32>
    agon.yield %y : tensor<8x2xf32>
  }
  // CHECK: agon.forward @sampling
  agon.forward @sampling (tensor<8x2xf32>) -> tensor<8x2xf32> {
  ^bb0(%z: tensor<8x2xf32>):
    agon.yield %z : tensor<8x2xf32>
  }
}

// CHECK: agon.game @toy batch 8 play "{ repeat 2 { G } }" attributes {config = "{}"} {
agon.game @toy batch 8 play "{ repeat 2 { G } }" attributes {config = "{}"} {
  // CHECK-NEXT: agon.data @x in [-1.000000e+00, 1.000000e+00] : tensor<8x2xf32>
  agon.data @x in [-1.0, 1.0] : tensor<8x2xf32>
  // CHECK-NEXT: agon.data @y classes 10 : tensor<8xi32>
  agon.data @y classes 10 : tensor<8xi32>
  // CHECK-NEXT: agon.data @p : tensor<8x2xf32>
  agon.data @p : tensor<8x2xf32>
  // CHECK-NEXT: agon.group [@x, @y] {
  // CHECK-NEXT: }
  agon.group [@x, @y] {
  }
  // CHECK-NEXT: agon.group [@p] source "point()" modes dense<{{.*}}> : tensor<1x2xf64> radius 6.000000e-02 {
  agon.group [@p] source "point()" modes dense<[[0.0, 1.0]]> : tensor<1x2xf64> radius 0.06 {
    %p = agon.random normal : tensor<8x2xf32>
    agon.yield %p : tensor<8x2xf32>
  }
  // CHECK: agon.variable @z noise : tensor<8x2xf32> {
  agon.variable @z noise : tensor<8x2xf32> {
    %z = agon.random normal : tensor<8x2xf32>
    agon.yield %z : tensor<8x2xf32>
  }
  // CHECK: agon.variable @V : tensor<f32> {
  agon.variable @V : tensor<f32> {
    // CHECK-NEXT: %[[NOISE:.*]] = agon.use @z : tensor<8x2xf32>
    %z = agon.use @z : tensor<8x2xf32>
    // CHECK-NEXT: agon.apply @G(%[[NOISE]]) : (tensor<8x2xf32>) -> tensor<8x2xf32>
    %y = agon.apply @G(%z) : (tensor<8x2xf32>) -> tensor<8x2xf32>
    %v = agon.reduce sum %y dims [0, 1] : tensor<8x2xf32> -> tensor<f32>
    agon.yield %v : tensor<f32>
  }
  // CHECK: agon.player @G maximizes owns [@G] objective {
  agon.player @G maximizes owns [@G] objective {
    %v = agon.use @V : tensor<f32>
    agon.yield %v : tensor<f32>
  // CHECK: } with "momentum(lr = 0.1)" update {
  } with "momentum(lr = 0.1)" update {
    // CHECK-NEXT: %[[STEP:.*]] = agon.step : tensor<f64>
    %t = agon.step : tensor<f64>
    // CHECK-NEXT: %[[RATE:.*]] = agon.hyper "G.lr", %[[STEP]] : tensor<f64>
    %lr = agon.hyper "G.lr", %t : tensor<f64>
    // CHECK-NEXT: agon.weight 0 : tensor<2x2xf32>
    %w = agon.weight 0 : tensor<2x2xf32>
    // CHECK-NEXT: agon.cotangent 0 : tensor<2x2xf32>
    %g = agon.cotangent 0 : tensor<2x2xf32>
    // CHECK-NEXT: agon.slot 0 : tensor<2x2xf32>
    %m = agon.slot 0 : tensor<2x2xf32>
    agon.yield %w, %g : tensor<2x2xf32>, tensor<2x2xf32>
  // CHECK: } attributes {hypers = ["G.lr"], parameters = [@G::@dense_0.W], slot_initials = array<f64: 0.000000e+00>,
  // CHECK-SAME: slot_parameters = array<i64: 0>, slot_types = [tensor<2x2xf32>], slots = ["momentum.m"]}
  } attributes {hypers = ["G.lr"], parameters = [@G::@"dense_0.W"], slots = ["momentum.m"], slot_parameters = array<i64: 0>,
                slot_types = [tensor<2x2xf32>], slot_initials = array<f64: 0.0>}
  // CHECK: agon.player @average.G follows @G owns [] with "follow()" update {
  agon.player @average.G follows @G owns [] with "follow()" update {
    %w = agon.weight 0 : tensor<2x2xf32>
    agon.yield %w : tensor<2x2xf32>
  // CHECK: } attributes {hypers = [], parameters = [@G::@dense_0.W]
  } attributes {hypers = [], parameters = [@G::@"dense_0.W"], slots = [], slot_parameters = array<i64>,
                slot_types = [], slot_initials = array<f64>}
  // CHECK: agon.variable @followed : tensor<8x2xf32> {
  agon.variable @followed : tensor<8x2xf32> {
    %z = agon.use @z : tensor<8x2xf32>
    // CHECK: agon.apply @G(%{{.*}}) average @average.G : (tensor<8x2xf32>) -> tensor<8x2xf32>
    %y = agon.apply @G(%z) average @average.G : (tensor<8x2xf32>) -> tensor<8x2xf32>
    agon.yield %y : tensor<8x2xf32>
  }
  // CHECK: agon.metric @spread {
  agon.metric @spread {
    %v = agon.use @V : tensor<f32>
    agon.yield %v : tensor<f32>
  }
  // CHECK: agon.generator @G inputs [@z] result 0 imitates @x
  agon.generator @G inputs [@z] result 0 imitates @x
  // CHECK-NEXT: agon.load "G" from "/weights/g.safetensors" as "generator"
  agon.load "G" from "/weights/g.safetensors" as "generator"
  // CHECK-NEXT: agon.turn @turn_G moves [@G]
  agon.turn @turn_G moves [@G]
  // CHECK-NEXT: agon.schedule [@turn_G, @turn_G]
  agon.schedule [@turn_G, @turn_G]
}
