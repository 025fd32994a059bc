//===- ModePoint.h - A point of a mode product ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_MODEPOINT_H
#define AGON_COMPILER_KERNEL_MODEPOINT_H

#include "compiler/kernel/Evaluator.h"
#include "compiler/region/ModeProductForm.h"
#include <map>

namespace agon::kernels {

/// Where the loops of a mode product stand: loads x along its modes, transforms it in registers, and stores the
/// results. The matrices are instructions: zeros cost nothing, ones and minus ones an addition, other factors a
/// multiply-add, and what rows have in common is computed once: pairs of points p and -p make rows that share their
/// even and odd halves, and columns of which all rows want either the sum or the difference.
class ModePoint {
public:
  /// The axes of `evaluator` are `loops` loops, then those that `ModeProductForm::addModeAxes` adds; it evaluates
  /// `lanes` points at a time.
  ModePoint(KernelBuilder &kernel, const ModeProductForm &form, Evaluator &evaluator, unsigned loops, int64_t lanes)
      : kernel(kernel), b(kernel.builder), form(form), root(form.root), evaluator(evaluator), loops(loops),
        lanes(lanes) {}

  /// Loads and transforms; `take` is given each of the root's values, which are numbered by the modes' rows, the last
  /// mode's innermost.
  void all(llvm::function_ref<void(int64_t, mlir::Value)> take);
  /// Stores the results at the bound point, where the root's is `value`.
  void finish(mlir::Value value);
  /// The same for value `number`.
  void finishAt(int64_t number, mlir::Value value);
  /// The axis of a dimension that a mode is over.
  unsigned axisOf(unsigned dim) const;

private:
  llvm::SmallVector<mlir::Value> product(unsigned mode);
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> slices(unsigned mode);
  llvm::SmallVector<mlir::Value> multiply(const Mode &mode, llvm::ArrayRef<mlir::Value> x);
  mlir::Value sum(llvm::SmallVector<Term> terms, llvm::function_ref<mlir::Value(unsigned)> value);
  mlir::Value multiplyAdd(double factor, mlir::Value x, mlir::Value to);
  mlir::Value splat(double value);
  void goTo(unsigned dim, int64_t place) { evaluator.bind(axisOf(dim), kernel.index(place), 0); }

  KernelBuilder &kernel;
  mlir::OpBuilder &b;
  const ModeProductForm &form;
  mlir::linalg::GenericOp root; ///< the form's
  Evaluator &evaluator;
  unsigned loops;
  int64_t lanes;
  std::map<double, mlir::Value> splats;
};

} // namespace agon::kernels
#endif
