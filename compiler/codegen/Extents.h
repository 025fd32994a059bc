//===- Extents.h - What an operation reads and writes -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_EXTENTS_H
#define AGON_COMPILER_CODEGEN_EXTENTS_H

#include "dialects/agon/Agon.h"

namespace agon::codegen {

/// Appends an extent for real numbers in the arena; nothing for others.
inline void addExtent(llvm::SmallVectorImpl<mlir::Attribute> &extents, mlir::Attribute place, mlir::Type element,
                      uint64_t bytes, bool written) {
  if (auto offset = mlir::dyn_cast<mlir::IntegerAttr>(place); offset && mlir::isa<mlir::FloatType>(element))
    extents.push_back(ExtentAttr::get(element.getContext(), offset.getInt(), int64_t(bytes), element, written));
}

} // namespace agon::codegen
#endif
