//===- Emit.h - From fused regions to CPU kernels ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_EMIT_H
#define AGON_COMPILER_CPU_EMIT_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace agon::cpu {

/// The machine that kernels are written for. Cache sizes in bytes.
struct TargetInfo {
  unsigned vectorBits = 256; ///< width of a vector register, 128, 256 or 512
  bool fma = true;           ///< fused multiply-add in hardware
  unsigned cores = 1;
  size_t l1 = 32 << 10, l2 = 512 << 10, l3 = 16 << 20;
};

struct KernelOptions {
  TargetInfo target;
  int optLevel = 3; ///< 0: one scalar loop nest an operation, nothing fused; 1..3: vectorised
};

/// A kernel function and the size of its parallel range. Tasks are independent,
/// and what they compute does not depend on how the range is cut.
struct Kernel {
  mlir::func::FuncOp func;
  int64_t tasks = 1;
  std::string algorithm; ///< for reports: "outer 14x2, A packed by rows, B packed", "reduction"
};

/// The dialects whose operations emitted kernels are made of.
void registerKernelDialects(mlir::DialectRegistry &registry);

/// The type of the buffer of a tensor of type `type`: the same shape, identity
/// layout; booleans are stored one a byte, as 0 or 1, so that their element type is i8.
mlir::MemRefType bufferType(mlir::RankedTensorType type);

/// Whether result number `result` of `region` may be written over input number
/// `input`: same type, and every operation that reads the input, directly or
/// through the region's other operations, reads at each point of the results'
/// space the very element that is written there, before it is written.
bool canUpdateInPlace(agon::RegionOp region, unsigned input, unsigned result);

/// Emits `region` into `module` as a function
/// `name(buffer 0, ..., buffer n-1, begin: index, end: index)` that runs the
/// tasks [begin, end). `bufferOf` maps each input, then each result, of the region
/// to its buffer; values of one buffer have one type. Fails, with a diagnostic at
/// `region`, only on operations that a region may not hold.
mlir::FailureOr<Kernel> emitKernel(agon::RegionOp region, llvm::ArrayRef<unsigned> bufferOf,
                                   llvm::StringRef name, mlir::ModuleOp module,
                                   const KernelOptions &options);

} // namespace agon::cpu
#endif
