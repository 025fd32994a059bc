//===- Decompose.h - Window and index operations in simpler ones -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_DECOMPOSE_H
#define AGON_COMPILER_TENSOR_DECOMPOSE_H

#include "compiler/target/Target.h"
#include "compiler/tensor/Passes.h"

namespace agon::tensors {

// Each makes operations of contractions, reductions and views at the builder's
// place and returns the value that replaces the operation's result.

mlir::Value decompose(ConvOp op, mlir::OpBuilder &builder);
mlir::Value decompose(ConvInputGradientOp op, mlir::OpBuilder &builder);
mlir::Value decompose(ConvFilterGradientOp op, mlir::OpBuilder &builder);
mlir::Value decompose(FoldOp op, mlir::OpBuilder &builder);
mlir::Value decompose(CumSumOp op, mlir::OpBuilder &builder);
mlir::Value decompose(GatherOp op, mlir::OpBuilder &builder);
mlir::Value decompose(ScatterAddOp op, mlir::OpBuilder &builder);

/// The same by Winograd's method, where it pays or (`use` is Always) is defined; null, with nothing made, elsewhere.
/// Tiles have `maxPoints` along an axis at most.
mlir::Value decomposeByWinograd(ConvOp op, mlir::OpBuilder &builder, WinogradUse use,
                                const targets::ConvolutionCosts &costs, int64_t maxPoints);
mlir::Value decomposeByWinograd(ConvInputGradientOp op, mlir::OpBuilder &builder, WinogradUse use,
                                const targets::ConvolutionCosts &costs, int64_t maxPoints);
mlir::Value decomposeByWinograd(ConvFilterGradientOp op, mlir::OpBuilder &builder, WinogradUse use,
                                const targets::ConvolutionCosts &costs, int64_t maxPoints);

} // namespace agon::tensors
#endif
