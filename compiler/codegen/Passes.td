//===- Passes.td - From fused regions to kernels in one arena -*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_CODEGEN_PASSES_TD
#define AGON_CODEGEN_PASSES_TD
include "mlir/Pass/PassBase.td"

def AgonAttachTarget : Pass<"agon-attach-target", "::mlir::ModuleOp"> {
  let summary = "say what machine a module is for";
  let description = [{
    Puts an `agon.target` on the module, in the place of one that it has: the
    first of the machines that `march` names. `agonc` does the same by itself.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "as --target of agonc">,
    Option<"march", "march", "std::string", "::agon::targets::nativeMarch.str()", "as --march of agonc">];
}

def AgonRematerialize : Pass<"agon-rematerialize", "::mlir::ModuleOp"> {
  let summary = "order regions, and compute some of them again, so that less memory is needed";
  let description = [{
    Runs on fused regions. In the functions that decide about the size of the
    arena, a region moves to just before its first reader or behind what it
    reads, where fewer bytes are alive then; it stays where the arena does not
    shrink. With a budget (bytes of the arena, cells and temporaries; 0: none)
    regions are repeated just before a later reader instead of being kept alive,
    the best ratio of bytes near the peak to work first, until the arena fits.
    What a repeated region reads is alive by then, an unchanged cell or repeated
    too. Results are the same to the bit. Such a region carries
    `agon.recomputed`. It is an error, of the model rather than of the compiler,
    if the budget cannot be met.

    ```mlir
    %a = agon.region insert(%x) ...
    %b = agon.region contraction(%a, %w) ...
    %c = agon.region contraction(%b, %v) ...
    %d = agon.region contraction(%a, %c) ...
    ```
    becomes
    ```mlir
    %a = agon.region insert(%x) ...
    %b = agon.region contraction(%a, %w) ...
    %c = agon.region contraction(%b, %v) ...
    %e = agon.region insert(%x) ... attributes {agon.recomputed}
    %d = agon.region contraction(%e, %c) ...
    ```
  }];
  let options = [
    Option<"budget", "budget", "uint64_t", "0", "bytes that the arena may have; 0: any">,
    Option<"reorder", "reorder", "bool", "true", "move regions also where no budget asks for it">];
  let dependentDialects = ["::agon::AgonDialect"];
}

def AgonLiftConstants : Pass<"agon-lift-constants", "::mlir::ModuleOp"> {
  let summary = "let regions that differ in numbers alone read them, as one kernel does";
  let description = [{
    Finds regions that are equal up to the constants with which their elementwise operations count, and makes operands
    of those that differ.

    ```mlir
    %0 = agon.region elementwise(%key) ... { ... %c3 = arith.constant 3 : i64 ... }
    %1 = agon.region elementwise(%key) ... { ... %c4 = arith.constant 4 : i64 ... }
    ```
    becomes
    ```mlir
    %c3 = arith.constant dense<3> : tensor<i64>
    %c4 = arith.constant dense<4> : tensor<i64>
    %0 = agon.region elementwise(%key, %c3) ...
    %1 = agon.region elementwise(%key, %c4) ...
    ```
  }];
  let statistics = [Statistic<"numLifted", "lifted", "numbers that became operands of kernels">];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def AgonPlace : Pass<"agon-place", "::mlir::ModuleOp"> {
  let summary = "give every tensor a place in one arena";
  let description = [{
    Cells get fixed offsets at the start of the arena; every other tensor lives
    in the temporaries behind them, where lifetimes that do not meet share
    memory. A region's result is written straight into the cell that it becomes
    when nothing reads the cell's old value later, and over a dying operand where
    the target can update in place. What no region puts in its place is copied.

    ```mlir
    %0 = agon.region elementwise(%w) ...
    ```
    becomes
    ```mlir
    %0 = agon.region elementwise(%w) ... attributes {places = [0, 0]} ...
    ```
  }];
  let statistics = [Statistic<"numCopies", "copies", "cells that had to be copied into">];
  let dependentDialects = ["::agon::AgonDialect"];
}

def AgonShiftReads : Pass<"agon-shift-reads", "::mlir::ModuleOp"> {
  let summary = "let regions that read other parts of a tensor be one kernel";
  let description = [{
    Runs on placed regions. Where an elementwise region reads a tensor from some element on, and nothing else of that
    buffer, its launch is handed the buffer from nearly there on: `agon.shifts` are the bytes of each input. Only
    shifts that keep the arena's alignment are taken.

    ```mlir
    %0 = agon.region elementwise(%x) ... { places = [0, 64] } { ... affine_map<(d0, d1, d2) -> (d0, d1 + 5, d2)> ... }
    ```
    becomes
    ```mlir
    %0 = agon.region elementwise(%x) ... { places = [0, 64], agon.shifts = array<i64: 256> }
         { ... affine_map<(d0, d1, d2) -> (d0, d1 + 1, d2)> ... }
    ```
  }];
  let statistics = [Statistic<"numShifted", "shifted", "regions that read from nearer to the beginning">];
}

def AgonPlan : Pass<"agon-plan", "::mlir::ModuleOp"> {
  let summary = "say how each region is computed";
  let description = [{
    Asks the target of the module for a plan of each region: an attribute of the
    target's own, with the price that it was chosen for. A region that has a plan
    already, written by hand, keeps it.

    ```mlir
    %0 = agon.region elementwise(%w) ... attributes {places = [0, 0]} ...
    ```
    becomes
    ```mlir
    %0 = agon.region elementwise(%w) ...
         attributes {places = [0, 0], plan = #agon_cpu.loops<form = elementwise, tasks = 1, cycles = 6>} ...
    ```
  }];
  let options = [Option<"optLevel", "opt-level", "unsigned", "3", "0: one plain loop nest an operation">];
  let dependentDialects = ["::agon::AgonDialect"];
}

def AgonEmit : Pass<"agon-emit", "::mlir::ModuleOp"> {
  let summary = "turn placed regions into kernels, by their plans, and functions into launches of them";
  let description = [{
    Regions that are equal up to their place become one kernel, which the target
    emits. A region without a plan is given the target's own.

    ```mlir
    func.func @turn_D(%w: tensor<4xf32> {agon.cell = @D.w}) -> (tensor<4xf32> {agon.cell = @D.w})
        attributes {agon.kind = "turn", agon.temporary_bytes = 0} {
      %0 = agon.region elementwise(%w) ... attributes {places = [0, 0]} ...
      return %0 : tensor<4xf32>
    }
    ```
    becomes
    ```mlir
    func.func private @kernel_0(%a: memref<4xf32>, %begin: index, %end: index) { ... }
    agon.entry "turn" @turn_D reads [@D.w] writes [@D.w] flops 4 temp_bytes 0 {
      agon.launch @kernel_0 [0] tasks 1
    }
    ```
  }];
  let options = [Option<"optLevel", "opt-level", "unsigned", "3", "0: one plain loop nest an operation">];
  let statistics = [
    Statistic<"numRegions", "regions", "fused regions in all functions">,
    Statistic<"numKernels", "kernels", "distinct kernels">];
  let dependentDialects = ["::agon::AgonDialect"];
}

def AgonEmitKernels : Pass<"agon-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "emit every fused region as a kernel with a buffer a value (for tests)";
  let description = [{
    Each `agon.region` of the module's functions becomes the kernel `FUNCTION_N`,
    every value with a buffer of its own; the functions go. `agon.tasks` says how
    many tasks the kernel has; the kernels of a device stand in its module. The
    compiler itself runs `agon-emit`, which knows where buffers lie.

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = agon.region elementwise(%x) flops 8 bytes 64 : (tensor<8xf32>) -> tensor<8xf32> { ... }
      return %y : tensor<8xf32>
    }
    ```
    becomes
    ```mlir
    func.func @f_0(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index) attributes {agon.tasks = 1} { ... }
    ```
  }];
  let options = [Option<"optLevel", "opt-level", "int", "3", "0 for the reference, 3 for all">];
}

def AgonLaunchToLLVM : Pass<"agon-launch-to-llvm", "::mlir::ModuleOp"> {
  let summary = "turn entries into LLVM functions of the runtime's frame";
  let description = [{
    Runs after the kernels are LLVM functions. Each entry becomes
    `void NAME(const agon_frame *)`; a launch becomes a call of the kernel, or
    of `frame->launch` with a constant `agon_launch`, whose kernel is a wrapper that
    unpacks the buffers; constants become globals.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}
#endif
