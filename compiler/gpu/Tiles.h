//===- Tiles.h - Contractions by tiles in shared memory ---------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_TILES_H
#define AGON_COMPILER_GPU_TILES_H

#include "compiler/gpu/GridKernel.h"
#include "compiler/region/ContractionForm.h"

namespace agon::gpu {

/// Emits a planned contraction. Contraction.cpp has the loops, the copies and products of f32; TensorCores.cpp products
/// in other precisions.
class TileEmitter {
public:
  TileEmitter(GridKernel &kernel, ContractionForm contraction, TilesAttr plan);
  virtual ~TileEmitter() = default;
  void emit();

protected:
  /// A tile of A or B in shared memory: rows that lie `stride` elements apart, of k where the other axis is fastest,
  /// else of the other axis.
  struct Tile {
    ContractionAxis own; ///< the axis beside k
    int64_t extent, stride;
    bool kIsFastest;
    mlir::Value row;
  };
  /// An element of C that a thread has: where, within the block's part, and its place among the thread's sums.
  struct Element {
    mlir::Value row, column;
    unsigned sum;
  };

  /// Lays out the tiles.
  virtual void allocate() = 0;
  /// How many sums a thread has.
  virtual unsigned sumCount() const = 0;
  /// Stores an element of an operand at element `place` of its tile.
  virtual void store(const Tile &tile, mlir::Value value, mlir::Value place);
  /// The sums with the products of the tiles added.
  virtual llvm::SmallVector<mlir::Value> multiply(llvm::SmallVector<mlir::Value> sums) = 0;
  /// The elements of C that the thread has.
  virtual llvm::SmallVector<Element> elements() = 0;

  GridKernel &kernel;
  ContractionForm form;
  TilesAttr plan;
  mlir::OpBuilder &b;
  mlir::Location loc;
  Tile tileA{MAxis, 0, 0, false, {}}, tileB{NAxis, 0, 0, false, {}};

private:
  /// Where the part of C that is this block's begins.
  void locate();
  /// Evaluates the tile of an operand for the steps of k from `k` on.
  void copy(const ContractionOperand &operand, const Tile &tile, mlir::Value k);
  /// Evaluates and stores the results of the elements of C that there are.
  void finish(llvm::ArrayRef<mlir::Value> sums);
  mlir::Value isBeyond(mlir::Value position, ContractionAxis axis);

  Evaluator evaluator;
  mlir::Value mStart, nStart;
};

/// Products on tensor cores, in TF32 or bf16, with sums in f32.
std::unique_ptr<TileEmitter> createTensorCoreTiles(GridKernel &kernel, ContractionForm form, TilesAttr plan);

} // namespace agon::gpu
#endif
