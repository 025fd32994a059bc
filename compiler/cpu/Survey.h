//===- Survey.h - What evaluating a tensor will touch -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_SURVEY_H
#define AGON_COMPILER_CPU_SURVEY_H

#include "compiler/cpu/Access.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/DenseSet.h"

namespace agon::cpu {

/// A dry run of the evaluator: which buffers are read where, and how much work a
/// point is. `visit` returns false on what the evaluator cannot do.
class Survey {
public:
  struct Leaf {
    mlir::Value tensor;  ///< a block argument or a constant
    mlir::AffineMap map; ///< from the iteration space to its indices
    LinearForm form;     ///< the same as an element address
  };

  /// The values of `root` are taken as given; the maps they are read by are recorded.
  explicit Survey(mlir::Operation *root = nullptr) : root(root) {}

  /// Visits `tensor` read by `map`.
  bool visit(mlir::Value tensor, mlir::AffineMap map);
  /// Visits what `generic` reads at the point `dims` (one expression an iteration dimension).
  bool visitInputs(mlir::linalg::GenericOp generic, mlir::AffineMap dims);

  llvm::SmallVector<Leaf, 4> leaves;
  llvm::SmallVector<std::pair<mlir::Value, mlir::AffineMap>> rootReads;
  /// Arithmetic per point, in vector instructions or so.
  int64_t work = 0;
  bool usesIndex = false;

  llvm::SmallVector<LinearForm> forms() const;

private:
  mlir::Operation *root;
  llvm::DenseSet<std::pair<mlir::Value, mlir::AffineMap>> seen;
};

/// Whether every operation of the body is one that `Evaluator` clones, and the maps are linear.
bool isEvaluable(mlir::linalg::GenericOp generic);

/// The point of `generic`'s iteration space whose result `number` lies at the
/// indices `map`; null if its result map is no permutation.
mlir::AffineMap iterationPoint(mlir::linalg::GenericOp generic, mlir::AffineMap map);

} // namespace agon::cpu
#endif
