//===- GridKernel.h - The function of a GPU's kernel ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_GRIDKERNEL_H
#define AGON_COMPILER_GPU_GRIDKERNEL_H

#include "compiler/gpu/Gpu.h"
#include "compiler/kernel/Evaluator.h"

namespace agon::gpu {

// What kernels of all targets are made of.
using namespace kernels;

/// A kernel of a GPU under construction: `name(buffers...)`, run by `blocks` blocks of `threads` threads.
class GridKernel : public KernelBuilder {
public:
  GridKernel(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name, mlir::Block *module,
             const targets::Options &options);

  /// Says how many threads a block has, and makes their indices.
  void setThreads(int64_t count);

  int64_t blocks = 1, threads = 1;
  int64_t scratch = 0;            ///< bytes of shared memory
  int64_t workspaceBytes = 0;     ///< of global memory, which all blocks share
  mlir::Value thread, blockIndex; ///< within the block; within the grid

  /// Uninitialised memory of `elements` elements that the block's threads share, aligned to 16 bytes.
  mlir::Value shared(mlir::Type element, int64_t elements);
  /// Global memory of `bytes` bytes, aligned to 256, that all blocks share and the runtime lends: the kernel's last
  /// argument. May be asked for once.
  mlir::Value workspace(int64_t bytes);
  /// Waits for the block's threads, all of which must come here.
  void barrier();
  /// Opens a loop over `points` points that all threads of the grid share; its induction variable is the point.
  mlir::scf::ForOp openGrid(int64_t points);
  /// `value / by` and its remainder, folded where `by` is 1; `value` is not negative.
  mlir::Value divided(mlir::Value value, int64_t by);
  mlir::Value remainder(mlir::Value value, int64_t by);
  /// Binds `axes`, numbers of `all`, to where point `point` of their space lies, the last one fastest. The last one
  /// goes in steps of `lanes`.
  void bind(Evaluator &evaluator, llvm::ArrayRef<Axis> all, llvm::ArrayRef<unsigned> axes, mlir::Value point,
            int64_t lanes = 1);
  /// Emits `body` where `condition` holds.
  void when(mlir::Value condition, llvm::function_ref<void()> body);
  /// Emits `body` where it does not.
  void unless(mlir::Value condition, llvm::function_ref<void()> body);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a, mlir::Value b);

private:
  mlir::Value dynamicMemory;
};

/// How many blocks go through `points` points, a thread each at a time: as many as the machine can hold several times.
int64_t gridBlocks(int64_t points, int64_t threads, TargetAttr target);

/// Whether `count` neighbours along `axis`, from a multiple of `count` on, are one element of `form`, or so many that
/// lie side by side, aligned as one vector.
bool liesInVectors(const LinearForm &form, const Axis &axis, int64_t count);

// Each emits the body of the kernel by its plan, and says how it is run. False if the region is not of its form, or the
// plan does not fit it: then the kernel is of no use.
bool emitElementwise(GridKernel &kernel, GridAttr plan);
bool emitInsert(GridKernel &kernel, GridAttr plan);
bool emitReduction(GridKernel &kernel, GridAttr plan);
bool emitModeProduct(GridKernel &kernel, GridAttr plan);
bool emitContraction(GridKernel &kernel, TilesAttr plan);

// Plans of these forms; null if the region is not of the form.
GridAttr planElementwise(RegionOp region, TargetAttr target);
GridAttr planInsert(RegionOp region, TargetAttr target);
GridAttr planReduction(RegionOp region, TargetAttr target);
GridAttr planModeProduct(RegionOp region, TargetAttr target);
TilesAttr planContraction(RegionOp region, TargetAttr target);

} // namespace agon::gpu
#endif
