//===- Survey.h - What evaluating a tensor will touch -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_REGION_SURVEY_H
#define AGON_COMPILER_REGION_SURVEY_H

#include "compiler/region/Access.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseSet.h"

namespace agon::regions {

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
  /// Indices that reads through padding compare with their bounds.
  llvm::SmallVector<LinearForm> bounded;
  llvm::SmallVector<std::pair<mlir::Value, mlir::AffineMap>> rootReads;
  /// Arithmetic per point, in vector instructions or so.
  int64_t work = 0;
  bool usesIndex = false;

  /// The leaf of the tensor that has the most elements; null if there is none.
  const Leaf *largestLeaf() const;
  /// What must stay linear along an axis: the addresses and the bounded indices.
  llvm::SmallVector<LinearForm> forms() const;

private:
  mlir::Operation *root;
  llvm::DenseSet<std::pair<mlir::Value, mlir::AffineMap>> seen;
};

/// The map by which `generic` reads `input`, without the remainders that mark axes not read to their end. They change
/// nothing within bounds; composed with indices beyond, where padding is, they would be folded into something else.
mlir::AffineMap readingMap(mlir::linalg::GenericOp generic, mlir::OpOperand *input);

/// What lies at `map` in a tensor that is a dense box in a filled one: `source` at `map` where each index of
/// `bounds` is at least 0 and below its limit, else `fill`.
struct PaddedRead {
  mlir::Value source;
  mlir::AffineMap map;
  llvm::SmallVector<std::pair<mlir::AffineExpr, int64_t>, 2> bounds;
  mlir::arith::ConstantOp fill;
};

/// Nothing if `insert` is no such box.
std::optional<PaddedRead> readThroughPadding(mlir::tensor::InsertSliceOp insert, mlir::AffineMap map);

/// Whether every operation of the body is one that `Evaluator` clones, and the maps are linear.
bool isEvaluable(mlir::linalg::GenericOp generic);

/// The point of `generic`'s iteration space whose result `number` lies at the
/// indices `map`; null if its result map is no permutation.
mlir::AffineMap iterationPoint(mlir::linalg::GenericOp generic, mlir::AffineMap map);

} // namespace agon::regions
#endif
