//===- Pullback.td - The differentiation interface -----------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_AUTODIFF_PULLBACK_TD
#define AGON_AUTODIFF_PULLBACK_TD

include "mlir/IR/OpBase.td"

def PullbackOpInterface : OpInterface<"PullbackOpInterface"> {
  let cppNamespace = "::agon::autodiff";
  let description = [{
    How a cotangent travels backwards through an operation. Implemented by
    external models (one short rule an operation, in this room), so that the
    dialects know nothing of differentiation. A rule emits operations of the
    same closed set, so its result can be differentiated again.
  }];
  let methods = [
    InterfaceMethod<[{
      Appends operations to `builder` that compute the cotangents of the operands
      for which `needed` is set, and stores them in `operands`. A null Value is a
      symbolic zero, in `results` (at least one of which is not null) as in
      `operands` (all null at entry). A cotangent has the type of its value.
    }], "void", "pullback",
      (ins "::mlir::OpBuilder &":$builder, "::llvm::ArrayRef<::mlir::Value>":$results,
           "::llvm::ArrayRef<bool>":$needed, "::llvm::MutableArrayRef<::mlir::Value>":$operands)>,
    InterfaceMethod<[{
      Whether the derivative is zero wherever it exists (floor, one_hot,
      stop_gradient): nothing behind such an operation is active.
    }], "bool", "isLocallyConstant", (ins), [{}], [{ return false; }]>
  ];
}

#endif
