//===- Extents.h - What an operation reads and writes -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_EXTENTS_H
#define AGON_COMPILER_CODEGEN_EXTENTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/abi/agon_abi.h"

namespace agon::codegen {

/// On a function that is placed: the bytes of its temporaries.
inline constexpr llvm::StringLiteral temporaryBytesName = "agon.temporary_bytes";

/// Appends a row of agon_extent for real numbers in the arena; nothing for others.
inline void addExtent(llvm::SmallVectorImpl<int64_t> &extents, mlir::Attribute place, mlir::Type element,
                      uint64_t bytes, bool written) {
  if (auto offset = mlir::dyn_cast<mlir::IntegerAttr>(place); offset && mlir::isa<mlir::FloatType>(element))
    extents.append({offset.getInt(), int64_t(bytes), element.isF64() ? AGON_F64 : AGON_F32, written});
}

} // namespace agon::codegen
#endif
