//===- Access.h - Linear addresses and iteration axes -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_ACCESS_H
#define AGON_COMPILER_REGION_ACCESS_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <optional>

namespace agon::regions {

/// `constant + sum_d coefficients[d] * d` over the dimensions of an iteration space.
struct LinearForm {
  int64_t constant = 0;
  llvm::SmallVector<int64_t> coefficients;
};

/// `expr` as a linear form over `numDims` dimensions; nothing if it is not linear.
std::optional<LinearForm> linearize(mlir::AffineExpr expr, unsigned numDims);

/// The row-major element address of `map` into a buffer of shape `shape`.
std::optional<LinearForm> linearAddress(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape);

/// One or more dimensions of an iteration space, outermost first, run through as
/// one loop. Dimension dims[i] is `(axis / inner product) mod sizes[i]`.
struct Axis {
  llvm::SmallVector<unsigned> dims;
  llvm::SmallVector<int64_t> sizes;
  bool reduction = false;

  int64_t size() const;
  /// What a step along the axis adds to `form`, if that is the same everywhere.
  std::optional<int64_t> stride(const LinearForm &form) const;
  /// Whether `form` changes along the axis.
  bool uses(const LinearForm &form) const;
};

/// Axes for the dimensions `sizes` in order, without those of size 1, adjacent
/// ones merged wherever every form of `forms` permits it. `reduction[d]` marks
/// dimensions, reductions mostly, that merge only with their like; may be empty.
llvm::SmallVector<Axis> collapse(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<LinearForm> forms,
                                 llvm::ArrayRef<bool> reduction = {});

/// `outer` followed by `inner` as one axis; forms may not be linear along it.
Axis merge(const Axis &outer, const Axis &inner);

/// The inner dimensions of `axis` whose sizes multiply to `length`, and those outside them.
std::pair<Axis, Axis> split(const Axis &axis, int64_t length);

inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return ceilDiv(a, b) * b; }

} // namespace agon::regions
#endif
