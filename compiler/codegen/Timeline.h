//===- Timeline.h - A function whose regions are moved and repeated -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_TIMELINE_H
#define AGON_COMPILER_CODEGEN_TIMELINE_H

#include "compiler/codegen/Placement.h"
#include "compiler/target/Target.h"
#include "mlir/IR/IRMapping.h"

namespace agon::codegen {

/// Bytes that a tensor takes in the arena.
inline uint64_t arenaBytes(mlir::Value value) {
  return alignToArena(byteSize(mlir::cast<mlir::ShapedType>(value.getType())));
}

/// One operand of a region or of the function's return.
struct Use {
  mlir::OpOperand *operand;
  int64_t position;
};

/// What a function in the `fused` phase needs over its course, as `place` sees it. Positions are
/// numbers of operations in the block.
struct Memory {
  Placement plan;
  llvm::DenseMap<mlir::Operation *, int64_t> positionOf;
  llvm::MapVector<mlir::Value, llvm::SmallVector<Use>> uses; ///< By storage, in order.
  llvm::DenseMap<unsigned, int64_t> writtenAt;               ///< Buffer of a cell -> position of its new value.
  std::vector<uint64_t> live;                                ///< Bytes of temporaries alive at each position.
  uint64_t peak = 0;                                         ///< The most of `live`.
  uint64_t copied = 0;                                       ///< Bytes that no kernel puts into its cell.

  uint64_t packed() const { return plan.temporaryBytes; }
  /// The sum over all positions of what is alive beyond `target`.
  double excess(uint64_t target) const;
};

/// Edits the order of a function's regions, each edit with a way back.
class Timeline {
public:
  /// Moves each reshape behind what it reads.
  Timeline(mlir::func::FuncOp function, const llvm::StringMap<uint64_t> &cellOffsets, const targets::Target &target);
  Timeline(const Timeline &) = delete;
  Timeline &operator=(const Timeline &) = delete;
  ~Timeline() { commit(); }

  /// Places the function as it stands. Fails, with a diagnostic, where `place` does.
  mlir::LogicalResult measure();
  const Memory &memory() const { return current; }
  mlir::func::FuncOp getFunction() const { return function; }

  /// The last position at which `storage` is read; that of its definition if nobody does.
  int64_t lastUse(mlir::Value storage) const;
  /// Whether `storage` is a temporary; cells and constants are always there.
  bool isTemporary(mlir::Value storage) const;
  /// Whether the cell that `argument` is gets its new value before `position`.
  bool isOverwritten(mlir::Value argument, int64_t position) const;

  //===--- Edits, undone from the last one on -------------------------------------------------===//

  size_t mark() const { return log.size(); }
  void undo(size_t mark);

  /// Moves `region` and its reshapes before `before`.
  void move(RegionOp region, mlir::Operation *before);
  /// Computes `region` once more, and its reshapes: a copy before `before`, reading `operands`.
  RegionOp repeat(RegionOp region, mlir::ValueRange operands, mlir::Operation *before);
  /// `value`, seen through reshapes of `from`'s storage, on `to` instead.
  mlir::Value follow(mlir::Value value, mlir::Value to);
  void redirect(mlir::OpOperand &operand, mlir::Value value);
  /// Takes a region that nobody reads out of the function, with its reshapes.
  void unlink(RegionOp region);

  /// The region that `region` repeats; itself if it repeats none.
  RegionOp original(RegionOp region) const;
  /// `region`'s original and all that repeat it, in the order of their making.
  llvm::ArrayRef<mlir::Operation *> versions(RegionOp region) const;

private:
  struct Edit {
    enum Kind { Moved, Created, Redirected, Unlinked } kind;
    mlir::Operation *op = nullptr;
    mlir::Operation *next = nullptr; ///< Moved, Unlinked: what it stood before.
    mlir::OpOperand *operand = nullptr;
    mlir::Value old;
  };
  void unlinkOperation(mlir::Operation *op);
  /// Destroys what was unlinked.
  void commit();
  bool canUpdateInPlace(RegionOp region, unsigned input, unsigned result);

  mlir::func::FuncOp function;
  const llvm::StringMap<uint64_t> &cellOffsets;
  const targets::Target &target;
  Memory current;
  std::vector<Edit> log;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> originals;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *, 2>> versionsOf;
  llvm::DenseMap<std::tuple<mlir::Operation *, unsigned, unsigned>, bool> inPlace;
};

} // namespace agon::codegen
#endif
