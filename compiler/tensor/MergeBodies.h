//===- MergeBodies.h - Many elementwise bodies in one generic ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_MERGEBODIES_H
#define AGON_COMPILER_TENSOR_MERGEBODIES_H

#include "compiler/tensor/FusionGraph.h"
#include <memory>

namespace agon::tensors {

/// Builds one all-parallel generic that computes tensors of the function point
/// by point, with the bodies of those nodes that `isComputed` names (and of the
/// recomputed ones) copied into its own. Whatever else is read becomes an
/// input; `leaf` says which value of the region stands for it.
class BodyMerger {
public:
  BodyMerger(const FusionGraph &graph, llvm::ArrayRef<int64_t> space, mlir::MLIRContext *context,
             std::function<bool(unsigned)> isComputed, std::function<mlir::Value(mlir::Value)> leaf);

  /// The element of `tensor` at `map` of the iteration space.
  mlir::Value read(mlir::Value tensor, mlir::AffineMap map);
  /// The element at the point itself.
  mlir::Value read(mlir::Value tensor);

  /// Ends the body with these elements.
  mlir::linalg::GenericOp finish(mlir::OpBuilder &builder, mlir::ValueRange elements);

private:
  void compute(unsigned node, mlir::AffineMap map);
  mlir::Value constant(mlir::Operation *op);
  mlir::Value index(mlir::AffineExpr expr, mlir::Location loc);

  const FusionGraph &graph;
  llvm::SmallVector<int64_t> space;
  std::unique_ptr<mlir::Block> body;
  mlir::OpBuilder builder;
  std::function<bool(unsigned)> isComputed;
  std::function<mlir::Value(mlir::Value)> leaf;
  llvm::SmallVector<mlir::Value> inputs;
  llvm::SmallVector<mlir::AffineMap> maps;
  llvm::SmallVector<mlir::Location> locations;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, mlir::Value> elements;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
};

/// Copies constants that the region uses from outside into its first block.
void internalizeConstants(mlir::Region &region);

} // namespace agon::tensors
#endif
