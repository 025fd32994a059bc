//===- Steps.td - What the table says of functions -----------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Attributes that hold rows of runtime/abi/agon_abi.h: whoever makes them names
// the fields, whoever copies them into the model's table reads the same ones.
//===----------------------------------------------------------------------===//
#ifndef AGON_STEPS_TD
#define AGON_STEPS_TD
include "dialects/agon/Program.td"
include "mlir/IR/AttrTypeBase.td"

class Agon_Attr<string name, string attrMnemonic> : AttrDef<Agon_Dialect, name> {
  let mnemonic = attrMnemonic;
  let assemblyFormat = "`<` struct(params) `>`";
}

def Agon_ExtentAttr : Agon_Attr<"Extent", "extent"> {
  let summary = "real numbers in the arena that a step reads or writes, as in agon_extent";
  let description = [{
    ```mlir
    #agon.extent<offset = 0, bytes = 64, element = f32, written = false>
    ```
  }];
  let parameters = (ins "int64_t":$offset, "int64_t":$bytes, "::mlir::Type":$element, "bool":$written);
  let genVerifyDecl = 1;
}
def Agon_ExtentArray : TypedArrayAttrBase<Agon_ExtentAttr, "extents">;

def Agon_MakerAttr : Agon_Attr<"Maker", "maker"> {
  let summary = "an operation that may make what is not finite of what is, as in agon_maker";
  let description = [{
    ```mlir
    #agon.maker<operation = "log", within = "D#2", source = "ring.agon:9:23", makes = 3>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$operation, StringRefParameter<>:$within, StringRefParameter<>:$source,
                        "uint32_t":$makes);
}
def Agon_MakerArray : TypedArrayAttrBase<Agon_MakerAttr, "makers">;

def Agon_StepAttr : Agon_Attr<"Step", "step"> {
  let summary = "a launch or a copy of a function in the LLVM dialect, as in agon_region";
  let description = [{
    A step without a `launch` (the symbol of its agon_launch) is a copy, which has
    no kind.

    ```mlir
    #agon.step<kind = contraction, name = "D#1 contraction [64, 128]", source = "ring.agon:20:17",
        algorithm = "outer 6x2, B packed", flops = 2097152, bytes = 131072, launch = @kernel_0.launch>
    #agon.step<name = "copy", source = "", algorithm = "copy", flops = 0, bytes = 128>
    ```
  }];
  let parameters = (ins
    DefaultValuedParameter<"::agon::RegionKind", "::agon::RegionKind::Elementwise">:$kind,
    StringRefParameter<>:$name, StringRefParameter<>:$source, StringRefParameter<>:$algorithm, "int64_t":$flops,
    "int64_t":$bytes, OptionalParameter<"::mlir::FlatSymbolRefAttr">:$launch,
    OptionalParameter<"::mlir::ArrayAttr">:$extents, OptionalParameter<"::mlir::ArrayAttr">:$makers);
  let genVerifyDecl = 1;
}

def Agon_FunctionAttr : Agon_Attr<"Function", "function"> {
  let summary = "what the table says of a function in the LLVM dialect, as in agon_function";
  let description = [{
    Stands as `agon.function` on what was an agon.entry. `marked` is the version
    with marks between its steps, if it has one.

    ```mlir
    #agon.function<kind = "turn", subject = -1, reads = [@D.dense_0.W, @data.x], writes = [@D.dense_0.W],
        flops = 123, temp_bytes = 4096, marked = @turn_D.marked, steps = [#agon.step<...>]>
    ```
  }];
  let parameters = (ins
    StringRefParameter<>:$kind, "int64_t":$subject, "::mlir::ArrayAttr":$reads, "::mlir::ArrayAttr":$writes,
    "int64_t":$flops, "int64_t":$temp_bytes, OptionalParameter<"::mlir::FlatSymbolRefAttr">:$marked,
    "::mlir::ArrayAttr":$steps);
  let genVerifyDecl = 1;
}

def Agon_TemporariesAttr : Agon_Attr<"Temporaries", "temporaries"> {
  let summary = "bytes of a function's temporaries: as it was formed, once it was ordered, as it is";
  let description = [{
    Stands as `agon.temporaries` on functions that were ordered, or that compute
    something again to need less.

    ```mlir
    #agon.temporaries<formed = 1024, ordered = 832, planned = 512>
    ```
  }];
  let parameters = (ins "int64_t":$formed, "int64_t":$ordered, "int64_t":$planned);
}

#endif
