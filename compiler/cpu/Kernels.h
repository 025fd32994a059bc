//===- Kernels.h - One emitter a kind of region -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_KERNELS_H
#define AGON_COMPILER_CPU_KERNELS_H

#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Loops.h"
#include "compiler/kernel/Evaluator.h"
#include "compiler/kernel/KernelBuilder.h"
#include "compiler/region/Epilogue.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace agon::cpu {

struct ContractionPlan;

/// A kernel of the CPU under construction: `name(buffers..., begin, end)`.
class CpuKernel : public KernelBuilder {
public:
  CpuKernel(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name, mlir::ModuleOp module,
            const KernelOptions &options);

  mlir::Value begin, end; ///< the tasks to run
  int64_t tasks = 1;      ///< the whole range
};

// Each emits the body of the kernel, cut into about `tasks` tasks, and sets `kernel.tasks`. Each returns false,
// having emitted nothing, if the region is not of its form; `emitReference` takes any. Beside it: about the cycles
// of all tasks together; nothing if the region is not of the form.

/// Generics with parallel iterators over one space.
bool emitElementwise(CpuKernel &kernel, int64_t tasks);
std::optional<double> elementwiseCycles(const BoundRegion &region, TargetAttr target);
/// Slices inserted into a fill or an empty tensor.
bool emitInsert(CpuKernel &kernel, int64_t tasks);
std::optional<double> insertCycles(const BoundRegion &region, TargetAttr target);
/// One generic with reduction iterators, prologue and epilogue.
bool emitReduction(CpuKernel &kernel, int64_t tasks);
std::optional<double> reductionCycles(const BoundRegion &region, TargetAttr target);
/// A region of kind mode_product, with 1 to 3 matrices (region/ModeProductForm.h).
bool emitModeProduct(CpuKernel &kernel, int64_t tasks);
std::optional<double> modeProductCycles(const BoundRegion &region, TargetAttr target);
/// One generic `out += a * b`, or `out += a * b + c * d` and so on, prologues and epilogue.
void emitContraction(CpuKernel &kernel, ContractionPlan &plan);
/// A region of kind chunks: a task is a part of the samples, for which the kernels of the regions within
/// run one after the other, with what passes between them on the stack.
mlir::FailureOr<Kernel> emitChunks(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name,
                                   mlir::ModuleOp module, const KernelOptions &options);
/// Anything, one scalar loop nest an operation, in one task.
mlir::LogicalResult emitReference(CpuKernel &kernel);

//===----------------------------------------------------------------------===//
// What the emitters share
//===----------------------------------------------------------------------===//

/// Lanes of a vector in this region: as many as 32-bit elements fit the register, or
/// 64-bit ones if the region has no smaller ones.
int64_t vectorLanes(RegionOp region, TargetAttr target);

/// What an unrolled short axis may come to, in vector instructions or so.
constexpr int64_t maxUnrolledWork = 2000;

/// How the tasks of a kernel share the loops of a map.
struct Split {
  enum Kind {
    None,  ///< every call does all of it
    Outer, ///< there are about `count` tasks, blocks of the outermost axis; `emitMap` sets their number
    Rows   ///< a task is `count` steps of dimension 0; the caller sets the number of tasks
  } kind = None;
  int64_t count = 0;
};

/// Loops over `sizes` that evaluate and store `outputs`.
void emitMap(CpuKernel &kernel, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<Output> outputs, const Survey &survey,
             Split split);

/// The loops over [lower, upper) of an axis of size `limit` that run in lanes: one over whole
/// vectors, then a masked one for what is left at the axis's end. `body` is called once a
/// loop, with lanes set and the axis bound, and given the position. `lower` must be a
/// multiple of `lanes`, and so must `upper` unless it is `limit`.
void forLanes(CpuKernel &kernel, Evaluator &evaluator, unsigned axis, mlir::Value lower, mlir::Value upper,
              int64_t limit, int64_t lanes, llvm::function_ref<void(mlir::Value)> body);

} // namespace agon::cpu
#endif
