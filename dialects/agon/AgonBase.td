//===- AgonBase.td - The agon dialect ------------------------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_BASE_TD
#define AGON_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"

def Agon_Dialect : Dialect {
  let name = "agon";
  let cppNamespace = "::agon";
  let summary = "differentiable games between networks";
  let description = [{
    A game is data until the last moment. In the *game form* (phase `agon`)
    networks, random variables, players, objectives and turns are operations. In
    the *turn form* (phase `diff`) each turn is one pure function from state to
    state, described by an `agon.program` table. Both are made of one closed set
    of tensor operations: upstream `arith` and `math` on statically shaped
    tensors, and the contractions, reductions, shape changes and random draws
    defined here. Each has a pullback that is made of the same set, so a
    gradient can be differentiated again.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::math::MathDialect",
                           "mlir::func::FuncDialect", "mlir::tensor::TensorDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

class Agon_Op<string mnemonic, list<Trait> traits = []> : Op<Agon_Dialect, mnemonic, traits>;

// Every tensor has a static shape.
def Agon_Tensor : StaticShapeTensorOf<[AnyFloat, I1, I32, I64]>;
def Agon_FloatTensor : StaticShapeTensorOf<[AnyFloat]>;
def Agon_Scalar : 0DTensorOf<[AnyFloat]>;

#endif
