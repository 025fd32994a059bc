// Constants stay in the declaration that uses them: a game holds nothing else.
// RUN: agon-opt %s -canonicalize | FileCheck %s

agon.network @D "() -> []" {
  agon.storage @w : tensor<f32> {
    %zero = arith.constant dense<0.0> : tensor<f32>
    agon.yield %zero : tensor<f32>
  }
  agon.forward @training () -> () {
    agon.yield
  }
  agon.forward @sampling () -> () {
    agon.yield
  }
}

// CHECK: agon.game @g
// CHECK-NEXT: agon.data @x
agon.game @g batch 8 play "{ D }" attributes {config = ""} {
  agon.data @x : tensor<8xf32>
  // CHECK-NEXT: agon.group [@x] source "zero" {
  // CHECK-NEXT: arith.constant
  agon.group [@x] source "zero" {
    %0 = arith.constant dense<0.0> : tensor<f32>
    %1 = agon.broadcast %0 dims [] : tensor<f32> -> tensor<8xf32>
    agon.yield %1 : tensor<8xf32>
  }
  // CHECK: agon.player @D owns [@D] objective {
  // CHECK-NEXT: arith.constant
  agon.player @D owns [@D] objective {
    %0 = arith.constant dense<1.0> : tensor<f32>
    agon.yield %0 : tensor<f32>
  // CHECK: update {
  // CHECK-NEXT: arith.constant
  } with "sgd()" update {
    %0 = arith.constant dense<1.0> : tensor<f32>
    agon.yield %0 : tensor<f32>
  } attributes {hypers = [], parameters = [@D::@w], slots = [], slot_parameters = array<i64>, slot_types = [], slot_initials = array<f64>}
  // CHECK: agon.metric @m {
  // CHECK-NEXT: arith.constant
  agon.metric @m {
    %0 = arith.constant dense<1.0> : tensor<f32>
    agon.yield %0 : tensor<f32>
  }
}
