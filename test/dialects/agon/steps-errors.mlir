// RUN: agon-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{expected a nonnegative offset and size, got -64 and 8}}
module attributes {agon.extent = #agon.extent<offset = -64, bytes = 8, element = f32, written = true>} {}

// -----
// expected-error @below {{expected f32 or f64, got 'i32'}}
module attributes {agon.extent = #agon.extent<offset = 0, bytes = 8, element = i32, written = true>} {}

// -----
// expected-error @below {{expected extents, got 64}}
module attributes {agon.step = #agon.step<name = "copy", source = "", algorithm = "copy", flops = 0, bytes = 64, extents = [64]>} {}

// -----
// expected-error @below {{expected nonnegative flops and bytes, got -1 and 64}}
module attributes {agon.step = #agon.step<name = "copy", source = "", algorithm = "copy", flops = -1, bytes = 64>} {}

// -----
// expected-error @below {{expected the symbols of cells, got "D.W"}}
module attributes {agon.function = #agon.function<kind = "turn", subject = -1, reads = ["D.W"], writes = [], flops = 0, temp_bytes = 0, steps = []>} {}

// -----
// expected-error @below {{expected steps, got #agon.maker<}}
module attributes {agon.function = #agon.function<kind = "turn", subject = -1, reads = [], writes = [], flops = 0, temp_bytes = 0, steps = [#agon.maker<operation = "log", within = "", source = "", makes = 1>]>} {}

// -----
func.func private @kernel(memref<8xf32>, index, index)
agon.entry "turn" @turn reads [] writes [] flops 0 temp_bytes 0 {
  // expected-error @below {{attribute 'extents' failed to satisfy constraint: extents}}
  agon.launch @kernel [0] tasks 1 {extents = [0]}
}
