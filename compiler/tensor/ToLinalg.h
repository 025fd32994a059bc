//===- ToLinalg.h - Lowering one function to linalg -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TENSOR_TOLINALG_H
#define AGON_COMPILER_TENSOR_TOLINALG_H

#include "compiler/tensor/View.h"

namespace agon::tensors {

/// Lowers the operations of a function in their order. Every `lower` puts new
/// operations before the old one and returns the value for its result; views
/// are left to their readers.
class ToLinalg {
public:
  explicit ToLinalg(mlir::func::FuncOp function) : function(function), builder(function.getContext()) {}

  mlir::LogicalResult run();

  unsigned numGenerics = 0;
  unsigned numCopies = 0;

private:
  /// The tensor itself, where a reader cannot take a map or a scalar.
  mlir::Value materialize(mlir::Value value);
  mlir::LogicalResult lower(mlir::Operation *op);

  // ToLinalgElementwise.cpp
  mlir::FailureOr<mlir::ValueRange> lowerElementwise(mlir::Operation *op);
  mlir::Value lower(SigmoidOp op);
  mlir::Value lower(SoftplusOp op);
  mlir::Value lower(OneHotOp op);
  mlir::Value lower(IotaOp op);
  mlir::Value lower(RandomOp op);

  // ToLinalgStructure.cpp
  mlir::Value lower(ReduceOp op);
  /// The value of `transpose`, the only reader of `op`, if there is one.
  mlir::Value lower(ContractOp op, TransposeOp transpose);
  /// The value of the last of `op`, `transpose` and `merge`, each the only reader of the one before, the
  /// last two if there are such.
  mlir::Value lower(ModeProductOp op, TransposeOp transpose, ReshapeOp merge);
  mlir::Value lower(PadOp op);
  mlir::Value lower(ConcatOp op);
  mlir::Value reduce(mlir::Location loc, ReduceKind kind, View input, llvm::ArrayRef<int64_t> inputShape,
                     llvm::ArrayRef<int64_t> dims, mlir::RankedTensorType result);

  mlir::Value elementwise(mlir::Location loc, llvm::ArrayRef<View> views, mlir::RankedTensorType result, BodyFn body);

  mlir::func::FuncOp function;
  mlir::OpBuilder builder;
  llvm::DenseMap<mlir::Value, mlir::Value> materialized;
};

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

} // namespace agon::tensors
#endif
