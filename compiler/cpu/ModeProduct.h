//===- ModeProduct.h - Small constant matrices along axes -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_MODEPRODUCT_H
#define AGON_COMPILER_CPU_MODEPRODUCT_H

#include "compiler/cpu/Kernels.h"
#include "compiler/region/ContractionForm.h"
#include "compiler/region/ModeProductForm.h"
#include <map>

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
  void point(llvm::function_ref<void(int64_t, mlir::Value)> take);
  void points(mlir::Value lower, mlir::Value upper);
  void stagedPoints(mlir::Value lower, mlir::Value upper);
  llvm::SmallVector<mlir::Value> product(unsigned mode);
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> slices(unsigned mode);
  llvm::SmallVector<mlir::Value> multiply(const Mode &mode, llvm::ArrayRef<mlir::Value> x);
  mlir::Value sum(llvm::SmallVector<Term> terms, llvm::function_ref<mlir::Value(unsigned)> value);
  mlir::Value multiplyAdd(double factor, mlir::Value x, mlir::Value to);
  mlir::Value splat(double value);
  void finish(mlir::Value value);
  void finishAt(int64_t number, mlir::Value value);
  void goTo(unsigned dim, int64_t place) { evaluator->bind(axisOf.lookup(dim), kernel.index(place), 0); }

  CpuKernel &kernel;
  mlir::OpBuilder &b;
  unsigned loops;                            ///< how many of the axes are loops; the modes' own follow
  llvm::DenseMap<unsigned, unsigned> axisOf; ///< of the modes' dimensions
  std::unique_ptr<Evaluator> evaluator;
  std::map<double, mlir::Value> splats;
};

} // namespace agon::cpu
#endif
