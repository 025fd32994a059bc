//===- ModeProduct.h - Small constant matrices along axes -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_MODEPRODUCT_H
#define AGON_COMPILER_CPU_MODEPRODUCT_H

#include "compiler/cpu/Kernels.h"
#include "compiler/kernel/ModePoint.h"
#include "compiler/region/ContractionForm.h"

namespace agon::cpu {

/// A region that is a mode product, and its loops.
struct ModeProductLoops : ModeProductForm {
  llvm::SmallVector<Axis> axes; ///< the one in lanes last
  int64_t lanes = 1;

  /// Nothing if the region is none, or is better a contraction.
  static std::optional<ModeProductLoops> of(RegionOp region, TargetAttr target);
  /// Of all points, about.
  double cycles() const;
  /// In words: "mode product 5x5 by 5x5".
  std::string describe() const;

private:
  explicit ModeProductLoops(ModeProductForm form) : ModeProductForm(std::move(form)) {}
  bool chooseLanes(RegionOp region, int64_t full);
  double costAlong(const Axis &axis, int64_t width) const;
};

/// Emits such a product (ModeProduct.cpp says how).
class ModeProductEmitter : ModeProductLoops {
public:
  ModeProductEmitter(CpuKernel &kernel, ModeProductLoops product)
      : ModeProductLoops(std::move(product)), kernel(kernel), b(kernel.builder), loops(axes.size()) {}
  /// In about `wanted` tasks.
  void emit(int64_t wanted);

private:
  bool resultsCollide();
  void points(mlir::Value lower, mlir::Value upper);
  void stagedPoints(mlir::Value lower, mlir::Value upper);

  CpuKernel &kernel;
  mlir::OpBuilder &b;
  unsigned loops; ///< how many of the axes are loops; the modes' own follow
  std::unique_ptr<Evaluator> evaluator;
  std::unique_ptr<ModePoint> point;
};

} // namespace agon::cpu
#endif
