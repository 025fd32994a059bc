//===- Gpu.td - How a GPU computes a region ------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_GPU_TD
#define AGON_GPU_TD
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def AgonGpu_Dialect : Dialect {
  let name = "agon_gpu";
  let cppNamespace = "::agon::gpu";
  let summary = "plans of regions on a GPU";
  let description = [{
    The attributes that `agon-plan` gives regions where the target is a GPU. What
    they say is what the emitters do: another plan, written by hand, changes the
    kernel and never its result, but for the last bits where the order of a sum
    is another one.
  }];
  let useDefaultAttributePrinterParser = 1;
}

def Gpu_GridForm : I32EnumAttr<"GridForm", "the emitter of a region's grid", [
    I32EnumAttrCase<"Elementwise", 0, "elementwise">, I32EnumAttrCase<"Insert", 1, "insert">,
    I32EnumAttrCase<"Reduction", 2, "reduction">, I32EnumAttrCase<"ModeProduct", 3, "mode_product">]> {
  let cppNamespace = "::agon::gpu";
  let genSpecializedAttr = 0;
}

def Gpu_Precision : I32EnumAttr<"Precision", "what the products of a contraction are computed in", [
    I32EnumAttrCase<"F32", 0, "f32">, I32EnumAttrCase<"Tf32", 1, "tf32">, I32EnumAttrCase<"Bf16", 2, "bf16">]> {
  let cppNamespace = "::agon::gpu";
  let genSpecializedAttr = 0;
}

class Gpu_Attr<string name, string attrMnemonic> : AttrDef<AgonGpu_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Gpu_GridAttr : Gpu_Attr<"Grid", "grid"> {
  let summary = "a region whose points are shared among the threads of a grid";
  let description = [{
    `blocks` blocks of `threads` threads go through the points, each thread
    `lanes` neighbours at a time. In form `reduction` a point is a result, on
    which `group` threads work together: a thread's part of the sum is serial,
    the parts are added by halves in shared memory. Threads side by side are of one
    group, or with `results_first` of one group each. Where `split` is more than 1,
    so many blocks have a part of each sum, and the last of them adds the parts.

    ```mlir
    #agon_gpu.grid<form = elementwise, blocks = 264, threads = 256, lanes = 4, group = 1>
    ```
  }];
  let parameters = (ins EnumParameter<Gpu_GridForm>:$form, "int64_t":$blocks, "int64_t":$threads, "int64_t":$lanes,
                        "int64_t":$group, DefaultValuedParameter<"bool", "false">:$results_first,
                        DefaultValuedParameter<"int64_t", "1">:$split);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Gpu_TilesAttr : Gpu_Attr<"Tiles", "tiles"> {
  let summary = "a contraction cut into tiles of its result, a block of threads each";
  let description = [{
    C[batch, m, n] = sum over k of A[batch, m, k] B[batch, k, n]. A block computes
    `rows` x `columns` of C, from tiles of A and B of `depth` steps of k in shared
    memory. In precision `f32` a thread has `thread_rows` x `thread_columns`
    accumulators. In `tf32` and `bf16` a warp has so many tiles of 16 x 8 of its
    own, which tensor cores compute. Tiles of A and B are there `stages` times, so
    that all but one may be on their way. k is cut into `split` parts, a block each,
    which the last block of a tile adds.

    ```mlir
    #agon_gpu.tiles<rows = 64, columns = 64, depth = 16, thread_rows = 4, thread_columns = 4, stages = 2, split = 1,
                    precision = f32>
    ```
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "int64_t":$depth, "int64_t":$thread_rows,
                        "int64_t":$thread_columns, "int64_t":$stages, "int64_t":$split,
                        EnumParameter<Gpu_Precision>:$precision);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Threads of a block.
    int64_t getThreads() const {
      return getPrecision() == Precision::F32
                 ? getRows() / getThreadRows() * (getColumns() / getThreadColumns())
                 : getRows() / (16 * getThreadRows()) * (getColumns() / (8 * getThreadColumns())) * 32;
    }
  }];
}

#endif
