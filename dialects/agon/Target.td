//===- Target.td - The machine a program is compiled for -----*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TARGET_TD
#define AGON_TARGET_TD
include "dialects/agon/AgonBase.td"
include "mlir/IR/AttrTypeBase.td"

def Agon_TargetAttr : AttrDef<Agon_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "the machine that a program is compiled for";
  let description = [{
    Stands on the module as `agon.target` from before `linalg` on. `kind` is the
    name of a target in the compiler's registry, which alone gives the rest its
    meaning: a vector of `lanes` elements of 32 bits (on a GPU a warp), of which
    code has `registers` at hand; `caches`, bytes of each level of memory from
    the nearest on, each shared by as many workers as `sharers` says; `workers`
    that compute at a time; the types that a fused `multiply_adds` exists for;
    what the machine must have when the program starts (`needs`).

    ```mlir
    module attributes {agon.target = #agon.target<"cpu", processor = "znver4", lanes = 16, registers = 32,
        caches = [32768, 1048576, 33554432], sharers = [2, 2, 16], workers = 16,
        multiply_adds = [f32, f64], needs = ["avx2", "fma"]>} { ... }
    ```
  }];
  let parameters = (ins
    StringRefParameter<"name of the target in the registry">:$kind,
    StringRefParameter<"LLVM's name of the processor">:$processor,
    OptionalParameter<"::mlir::StringAttr", "LLVM's feature string">:$features,
    "int64_t":$lanes, "int64_t":$registers,
    "::mlir::DenseI64ArrayAttr":$caches, "::mlir::DenseI64ArrayAttr":$sharers, "int64_t":$workers,
    "::mlir::ArrayAttr":$multiply_adds, "::mlir::ArrayAttr":$needs);
  let assemblyFormat = [{
    `<` $kind `,` struct($processor, $features, $lanes, $registers, $caches, $sharers, $workers, $multiply_adds,
                         $needs) `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Bits of a vector register.
    unsigned getVectorBits() const { return unsigned(getLanes()) * 32; }
    /// Bytes of the level of memory `level` (0: the nearest); 0 if there is none.
    int64_t getCacheBytes(unsigned level) const {
      return level < getCaches().size() ? getCaches().asArrayRef()[level] : 0;
    }
    /// Whether a fused multiply-add of `element` exists.
    bool hasMultiplyAdd(::mlir::Type element) const {
      return ::llvm::is_contained(getMultiplyAdds(), ::mlir::TypeAttr::get(element));
    }
  }];
}
#endif
