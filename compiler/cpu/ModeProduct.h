//===- ModeProduct.h - Small constant matrices along axes -------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_MODEPRODUCT_H
#define AGON_COMPILER_CPU_MODEPRODUCT_H

#include "compiler/cpu/Kernels.h"
#include "compiler/cpu/MatrixProgram.h"
#include <map>

namespace agon::cpu {

/// Dimension `from` of the iteration space, a reduction, becomes dimension `to`.
struct Mode : MatrixProgram {
  unsigned from, to;
};

/// Recognises and emits a product of axes with small constant matrices (ModeProduct.cpp says how).
class ModeProductEmitter {
public:
  ModeProductEmitter(Frame &frame, mlir::linalg::GenericOp root)
      : frame(frame), b(frame.builder), root(root), sizes(root.getStaticLoopRanges()) {}
  /// Whether the root is such a product; decides the loops.
  bool prepare();
  void emit();
  /// In words: "mode product 5x5 by 5x5".
  std::string describe() const;

private:
  bool matchBody();
  bool matchMatrices();
  bool coversResult();
  bool chooseLanes();
  double costAlong(const Axis &axis, int64_t width) const;
  double arithmetic() const;

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
  void goTo(unsigned dim, int64_t place) { evaluator->bind(axisOf.lookup(dim), frame.index(place), 0); }

  Frame &frame;
  mlir::OpBuilder &b;
  mlir::linalg::GenericOp root;
  llvm::SmallVector<int64_t> sizes;
  mlir::FloatType element;
  llvm::SmallVector<Mode, 3> modes;
  Survey prologue;
  Epilogue epilogue;
  llvm::SmallVector<Axis> axes;              ///< the loops, the one in lanes last; then the modes' own
  unsigned loops = 0;                        ///< how many of them are loops
  llvm::DenseMap<unsigned, unsigned> axisOf; ///< of the modes' dimensions
  int64_t lanes = 1;
  int64_t inputs = 1, outputs = 1; ///< of one point
  std::unique_ptr<Evaluator> evaluator;
  std::map<double, mlir::Value> splats;
};

} // namespace agon::cpu
#endif
