//===- OnnxOperations.h - Operations as nodes of ONNX ----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_ONNXOPERATIONS_H
#define AGON_COMPILER_EXPORT_ONNXOPERATIONS_H

#include "compiler/export/OnnxGraph.h"
#include "compiler/export/SampleAxes.h"
#include "dialects/agon/Agon.h"

namespace agon::exports {

/// A value in the graph. ONNX broadcasts where elementwise operations meet, so that what is repeated is kept once: an
/// axis of `repeated` has the size 1 there.
struct OnnxValue {
  std::string name;
  llvm::SmallVector<bool> repeated;
};

/// Makes the nodes of a function's operations.
class OnnxOperations {
public:
  /// \param axes those whose size is the minibatch's, which differs from call to call. \param isFixed that it does not.
  OnnxOperations(OnnxGraph &graph, const SampleAxes &axes, bool isFixed) : graph(graph), axes(axes), isFixed(isFixed) {}

  /// Makes `name` the value's.
  void bind(mlir::Value value, std::string name);
  /// Adds the operation's nodes. Fails where ONNX has none for it; nothing is said of that.
  mlir::LogicalResult add(mlir::Operation &op);
  /// The value with all of its elements.
  std::string whole(mlir::Value value);
  /// The value's shape in the graph.
  llvm::SmallVector<int64_t> shapeOf(mlir::Value value) const;

private:
  using Names = llvm::ArrayRef<std::string>;
  using Attributes = llvm::ArrayRef<OnnxAttribute>;
  mlir::LogicalResult set(mlir::Value value, std::string name);
  /// An elementwise operation of these operands is such a node.
  mlir::LogicalResult elementwise(mlir::Operation &op, std::string_view node, Attributes attributes = {});
  /// The same for what takes several nodes, made of the operands' names.
  mlir::LogicalResult elementwise(mlir::Operation &op, llvm::function_ref<std::string(Names)> make);
  bool isBatch(mlir::Value value, int64_t axis) const { return !isFixed && axes.contains(value, axis); }
  std::string sizes(mlir::Value value, llvm::ArrayRef<bool> which);

  std::string expm1(mlir::Type element, const std::string &x);
  std::string log1p(mlir::Type element, const std::string &x);
  std::string erfc(mlir::Type element, const std::string &x);
  std::string compare(mlir::arith::CmpFPredicate predicate, const std::string &x, const std::string &y);
  std::string labelsWithin(mlir::Value labels, int64_t classes);

  mlir::LogicalResult constant(mlir::arith::ConstantOp op);
  mlir::LogicalResult compareLabels(mlir::arith::CmpIOp op);
  mlir::LogicalResult broadcast(BroadcastOp op);
  mlir::LogicalResult reshape(ReshapeOp op);
  mlir::LogicalResult transpose(TransposeOp op);
  mlir::LogicalResult slice(SliceOp op);
  mlir::LogicalResult pad(PadOp op);
  mlir::LogicalResult reverse(ReverseOp op);
  mlir::LogicalResult concat(ConcatOp op);
  mlir::LogicalResult reduce(ReduceOp op);
  mlir::LogicalResult contract(ContractOp op);
  mlir::LogicalResult oneHot(OneHotOp op);
  mlir::LogicalResult iota(IotaOp op);
  mlir::LogicalResult gather(GatherOp op);
  mlir::LogicalResult scatterAdd(ScatterAddOp op);
  mlir::LogicalResult cumSum(CumSumOp op);
  mlir::LogicalResult conv(ConvOp op);
  mlir::LogicalResult deconv(ConvInputGradientOp op);
  mlir::LogicalResult unfold(UnfoldOp op);
  mlir::LogicalResult fold(FoldOp op);

  OnnxGraph &graph;
  const SampleAxes &axes;
  bool isFixed;
  llvm::DenseMap<mlir::Value, OnnxValue> values;
  std::string counted; ///< An input whose first axis counts samples.
};

} // namespace agon::exports

#endif
