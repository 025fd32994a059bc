//===- View.h - Tensors read through index maps -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Broadcast, transpose, slice, reverse, unfold and splat constants are no work:
// they only say where an element comes from. A view says it without them.
//===----------------------------------------------------------------------===//
#ifndef AGON_COMPILER_TENSOR_VIEW_H
#define AGON_COMPILER_TENSOR_VIEW_H

#include "compiler/tensor/Passes.h"

namespace agon::tensors {

/// A tensor read at a place of an iteration space: element `map(i)` of
/// `source`, or the same `scalar` everywhere.
struct View {
  mlir::Value source;
  mlir::AffineMap map;
  mlir::TypedAttr scalar;
};

/// Whether `op` only says where the elements of its first operand go.
bool isView(mlir::Operation *op);

/// Whether element i of its one result, a tensor, depends on elements i of its operands of that shape only.
bool isElementwise(mlir::Operation *op);

/// Looks through views (broadcasts, transposes, slices, reversals, windows,
/// gradient stops) and splat constants. The map's dimensions are those of
/// `value`; a bare one among its results goes through the whole axis.
View resolveView(mlir::Value value);

/// As above, for a `value` that is itself read through `access`, a map from
/// the reader's iteration space.
View resolveView(mlir::Value value, mlir::AffineMap access);

/// The value of a splat constant of this type, a null attribute for others.
mlir::TypedAttr splatValue(mlir::Value value);

/// Makes the body of a generic: scalars in the order of the views, then one
/// for each result's destination; returns what to yield.
using BodyFn = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A generic over `views` into `inits` (through `initMaps`). Views of equal
/// source and map are read once; scalars become constants of the body.
mlir::linalg::GenericOp makeGeneric(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<View> views,
                                    mlir::ValueRange inits, llvm::ArrayRef<mlir::AffineMap> initMaps,
                                    llvm::ArrayRef<mlir::utils::IteratorType> iterators, BodyFn body);

/// An all-parallel generic with identity maps on its results; the body takes
/// the views' scalars only.
mlir::linalg::GenericOp makeElementwise(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<View> views,
                                        llvm::ArrayRef<mlir::RankedTensorType> results, BodyFn body);

/// An empty tensor of static type.
mlir::Value makeEmpty(mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type);

/// A tensor of one value throughout, as linalg.fill.
mlir::Value makeFill(mlir::OpBuilder &builder, mlir::Location loc, mlir::RankedTensorType type, mlir::TypedAttr scalar);

} // namespace agon::tensors
#endif
