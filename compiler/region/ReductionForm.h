//===- ReductionForm.h - A region that is a reduction -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_REDUCTIONFORM_H
#define AGON_COMPILER_REGION_REDUCTIONFORM_H

#include "compiler/region/Epilogue.h"
#include "mlir/IR/Builders.h"

namespace agon::regions {

/// How one result of the root combines: an associative operation and its neutral element.
struct Combiner {
  mlir::Operation *op = nullptr;
  mlir::TypedAttr neutral;

  /// `a` and `b`, scalars or vectors alike, combined.
  mlir::Value apply(mlir::OpBuilder &builder, mlir::Value a, mlir::Value b) const;
};

/// A region whose root reduces: what it reads, how its results combine, its axes.
struct ReductionForm {
  mlir::linalg::GenericOp root;
  llvm::SmallVector<int64_t> sizes; ///< of the root's loops
  Survey prologue;
  Epilogue epilogue;
  llvm::SmallVector<Combiner> combiners; ///< of each result; empty if some result has none
  llvm::SmallVector<Axis> axes;

  /// Recognises `region`; nothing if it is no reduction.
  static std::optional<ReductionForm> of(RegionOp region);

private:
  bool recognise(RegionOp region);
  bool matchCombiners();
};

} // namespace agon::regions
#endif
