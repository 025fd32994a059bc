//===- Placement.h - Where each tensor of a function lives ------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_PLACEMENT_H
#define AGON_COMPILER_CODEGEN_PLACEMENT_H

#include "compiler/codegen/Arena.h"
#include "dialects/agon/Agon.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace agon::codegen {

/// Bytes of a static tensor (i1 takes one byte an element).
uint64_t byteSize(mlir::ShapedType type);

/// A value seen through reshapes, which are other names of the same memory.
mlir::Value storageOf(mlir::Value value);

/// The place of every cell of `program` in the arena, one behind the other, by
/// name; returns the bytes of all.
uint64_t layOutCells(ProgramOp program, llvm::StringMap<uint64_t> &offsets);

/// A place in memory: a cell or a temporary (an arena offset), or a constant.
struct Buffer {
  enum Kind { Cell, Temporary, Constant } kind;
  uint64_t offset = 0;              ///< Cell: final. Temporary: within the temporaries.
  size_t lifetime = 0;              ///< Temporary: index of its lifetime.
  mlir::DenseElementsAttr constant; ///< Constant.
};

/// Moves that no kernel does: `source` is copied into a cell when the function ends.
struct FinalCopy {
  unsigned source; ///< Buffer number.
  unsigned target; ///< Buffer number of a cell.
  uint64_t bytes;
  mlir::Type element;
  mlir::Location loc;
};

/// The memory plan of one function in the `fused` phase.
struct Placement {
  std::vector<Buffer> buffers;
  llvm::DenseMap<mlir::Value, unsigned> bufferOf; ///< Every tensor value.
  std::vector<FinalCopy> initialCopies;           ///< Cells saved before the first kernel (rare).
  std::vector<FinalCopy> finalCopies;
  std::vector<Lifetime> lifetimes; ///< Of the temporaries; an operation's position is its number in the block.
  uint64_t temporaryBytes = 0;
};

/// Whether a result of a region may be written over one of its inputs: the target's answer, remembered or not.
using InPlaceRule = llvm::function_ref<bool(RegionOp region, unsigned input, unsigned result)>;

/// Plans `function`, whose cells lie at `cellOffsets`. A region's result goes
/// straight into the cell that it is returned for when no later operation
/// reads the cell's old value; it takes the place of a dying operand when the
/// region can be computed in place.
mlir::FailureOr<Placement> place(mlir::func::FuncOp function, const llvm::StringMap<uint64_t> &cellOffsets,
                                 InPlaceRule canUpdateInPlace);

} // namespace agon::codegen
#endif
