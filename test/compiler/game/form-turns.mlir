// RUN: agon-opt %s -agon-form-turns | FileCheck %s
// RUN: agon-opt %s -agon-form-turns -agon-expand-gradients -pass-pipeline="builtin.module(agon-form-turns,agon-expand-gradients,func.func(agon-differentiate-players),canonicalize,cse,agon-verify-turn-form)" | FileCheck %s --check-prefix=DIFF

agon.network @D "(x: [2]) -> [1]" {
  agon.storage @w : tensor<2x1xf32> {
    %w = agon.random normal : tensor<2x1xf32>
    agon.yield %w : tensor<2x1xf32>
  }
  agon.storage state @mean : tensor<2xf32> {
    %m = agon.data_mean @x : tensor<2xf32>
    agon.yield %m : tensor<2xf32>
  }
  agon.forward @training (tensor<4x2xf32>) -> tensor<4x1xf32> {
  ^bb0(%x: tensor<4x2xf32>):
    %w = agon.read @D::@w : tensor<2x1xf32>
    %m = agon.read @D::@mean : tensor<2xf32>
    %mb = agon.broadcast %m dims [1] : tensor<2xf32> -> tensor<4x2xf32>
    %c = arith.subf %x, %mb : tensor<4x2xf32>
    %next = agon.reduce sum %c dims [0] : tensor<4x2xf32> -> tensor<2xf32>
    agon.write @D::@mean, %next : tensor<2xf32>
    %y = agon.contract %c, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x1xf32>) -> tensor<4x1xf32>
    agon.yield %y : tensor<4x1xf32>
  }
  agon.forward @sampling (tensor<4x2xf32>) -> tensor<4x1xf32> {
  ^bb0(%x: tensor<4x2xf32>):
    %w = agon.read @D::@w : tensor<2x1xf32>
    %y = agon.contract %x, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x1xf32>) -> tensor<4x1xf32>
    agon.yield %y : tensor<4x1xf32>
  }
}

agon.network @G "(z: [2]) -> [2]" {
  agon.storage @W : tensor<2x2xf32> {
    %w = agon.random uniform : tensor<2x2xf32>
    agon.yield %w : tensor<2x2xf32>
  }
  agon.forward @training (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%z: tensor<4x2xf32>):
    %w = agon.read @G::@W : tensor<2x2xf32>
    %y = agon.contract %z, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
    agon.yield %y : tensor<4x2xf32>
  }
  agon.forward @sampling (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%z: tensor<4x2xf32>):
    %w = agon.read @G::@W : tensor<2x2xf32>
    %y = agon.contract %z, %w reduce [1] x [0] : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
    agon.yield %y : tensor<4x2xf32>
  }
}

agon.game @gan batch 4 play "{ D; D & G; G }" attributes {config = "{}"} {
  agon.data @x : tensor<4x2xf32>
  agon.group [@x] source "point()" {
    %p = agon.random normal : tensor<4x2xf32>
    agon.yield %p : tensor<4x2xf32>
  }
  agon.variable @z : tensor<4x2xf32> {
    %z = agon.random normal : tensor<4x2xf32>
    agon.yield %z : tensor<4x2xf32>
  }
  agon.variable @fake : tensor<4x1xf32> {
    %z = agon.use @z : tensor<4x2xf32>
    %g = agon.apply @G(%z) : (tensor<4x2xf32>) -> tensor<4x2xf32>
    %d = agon.apply @D(%g) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    agon.yield %d : tensor<4x1xf32>
  }
  agon.variable @V : tensor<f32> {
    %f = agon.use @fake : tensor<4x1xf32>
    %x = agon.use @x : tensor<4x2xf32>
    %r = agon.apply @D(%x) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    %d = arith.subf %r, %f : tensor<4x1xf32>
    %s = agon.reduce sum %d dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  }
  agon.player @D maximizes owns [@D] objective {
    %v = agon.use @V : tensor<f32>
    agon.yield %v : tensor<f32>
  } with "momentum(lr = 0.1)" update {
    %t = agon.step : tensor<f64>
    %c = arith.constant dense<0.1> : tensor<f64>
    %d = arith.divf %c, %t : tensor<f64>
    %lr = agon.hyper "D.lr", %d : tensor<f64>
    %l = arith.truncf %lr : tensor<f64> to tensor<f32>
    %lb = agon.broadcast %l dims [] : tensor<f32> -> tensor<2x1xf32>
    %w = agon.weight 0 : tensor<2x1xf32>
    %g = agon.cotangent 0 : tensor<2x1xf32>
    %m = agon.slot 0 : tensor<2x1xf32>
    %m1 = arith.addf %m, %g : tensor<2x1xf32>
    %s = arith.mulf %lb, %m1 : tensor<2x1xf32>
    %w1 = arith.subf %w, %s : tensor<2x1xf32>
    agon.yield %w1, %m1 : tensor<2x1xf32>, tensor<2x1xf32>
  } attributes {hypers = ["D.lr"], parameters = [@D::@w], slot_initials = array<f64: 1.0>,
                slot_parameters = array<i64: 0>, slot_types = [tensor<2x1xf32>], slots = ["momentum.m"]}
  agon.player @G owns [@G] objective {
    %f = agon.use @fake : tensor<4x1xf32>
    %n = arith.negf %f : tensor<4x1xf32>
    %s = agon.reduce sum %n dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  } with "sgd()" update {
    %w = agon.weight 0 : tensor<2x2xf32>
    %g = agon.cotangent 0 : tensor<2x2xf32>
    %w1 = arith.subf %w, %g : tensor<2x2xf32>
    agon.yield %w1 : tensor<2x2xf32>
  } attributes {hypers = [], parameters = [@G::@W], slot_initials = array<f64>,
                slot_parameters = array<i64>, slot_types = [], slots = []}
  agon.metric @realness {
    %x = agon.use @x : tensor<4x2xf32>
    %r = agon.apply @D(%x) : (tensor<4x2xf32>) -> tensor<4x1xf32>
    %s = agon.reduce sum %r dims [0, 1] : tensor<4x1xf32> -> tensor<f32>
    agon.yield %s : tensor<f32>
  }
  agon.generator @G inputs [@z] result 0 imitates @x
  agon.turn @D_ moves [@D]
  agon.turn @DG_ moves [@D, @G]
  agon.turn @G_ moves [@G]
  agon.schedule [@D_, @D_, @DG_, @G_]
}
