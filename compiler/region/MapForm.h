//===- MapForm.h - Regions that are maps over boxes -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_MAPFORM_H
#define AGON_COMPILER_REGION_MAPFORM_H

#include "compiler/region/Epilogue.h"

namespace agon::regions {

/// Where a tensor lies in another one.
struct Box {
  llvm::SmallVector<int64_t> sizes, offsets, strides;

  int64_t points() const;
  /// Whether the two, of one tensor, may have an element in common: their hulls have.
  bool mayMeet(const Box &other) const;
};

/// Tensors evaluated at every point of a box, each for itself. The offsets and strides are an insertion's.
struct MapForm : Box {
  llvm::SmallVector<Output, 2> outputs;
  Survey survey;
  bool wholeRows = true; ///< writes dimension 0 of the results where dimension 0 of the box says

  /// The results of an elementwise region, over their one space; nothing if it is none.
  static std::optional<MapForm> elementwise(RegionOp region);
  /// The pieces of the results of an insert region that have to be written, in the order of their execution: later ones
  /// may overwrite earlier ones. Nothing if it is none.
  static std::optional<llvm::SmallVector<MapForm, 4>> insertions(RegionOp region);
};

} // namespace agon::regions
#endif
