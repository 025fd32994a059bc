//===- Interleave.h - Vectors of neighbours and of every k-th -----*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_INTERLEAVE_H
#define AGON_COMPILER_KERNEL_INTERLEAVE_H

#include "mlir/IR/Builders.h"

namespace agon::kernels {

/// The longest stride at which elements are read and written as whole vectors and shuffled.
constexpr int64_t maxInterleaved = 16;

/// Of k vectors of a power of two of lanes that hold neighbours in memory: k vectors, the j-th of every k-th
/// element from the j-th on. Blends and one permutation a vector if k is odd; each factor of two costs one more.
llvm::SmallVector<mlir::Value> deinterleaveLanes(mlir::OpBuilder &b, mlir::Location loc,
                                                 llvm::ArrayRef<mlir::Value> vectors);
/// The inverse.
llvm::SmallVector<mlir::Value> interleaveLanes(mlir::OpBuilder &b, mlir::Location loc,
                                               llvm::ArrayRef<mlir::Value> vectors);

/// How many shuffles a vector either of them takes for `k` vectors.
int64_t interleaveShuffles(int64_t k);

} // namespace agon::kernels
#endif
