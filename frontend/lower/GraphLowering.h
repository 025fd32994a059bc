//===- GraphLowering.h - Straight-line programs to IR -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_LOWER_GRAPHLOWERING_H
#define AGON_FRONTEND_LOWER_GRAPHLOWERING_H

#include "frontend/lower/LoweringContext.h"

namespace agon::lowering {

/// Lowers one graph, node by node in order, at the builder's insertion point.
class GraphLowering {
public:
  /// `arguments` are the values of a network function's arguments, `player`
  /// whose update the graph is; either only where the graph has such nodes.
  explicit GraphLowering(LoweringContext &context, mlir::ValueRange arguments = {},
                         const sema::Player *player = nullptr)
      : context(context), b(context.b), arguments(arguments), player(player) {}

  void lower(const sema::Graph &graph);

  /// The lowered value of a node of the graph.
  mlir::Value value(const sema::Node *node) const;

  /// Ends the region with the values of `nodes`.
  void yield(mlir::Location loc, llvm::ArrayRef<sema::Node *> nodes);

private:
  mlir::Value lower(const sema::Node &node);
  // One function for each word in the table's column `lowering`.
  // A method a kind of node (Operations.def): the value of `node`, from those of its operands, for `lower`.

  // GraphLowering.cpp
  mlir::Value constant(const sema::Node &node);
  mlir::Value table(const sema::Node &node);
  mlir::Value argument(const sema::Node &node);
  mlir::Value read(const sema::Node &node);
  mlir::Value use(const sema::Node &node);
  mlir::Value random(const sema::Node &node);
  mlir::Value iota(const sema::Node &node);
  mlir::Value dataMean(const sema::Node &node);
  mlir::Value step(const sema::Node &node);
  mlir::Value hyper(const sema::Node &node);
  mlir::Value weight(const sema::Node &node);
  mlir::Value cotangent(const sema::Node &node);
  mlir::Value slot(const sema::Node &node);
  mlir::Value apply(const sema::Node &node);
  mlir::Value result(const sema::Node &node);
  mlir::Value gradient(const sema::Node &node);
  mlir::Value iteration(const sema::Node &node);
  mlir::Value loss(const sema::Node &node);
  mlir::Value differentials(const sema::Node &node);
  mlir::Value advance(const sema::Node &node);
  mlir::Value stopGradient(const sema::Node &node);

  // Elementwise.cpp
  mlir::Value elementwise(const sema::Node &node);
  mlir::Value select(const sema::Node &node);
  mlir::Value convert(const sema::Node &node);

  // Shapes.cpp
  mlir::Value broadcast(const sema::Node &node);
  mlir::Value reshape(const sema::Node &node);
  mlir::Value transpose(const sema::Node &node);
  mlir::Value slice(const sema::Node &node);
  mlir::Value pad(const sema::Node &node);
  mlir::Value reverse(const sema::Node &node);
  mlir::Value concat(const sema::Node &node);
  mlir::Value oneHot(const sema::Node &node);
  mlir::Value sameValue(const sema::Node &node);
  mlir::Value contract(const sema::Node &node);
  mlir::Value reduce(const sema::Node &node);

  // Windows.cpp
  mlir::Value convolution(const sema::Node &node);
  mlir::Value windows(const sema::Node &node);
  mlir::Value cumSum(const sema::Node &node);
  mlir::Value gather(const sema::Node &node);
  mlir::Value scatterAdd(const sema::Node &node);

  /// The node's axes, counted with the batch if `batched`.
  static llvm::SmallVector<int64_t> shifted(const std::vector<int64_t> &axes, bool batched);
  /// x with its axes permuted, unless they are in order already; axes count the batch.
  mlir::Value transposed(mlir::Location loc, mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  /// x in this shape, unless it has it already; the shape counts the batch.
  mlir::Value reshaped(mlir::Location loc, mlir::Value x, llvm::ArrayRef<int64_t> shape);

  /// The values of all operands.
  llvm::SmallVector<mlir::Value> operands(const sema::Node &node) const;
  mlir::Value operand(const sema::Node &node, unsigned index) const { return value(node.operands[index]); }
  mlir::Location location(const sema::Node &node) { return context.location(node.range); }
  mlir::RankedTensorType type(const sema::Node &node) { return context.type(node.type); }

  LoweringContext &context;
  mlir::OpBuilder &b;
  mlir::ValueRange arguments;
  const sema::Player *player;
  llvm::DenseMap<const sema::Node *, mlir::Value> values;
  llvm::DenseMap<const sema::Node *, mlir::ValueRange> applications; ///< Of nodes with several results.
};

} // namespace agon::lowering
#endif
