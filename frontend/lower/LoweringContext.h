//===- LoweringContext.h - What all of the lowering shares ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_LOWER_LOWERINGCONTEXT_H
#define AGON_FRONTEND_LOWER_LOWERINGCONTEXT_H

#include "dialects/agon/Agon.h"
#include "frontend/lower/Lower.h"
#include "llvm/ADT/DenseMap.h"

namespace agon::lowering {

/// The builder, and how types, places and names of the model are said in IR.
struct LoweringContext {
  LoweringContext(mlir::MLIRContext &context, const LowerOptions &options, const sema::Model &model);

  /// The type of a value: a batched one has the batch as its first axis.
  mlir::RankedTensorType type(const sema::Type &type);
  llvm::SmallVector<mlir::Type> types(const std::vector<sema::Type> &list);

  /// Where a construct stands in the user's file.
  mlir::Location location(sema::SourceRange range);

  mlir::FlatSymbolRefAttr symbol(const sema::Network &network);
  mlir::FlatSymbolRefAttr symbol(const sema::Variable &variable);
  mlir::SymbolRefAttr symbol(const sema::Network &network, int64_t storage);

  mlir::OpBuilder b;
  mlir::Type real;
  int64_t batch;
  std::string sourceName;
  /// The symbols of the game's variables.
  llvm::DenseMap<const sema::Variable *, mlir::StringAttr> variables;
  const sema::Game *game = nullptr; ///< While it is lowered.
};

/// `value` in every element of `type`.
mlir::Value splat(mlir::OpBuilder &b, mlir::Location loc, mlir::RankedTensorType type, double value);

} // namespace agon::lowering
#endif
