//===- Cpu.td - How the CPU computes a region ----------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_CPU_TD
#define AGON_CPU_TD
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def AgonCpu_Dialect : Dialect {
  let name = "agon_cpu";
  let cppNamespace = "::agon::cpu";
  let summary = "plans of regions on a CPU";
  let description = [{
    The attributes that `agon-plan` gives regions where the target is a CPU. What
    they say is what the emitters do: another plan, written by hand, changes the
    kernel and never its result, but for the last bits where the order of a sum
    is another one, and for the precision of products. `cycles` is the price that the plan was chosen for; nothing
    else depends on it.
  }];
  let useDefaultAttributePrinterParser = 1;
}

def Cpu_TileForm : I32EnumAttr<"TileForm", "how tiles of a contraction's result are computed", [
    I32EnumAttrCase<"Outer", 0, "outer">, I32EnumAttrCase<"Inner", 1, "inner">]> {
  let cppNamespace = "::agon::cpu";
  let genSpecializedAttr = 0;
}

def Cpu_Copying : I32EnumAttr<"Copying", "how an operand of a contraction is read", [
    I32EnumAttrCase<"InPlace", 0, "in_place">, I32EnumAttrCase<"InRuns", 1, "in_runs">,
    I32EnumAttrCase<"ByRows", 2, "by_rows">, I32EnumAttrCase<"ByColumns", 3, "by_columns">]> {
  let cppNamespace = "::agon::cpu";
  let genSpecializedAttr = 0;
}

def Cpu_Precision : I32EnumAttr<"Precision", "what the products of a contraction are computed in", [
    I32EnumAttrCase<"Full", 0, "full">, I32EnumAttrCase<"Bf16", 1, "bf16">]> {
  let cppNamespace = "::agon::cpu";
  let genSpecializedAttr = 0;
}

def Cpu_LoopForm : I32EnumAttr<"LoopForm", "the emitter of a region's loops", [
    I32EnumAttrCase<"Plain", 0, "plain">, I32EnumAttrCase<"Elementwise", 1, "elementwise">,
    I32EnumAttrCase<"Reduction", 2, "reduction">, I32EnumAttrCase<"Insert", 3, "insert">,
    I32EnumAttrCase<"ModeProduct", 4, "mode_product">]> {
  let cppNamespace = "::agon::cpu";
  let genSpecializedAttr = 0;
}

class Cpu_Attr<string name, string attrMnemonic> : AttrDef<AgonCpu_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Cpu_ReadingAttr : Cpu_Attr<"Reading", "reading"> {
  let summary = "how the operands of one pair of a contraction are read";
  let description = [{
    `a` lies in place, in place in runs of k from an address a row, or is copied
    `by_rows` ([m][k]) or `by_columns` ([k][m]); `b` lies in place or is copied
    `by_columns`, a panel at a time.

    ```mlir
    #agon_cpu.reading<a = by_rows, b = in_place>
    ```
  }];
  let parameters = (ins EnumParameter<Cpu_Copying>:$a, EnumParameter<Cpu_Copying>:$b);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Cpu_ContractionAttr : Cpu_Attr<"Contraction", "contraction"> {
  let summary = "a contraction cut into tiles of its result, tasks and blocks of the sum";
  let description = [{
    C[batch, m, n] = sum over k of A[batch, m, k] B[batch, k, n]; `transposed`:
    of the root's operands the second one is A. A tile is `rows` x `vectors`
    accumulators in form `outer`, and a vector of results in form `inner`. A task
    computes `m_block` x `n_block` of C; `m_shared` rows share copies of B's
    panels; a sum that `is_cut` is of `k_block` terms at a time, with partial sums
    in scratch. There is one reading a pair of operands. In `precision` `bf16`
    operands of f32 are rounded as they are copied, both of them, and sums are
    f32; in `full`, which is not written, products are of the operands' own type.

    ```mlir
    #agon_cpu.contraction<form = outer, transposed = false, rows = 14, vectors = 2, m_block = 112, n_block = 64,
        m_shared = 112, k_block = 512, is_cut = false, readings = [#agon_cpu.reading<a = by_rows, b = by_columns>],
        cycles = 131072>
    ```
  }];
  let parameters = (ins
    EnumParameter<Cpu_TileForm>:$form, "bool":$transposed, "int64_t":$rows, "int64_t":$vectors,
    "int64_t":$m_block, "int64_t":$n_block, "int64_t":$m_shared, "int64_t":$k_block, "bool":$is_cut,
    "::mlir::ArrayAttr":$readings, "int64_t":$cycles,
    DefaultValuedParameter<"::agon::cpu::Precision", "::agon::cpu::Precision::Full">:$precision);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Cpu_LoopsAttr : Cpu_Attr<"Loops", "loops"> {
  let summary = "a region as loops of one emitter, cut into tasks";
  let description = [{
    Fewer tasks may come of it, since each has whole vectors of the outermost axis.

    ```mlir
    #agon_cpu.loops<form = elementwise, tasks = 4, cycles = 160000>
    ```
  }];
  let parameters = (ins EnumParameter<Cpu_LoopForm>:$form, "int64_t":$tasks, "int64_t":$cycles);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif
