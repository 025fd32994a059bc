// RUN: agon-opt %s -split-input-file -verify-diagnostics -agon-verify-turn-form

// expected-error @+1 {{expected an agon.program, got none}}
module {}

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {}
// expected-error @+1 {{is not part of the turn form}}
agon.game @g batch 1 play "" attributes {config = "{}"} {
  agon.schedule []
}

// -----

// expected-error @+1 {{expected a function, got @turn_p}}
agon.program "g" batch 1 schedule ["turn_p"] attributes {config = "{}"} {}

// -----

// expected-error @+1 {{expected a function of kind 'turn'}}
agon.program "g" batch 1 schedule ["init"] attributes {config = "{}"} {}
// expected-note @+1 {{@init is here}}
func.func @init() attributes {agon.kind = "init"} { return }

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {}
// expected-error @+1 {{expected every argument to name its cell}}
func.func @init(%x: tensor<f32>) attributes {agon.kind = "init"} { return }

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {
  // expected-note @+1 {{the cell is here}}
  agon.cell parameter @n.w : tensor<2xf32>
}
// expected-error @+1 {{expected 'tensor<2xf32>' as argument @n.w, got 'tensor<f32>'}}
func.func @init(%x: tensor<f32> {agon.cell = @n.w}) attributes {agon.kind = "init"} { return }

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {
  agon.cell key @key : tensor<2xi64>
}
func.func @init(%key: tensor<2xi64> {agon.cell = @key}) attributes {agon.kind = "init"} {
  // expected-note @+1 {{the other draw is here}}
  %a = agon.random normal key %key stream 0 : tensor<2xf32> keyed by tensor<2xi64>
  // expected-error @+1 {{expected a stream of its own}}
  %b = agon.random normal key %key stream 0 : tensor<2xf32> keyed by tensor<2xi64>
  return
}

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {}
func.func @init() attributes {agon.kind = "init"} {
  // expected-error @+1 {{expected a key and a stream}}
  %a = agon.random normal : tensor<2xf32>
  return
}

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {}
func.func @init() attributes {agon.kind = "init"} {
  %x = arith.constant dense<0.0> : tensor<2xf32>
  // expected-error @+1 {{is not part of the turn form}}
  %s = agon.stop_gradient %x : tensor<2xf32>
  return
}

// -----

agon.program "g" batch 1 schedule [] attributes {config = "{}"} {}
func.func @init() attributes {agon.kind = "init"} {
  // expected-error @+1 {{is not of the closed set}}
  %x = tensor.empty() : tensor<2xf32>
  return
}
