//===- Kernels.h - One emitter a kind of region -----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_KERNELS_H
#define AGON_COMPILER_CPU_KERNELS_H

#include "compiler/cpu/Access.h"
#include "compiler/cpu/Evaluator.h"
#include "compiler/cpu/Frame.h"
#include "compiler/cpu/Survey.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace agon::cpu {

// Each emits the body of the kernel and sets `frame.tasks`. Each returns false, having
// emitted nothing, if the region is not of its form; `emitReference` takes any.

/// Generics with parallel iterators over one space.
bool emitElementwise(Frame &frame);
/// Slices inserted into a fill, an empty tensor or an input.
bool emitInsert(Frame &frame);
/// One generic with reduction iterators, prologue and epilogue.
bool emitReduction(Frame &frame);
/// One generic `out += a * b`, or `out += a * b + c * d` and so on, prologues and epilogue.
bool emitContraction(Frame &frame);
/// One generic `out += m1 * ... * mk * x` with k = 1 to 3 small constant matrices, each over a
/// reduction and a dimension of the result of its own; prologue of x and epilogue.
bool emitModeProduct(Frame &frame);
/// A region of kind chunks: a task is a part of the samples, for which the kernels of the regions within
/// run one after the other, with what passes between them on the stack.
mlir::FailureOr<Kernel> emitChunks(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name,
                                   mlir::ModuleOp module, const KernelOptions &options);
/// Anything, one scalar loop nest an operation, in one task.
mlir::LogicalResult emitReference(Frame &frame);

//===----------------------------------------------------------------------===//
// What the emitters share
//===----------------------------------------------------------------------===//

/// A tensor to be evaluated and where its elements go.
struct Output {
  mlir::Value tensor;
  mlir::AffineMap map; ///< the tensor's indices at a point of the iteration space
  mlir::Value row;     ///< the buffer
  LinearForm to;       ///< where in it
};

/// Lanes of a vector in this region: as many as 32-bit elements fit the register, or
/// 64-bit ones if the region has no smaller ones.
int64_t vectorLanes(Frame &frame);

/// What an unrolled short axis may come to, in vector instructions or so.
constexpr int64_t maxUnrolledWork = 2000;

/// How the tasks of a kernel share the loops of a map.
struct Split {
  enum Kind {
    None,  ///< every call does all of it
    Outer, ///< a task is a block of the outermost axis; `emitMap` sets the number of tasks
    Rows   ///< a task is `block` steps of dimension 0; the caller sets the number of tasks
  } kind = None;
  int64_t block = 0;
};

/// Loops over `sizes` that evaluate and store `outputs`.
void emitMap(Frame &frame, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<Output> outputs,
             const Survey &survey, Split split);

/// Into how many tasks work of about `cycles` cycles is worth cutting.
int64_t worthwhileTasks(double cycles);

/// The loops over [lower, upper) of an axis of size `limit` that run in lanes: one over whole
/// vectors, then a masked one for what is left at the axis's end. `body` is called once a
/// loop, with lanes set and the axis bound, and given the position. `lower` must be a
/// multiple of `lanes`, and so must `upper` unless it is `limit`.
void forLanes(Frame &frame, Evaluator &evaluator, unsigned axis, mlir::Value lower,
              mlir::Value upper, int64_t limit, int64_t lanes,
              llvm::function_ref<void(mlir::Value)> body);

/// The mask of the first `set` of `lanes` lanes, emitted outside all loops.
mlir::Value prefixMask(Frame &frame, int64_t lanes, int64_t set);

/// The mask of the first `count`, an index, of `lanes` lanes.
mlir::Value countMask(Frame &frame, int64_t lanes, mlir::Value count);

/// The one generic with reduction iterators in the region's body, if there is exactly one.
mlir::linalg::GenericOp findRoot(RegionOp region);

/// What follows a root: the region's results as functions of the root's results.
struct Epilogue {
  /// Surveys it; false if a result does not depend on the root at every point, or reads
  /// it at more than one point.
  bool analyse(Frame &frame, mlir::linalg::GenericOp root);
  /// The outputs, by maps from the root's iteration space (constant along reductions).
  llvm::SmallVector<Output, 2> outputs;
  /// Everything read after the root, in the root's iteration space.
  Survey survey{nullptr};
};

} // namespace agon::cpu
#endif
