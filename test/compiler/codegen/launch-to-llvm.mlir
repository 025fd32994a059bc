// RUN: agon-opt %s -agon-launch-to-llvm | FileCheck %s

// CHECK-DAG: llvm.mlir.global internal constant @constant_0(dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>)
agon.constant @constant_0 dense<[[1.0], [2.0]]> : tensor<2x1xf32>

// CHECK:       llvm.func internal @kernel_0.unpack(%[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK:         %[[A:.*]] = llvm.load
// CHECK:         %[[B:.*]] = llvm.load
// CHECK:         llvm.call @kernel_0(%[[A]], %[[B]], %[[BEGIN]], %[[END]])
llvm.func @kernel_0(%a: !llvm.ptr, %b: !llvm.ptr, %begin: i64, %end: i64) {
  llvm.return
}

// CHECK-LABEL: llvm.func @turn(
// CHECK-SAME:    %[[FRAME:.*]]: !llvm.ptr)
// CHECK-SAME:    agon.function = #agon.function<kind = "turn", subject = -1, reads = [@N.w], writes = [@N.w], flops = 4, temp_bytes = 64, marked = @turn.marked, steps = [
// CHECK-SAME:      #agon.step<kind = contraction, name = "N#1 contraction [2]", source = "game.agon:3:5", algorithm = "plain loops", flops = 4, bytes = 32, launch = @kernel_0.launch, makers = [#agon.maker<operation = "log", within = "N#1", source = "game.agon:3:9", makes = 3>]>,
// CHECK-SAME:      launch = @kernel_0.launch_0>,
// A step without a launch is a copy.
// CHECK-SAME:      #agon.step<name = "copy", source = "launch-to-llvm.mlir:{{[0-9:]+}}", algorithm = "copy", flops = 0, bytes = 128>]>
// The arena, the launching function and the device come out of the frame.
// CHECK:         %[[ARENA:.*]] = llvm.load
// CHECK:         %[[LAUNCH:.*]] = llvm.load
// CHECK:         %[[DEVICE:.*]] = llvm.load
// One task: a plain call over [0, 1).
// CHECK:         %[[CONSTANT:.*]] = llvm.mlir.addressof @constant_0
// CHECK:         llvm.call @kernel_0(%{{.*}}, %[[CONSTANT]], %{{.*}}, %{{.*}})
// Several: the device cuts the grid.
// CHECK:         %[[HOW:.*]] = llvm.mlir.addressof @kernel_0.launch_0
// CHECK:         llvm.call %[[LAUNCH]](%[[DEVICE]], %[[HOW]], %{{.*}})
// CHECK:         "llvm.intr.memcpy"
// The same once more, with marks: before each of the three steps, and at the end.
// CHECK-LABEL: llvm.func @turn.marked(
// CHECK-COUNT-5: llvm.load
// CHECK:         %[[FIRST:.*]] = llvm.mlir.constant(0 : i32)
// CHECK:         llvm.call %[[MARK:.*]](%[[PROFILER:.*]], %[[FIRST]]) : !llvm.ptr, (!llvm.ptr, i32) -> ()
// CHECK:         llvm.call @kernel_0
// CHECK:         %[[SECOND:.*]] = llvm.mlir.constant(1 : i32)
// CHECK:         llvm.call %[[MARK]](%[[PROFILER]], %[[SECOND]])
// CHECK:         %[[THIRD:.*]] = llvm.mlir.constant(2 : i32)
// CHECK:         llvm.call %[[MARK]](%[[PROFILER]], %[[THIRD]])
// CHECK:         "llvm.intr.memcpy"
// CHECK:         %[[END:.*]] = llvm.mlir.constant(3 : i32)
// CHECK:         llvm.call %[[MARK]](%[[PROFILER]], %[[END]])
// CHECK-NEXT:    llvm.return
// CHECK-LABEL: llvm.func @init(
// CHECK-NOT:   @init.marked
agon.entry "turn" @turn reads [@N.w] writes [@N.w] flops 4 temp_bytes 64 {
  agon.launch @kernel_0 [64, @constant_0] tasks 1 is contraction "N#1 contraction [2]" at "game.agon:3:5" by "plain loops" flops 4 bytes 32 {makers = [#agon.maker<operation = "log", within = "N#1", source = "game.agon:3:9", makes = 3>]}
  agon.launch @kernel_0 [64, 128] tasks 8
  agon.copy 128 : i64 to 0 bytes 64
}

agon.entry "init" @init reads [] writes [@N.w] flops 4 temp_bytes 64 {
  agon.launch @kernel_0 [64, @constant_0] tasks 1
}

// What a kernel has on its stack is declared.
// CHECK:       llvm.mlir.global internal constant @kernel_1.launch()
// CHECK:         llvm.mlir.constant(4096 : i64)
// CHECK:       llvm.func @kernel_1(
llvm.func @kernel_1(%a: !llvm.ptr, %begin: i64, %end: i64) {
  %count = llvm.mlir.constant(1024 : index) : i64
  %scratch = llvm.alloca %count x f32 {alignment = 64 : i64} : (i64) -> !llvm.ptr
  llvm.return
}

agon.entry "metrics" @metrics reads [] writes [] flops 0 temp_bytes 0 {
  agon.launch @kernel_1 [64] tasks 1
}
