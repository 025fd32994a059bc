//===- Epilogue.h - A region's root and what follows it ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_EPILOGUE_H
#define AGON_COMPILER_REGION_EPILOGUE_H

#include "compiler/region/Survey.h"
#include "dialects/agon/Agon.h"

namespace agon::regions {

/// A tensor to be evaluated and where its elements go.
struct Output {
  mlir::Value tensor;
  mlir::AffineMap map; ///< the tensor's indices at a point of the iteration space
  unsigned result = 0; ///< of the region
  LinearForm to;       ///< where in it, as an element address
};

/// The one generic with reduction iterators in the region's body, if there is exactly one.
mlir::linalg::GenericOp findRoot(RegionOp region);

/// The value that result `number` of `region` yields.
mlir::Value yielded(RegionOp region, unsigned number);

/// What follows a root: the region's results as functions of the root's results.
struct Epilogue {
  /// Surveys it; false if a result does not depend on the root at every point, or reads
  /// it at more than one point.
  bool analyse(RegionOp region, mlir::linalg::GenericOp root);
  /// The outputs, by maps from the root's iteration space (constant along reductions).
  llvm::SmallVector<Output, 2> outputs;
  /// Everything read after the root, in the root's iteration space.
  Survey survey{nullptr};
};

} // namespace agon::regions
#endif
