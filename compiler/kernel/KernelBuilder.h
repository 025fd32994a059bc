//===- KernelBuilder.h - The function of a kernel ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_KERNEL_KERNELBUILDER_H
#define AGON_COMPILER_KERNEL_KERNELBUILDER_H

#include "compiler/region/Access.h"
#include "compiler/target/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace agon::kernels {

// Regions are the same for every target: this room makes code of them, an element or a vector at a time.
using namespace regions;

/// A region, and which of its inputs and results share a buffer.
struct BoundRegion {
  RegionOp region;
  llvm::ArrayRef<unsigned> bufferOf; ///< of each input, then of each result

  /// Whether result `i` shares its buffer with an input.
  bool isInPlace(unsigned i) const {
    size_t inputs = size_t(RegionOp(region).getInputs().size());
    return llvm::is_contained(bufferOf.take_front(inputs), bufferOf[inputs + i]);
  }
};

/// The element type in memory of tensor elements of type `type`.
mlir::Type storageType(mlir::Type type);

/// The type of the buffer of a tensor of type `type`: the same shape, identity
/// layout; booleans are stored one a byte, as 0 or 1, so that their element type is i8.
mlir::MemRefType bufferType(mlir::RankedTensorType type);

/// Whether result number `result` of `region` may be written over input number
/// `input`: same type, and every operation that reads the input, directly or
/// through the region's other operations, reads at each point of the results'
/// space the very element that is written there, before it is written.
bool canUpdateInPlace(RegionOp region, unsigned input, unsigned result);

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
  /// Begins `name(buffers..., more...)` at the end of `module`.
  KernelBuilder(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name, mlir::Block *module,
                const targets::Options &options, mlir::TypeRange more);

  RegionOp region;
  const targets::Options &options;
  mlir::Location loc;
  mlir::OpBuilder builder;
  mlir::func::FuncOp func;
  Nest nest;
  llvm::SmallVector<mlir::Value, 2> more; ///< its arguments behind the buffers
  /// Whether threads side by side run it: vectors at multiples of their length are said to be aligned then, and what is
  /// written over an input is read by the thread that writes it alone.
  bool isGrid = false;

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
  /// Whether `row` is a result's.
  bool isWritten(mlir::Value row) const;
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
};

/// The mask of the first `set` of `lanes` lanes, emitted outside all loops.
mlir::Value prefixMask(KernelBuilder &kernel, int64_t lanes, int64_t set);

/// The mask of the first `count`, an index, of `lanes` lanes.
mlir::Value countMask(KernelBuilder &kernel, int64_t lanes, mlir::Value count);

} // namespace agon::kernels
#endif
