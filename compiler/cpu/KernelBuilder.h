//===- KernelBuilder.h - The function of a kernel ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_KERNELBUILDER_H
#define AGON_COMPILER_CPU_KERNELBUILDER_H

#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Loops.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace agon::cpu {

/// The loops that are open at the builder's insertion point, outermost first.
/// *Level* k is the place just before loop k, inside the loops 0..k-1; what
/// depends on nothing further in is emitted there. Level depth() is the
/// insertion point itself.
class Nest {
public:
  explicit Nest(mlir::OpBuilder &builder) : builder(builder) {}
  unsigned depth() const { return loops.size(); }
  /// Opens `for iv = lower to upper step step` and enters it.
  mlir::scf::ForOp open(mlir::Value lower, mlir::Value upper, int64_t step, mlir::ValueRange carried = {});
  /// Leaves the innermost loop, which yields `values`; returns its results.
  mlir::ValueRange close(mlir::ValueRange values = {});
  /// Moves the builder to `level`; the caller guards the insertion point.
  void moveTo(unsigned level);

private:
  mlir::OpBuilder &builder;
  llvm::SmallVector<mlir::scf::ForOp> loops;
};

/// One kernel function under construction.
class KernelBuilder {
public:
  KernelBuilder(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name, mlir::ModuleOp module,
                const KernelOptions &options);

  RegionOp region;
  const KernelOptions &options;
  mlir::Location loc;
  mlir::OpBuilder builder;
  mlir::func::FuncOp func;
  Nest nest;
  mlir::Value begin, end; ///< the tasks to run
  int64_t tasks = 1;      ///< the whole range

  /// The region's terminator.
  YieldOp yield() { return mlir::cast<YieldOp>(region.getBody().front().getTerminator()); }
  /// The value that result `i` yields.
  mlir::Value yielded(unsigned i) { return yield().getValues()[i]; }

  /// The buffer of result `i` as one row of elements.
  mlir::Value flatResult(unsigned i) const { return flat[bufferOf[numInputs + i]]; }
  /// A row of elements in the shape of a tensor type.
  mlir::Value shape(mlir::Value row, mlir::RankedTensorType type);
  BoundRegion bound() const { return {region, bufferOf}; }
  /// Whether result `i` shares its buffer with an input.
  bool isInPlace(unsigned i) const { return bound().isInPlace(i); }
  /// Whether `row`, a result's, is so large that it had better not pass through the caches, which would read it
  /// first and have lost it by the time it is wanted.
  bool isStreamed(mlir::Value row) const;
  /// The row of elements of a block argument or of a constant tensor.
  mlir::Value flatBuffer(mlir::Value tensor);

  mlir::Value index(int64_t value);
  /// Uninitialised scratch of `elements` elements on the stack, aligned to a cache line.
  mlir::Value scratch(mlir::Type element, int64_t elements);
  /// Arithmetic on index values, folded where both are known. `max` takes none to be negative.
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);

private:
  unsigned numInputs;
  llvm::SmallVector<unsigned> bufferOf;
  llvm::SmallVector<mlir::Value> flat; ///< a buffer
  llvm::DenseMap<mlir::Value, mlir::Value> globals;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  mlir::ModuleOp module;
};

/// The element type in memory of tensor elements of type `type`.
mlir::Type storageType(mlir::Type type);

} // namespace agon::cpu
#endif
