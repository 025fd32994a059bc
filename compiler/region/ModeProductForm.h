//===- ModeProductForm.h - A region that is a mode product ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_MODEPRODUCTFORM_H
#define AGON_COMPILER_REGION_MODEPRODUCTFORM_H

#include "compiler/region/Epilogue.h"
#include "compiler/region/MatrixProgram.h"

namespace agon::regions {

/// Dimension `from` of the iteration space, a reduction, becomes dimension `to`.
struct Mode : MatrixProgram {
  unsigned from, to;
};

/// A region of kind mode_product as code: its root is `out += m1 * ... * mk * x` with k = 1 to 3 small constant
/// matrices, each over a reduction and a dimension of the result of its own: the n-mode product of x (Kolda and Bader,
/// Tensor Decompositions and Applications, 2009).
struct ModeProductForm {
  mlir::linalg::GenericOp root;
  llvm::SmallVector<int64_t> sizes; ///< of the root's iteration space
  mlir::FloatType element;
  llvm::SmallVector<Mode, 3> modes;
  Survey prologue; ///< of x
  Epilogue epilogue;
  int64_t inputs = 1, outputs = 1; ///< of one point

  /// Adds an axis for each dimension that the modes are over, what is reduced before what comes of it.
  void addModeAxes(llvm::SmallVectorImpl<Axis> &axes) const;
  /// The operations of a point, about.
  double operations() const;
  /// Recognises `region`; nothing if it is no such product.
  static std::optional<ModeProductForm> of(RegionOp region);

private:
  bool recognise(RegionOp region);
  bool matchMatrices();
  bool coversResult();
};

} // namespace agon::regions
#endif
