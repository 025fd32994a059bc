//===- MapForm.h - Regions that are maps over boxes -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_MAPFORM_H
#define AGON_COMPILER_REGION_MAPFORM_H

#include "compiler/region/Epilogue.h"

namespace agon::regions {

/// Tensors evaluated at every point of a box, each for itself.
struct MapForm {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<Output, 2> outputs;
  Survey survey;
  llvm::SmallVector<int64_t> offsets, strides; ///< of an insertion: where the box lies in the result
  bool wholeRows = true;                       ///< writes dimension 0 of the results where dimension 0 of the box says

  /// The results of an elementwise region, over their one space; nothing if it is none.
  static std::optional<MapForm> elementwise(RegionOp region);
  /// The pieces of the results of an insert region that have to be written, in the order of their execution: later ones
  /// may overwrite earlier ones. Nothing if it is none.
  static std::optional<llvm::SmallVector<MapForm, 4>> insertions(RegionOp region);
};

} // namespace agon::regions
#endif
