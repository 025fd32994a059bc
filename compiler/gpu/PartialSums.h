//===- PartialSums.h - Sums that several blocks share -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_PARTIALSUMS_H
#define AGON_COMPILER_GPU_PARTIALSUMS_H

#include "compiler/gpu/GridKernel.h"

namespace agon::gpu {

/// Sums of a kernel, each cut into as many parts, of which a block computes one. Blocks leave their parts in the
/// workspace and count themselves; whichever is the last one of a sum adds its parts, in their order, and goes on: the
/// same bits whatever the order of blocks, in one launch. The counters are 0 again when the kernel ends, as the runtime
/// has made them.
class PartialSums {
public:
  /// Counters, which lie at the workspace's start for every kernel; what is behind them need not be kept between two.
  static constexpr int64_t mostSums = 1024;

  /// \param holders how many threads of a block have values of a sum.
  PartialSums(GridKernel &kernel, int64_t sums, int64_t parts, int64_t holders)
      : kernel(kernel), sums(sums), parts(parts), holders(holders) {}

  /// Which sum and which part of it the block has, and the thread's number among the holders; `holds` says whether it
  /// is one at all, null that every thread is.
  struct Place {
    mlir::Value sum, part, holder;
    mlir::Value holds = {};
  };
  /// Emits, where all threads of the block come by, `finish` of the whole sums for the holders of the last block.
  /// \param mine the thread's values of the part.
  /// \param add makes one of two values of number `i`.
  void combine(const Place &place, llvm::ArrayRef<mlir::Value> mine,
               llvm::function_ref<mlir::Value(mlir::Value, mlir::Value, unsigned i)> add,
               llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)> finish);

private:
  /// Where a value of each part lies: in the row of its type, so many values of which a holder has.
  struct Slot {
    mlir::Value row;
    int64_t ofHolder, number;
  };
  /// Lays out the workspace for values of these types.
  llvm::SmallVector<Slot> layOut(llvm::ArrayRef<mlir::Value> values);
  mlir::Value address(const Slot &slot, const Place &place, mlir::Value part);
  /// Counts the block; whether it is the last one of its sum, as all of its threads are told.
  mlir::Value countBlock(const Place &place, mlir::Value isFirstThread);

  GridKernel &kernel;
  int64_t sums, parts, holders;
  mlir::Value counters;
};

} // namespace agon::gpu
#endif
