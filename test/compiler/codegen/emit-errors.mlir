// RUN: agon-opt %s -agon-place -agon-plan -agon-emit -split-input-file -verify-diagnostics

agon.program "unknown" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<4xf32>
}
// expected-error @+1 {{names a cell @N.v that agon.program does not declare}}
func.func @turn(%v: tensor<4xf32> {agon.cell = @N.v}) attributes {agon.kind = "turn"} {
  return
}

// -----

agon.program "unnamed" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<4xf32>
}
// expected-error @+1 {{argument 0 has no agon.cell}}
func.func @turn(%v: tensor<4xf32>) attributes {agon.kind = "turn"} {
  return
}

// -----

agon.program "loose" batch 4 schedule ["turn"] attributes {config = "{}"} {
  agon.cell parameter @N.w : tensor<4xf32>
}
func.func @turn(%w: tensor<4xf32> {agon.cell = @N.w}) -> (tensor<4xf32> {agon.cell = @N.w})
    attributes {agon.kind = "turn"} {
  // expected-error @+1 {{is not allowed between fused regions}}
  %0 = arith.addf %w, %w : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @+1 {{expected one agon.program, got 0}}
module {
}
