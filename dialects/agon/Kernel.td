//===- Kernel.td - Entry functions over one arena ------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_KERNEL_TD
#define AGON_KERNEL_TD
include "dialects/agon/Steps.td"

def Agon_EntryOp : Agon_Op<"entry", [Symbol, IsolatedFromAbove, NoTerminator, SingleBlock, NoRegionArguments,
                                     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a function of the model as a straight line of kernel launches";
  let description = [{
    Phase `kernels`. Every tensor has a place in the arena by now, so an entry
    has no values: it is a list of `agon.launch` and `agon.copy`. `kind` and
    `subject` are as in agon_function; `reads` and `writes` name cells of the
    program's table; `temp_bytes` is what it needs beyond the cells.

    ```mlir
    agon.entry "turn" @turn_D reads [@D.dense_0.W, @data.x] writes [@D.dense_0.W] flops 123 temp_bytes 4096 {
      agon.launch @kernel_0 [0, 65536, @constant_0] tasks 4
    }
    ```
  }];
  let arguments = (ins StrAttr:$kind, SymbolNameAttr:$sym_name, DefaultValuedAttr<I64Attr, "-1">:$subject,
                       FlatSymbolRefArrayAttr:$reads, FlatSymbolRefArrayAttr:$writes, I64Attr:$flops,
                       I64Attr:$temp_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $kind $sym_name (`subject` $subject^)? `reads` $reads `writes` $writes `flops` $flops `temp_bytes` $temp_bytes
    attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
}

def Agon_LaunchOp : Agon_Op<"launch", [HasParent<"EntryOp">, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel over its grid [0, tasks)";
  let description = [{
    A kernel of the host is a function of (buffers..., begin: index, end: index). A
    buffer is a byte offset into the arena or the symbol of a constant. With `tasks`
    1 the kernel is called directly, else through the frame's `launch`. A kernel of
    a device is a function of (buffers...) in a module of its own.

    How it is run is as in agon_launch: each task is a `block` of threads with
    `scratch` bytes of its own (on the host at least what the kernel has on its
    stack), all share `workspace` bytes, and the buffers lie in `space`.

    What the launch is, for reports and profiles, as in agon_region: its kind and
    name, its place in the model's file, how its kernel computes it, its work. In
    turns also what real numbers it reads and writes (`extents`) and which of its
    operations may make what is not finite (`makers`).

    ```mlir
    agon.launch @kernel_0 [0, 65536, @constant_0] tasks 4 is contraction "D#1 contraction [64, 128]"
        at "ring.agon:20:17" by "outer 6x2, B packed" flops 2097152 bytes 131072
    agon.launch @device::@kernel_1 [0] tasks 132 block 128 scratch 49152 in device
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, ArrayAttr:$buffers, I64Attr:$tasks,
                       DefaultValuedAttr<Agon_RegionKind, "::agon::RegionKind::Elementwise">:$kind,
                       DefaultValuedStrAttr<StrAttr, "">:$name, DefaultValuedStrAttr<StrAttr, "">:$source,
                       DefaultValuedStrAttr<StrAttr, "">:$algorithm, DefaultValuedAttr<I64Attr, "0">:$flops,
                       DefaultValuedAttr<I64Attr, "0">:$bytes, OptionalAttr<Agon_ExtentArray>:$extents,
                       OptionalAttr<Agon_MakerArray>:$makers, DefaultValuedAttr<I64Attr, "1">:$block,
                       DefaultValuedAttr<I64Attr, "0">:$scratch, DefaultValuedAttr<I64Attr, "0">:$workspace,
                       DefaultValuedAttr<Agon_Space, "::agon::Space::Host">:$space);
  let assemblyFormat = [{
    $kernel $buffers `tasks` $tasks (`block` $block^)? (`scratch` $scratch^)? (`workspace` $workspace^)?
    (`in` $space^)?
    (`is` $kind $name^ `at` $source `by` $algorithm `flops` $flops `bytes` $bytes)? attr-dict
  }];
}

def Agon_CopyOp : Agon_Op<"copy", [ParentOneOf<["EntryOp", "::mlir::func::FuncOp"]>,
                                   DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "copies bytes within the arena, or from a constant into it";
  let description = [{
    The two ranges of bytes do not overlap.

    ```mlir
    agon.copy 0 to 65536 bytes 4096
    agon.copy @constant_0 to 65536 bytes 64
    ```
  }];
  let arguments = (ins AnyAttrOf<[I64Attr, FlatSymbolRefAttr]>:$source, I64Attr:$target, I64Attr:$bytes,
                       OptionalAttr<Agon_ExtentArray>:$extents);
  let assemblyFormat = "$source `to` $target `bytes` $bytes attr-dict";
}

def Agon_ConstantOp : Agon_Op<"constant", [Symbol]> {
  let summary = "a table of numbers that kernels read";
  let description = [{
    Kernels of a device find it in the arena, at `offset`.

    ```mlir
    agon.constant @constant_0 dense<[1.0, 2.0]> : tensor<2xf32>
    agon.constant @constant_1 dense<1.0> : tensor<2xf32> offset 65536
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$value, OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$sym_name $value (`offset` $offset^)? attr-dict";
}
#endif
