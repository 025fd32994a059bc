//===- Emit.h - From fused regions to CPU kernels ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_EMIT_H
#define AGON_COMPILER_CPU_EMIT_H

#include "compiler/cpu/Cpu.h"
#include "compiler/kernel/KernelBuilder.h"
#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"

namespace agon::cpu {

// What kernels of all targets are made of.
using namespace kernels;

using targets::Kernel;
using KernelOptions = targets::Options;

/// The dialects whose operations emitted kernels are made of.
void registerKernelDialects(mlir::DialectRegistry &registry);

/// How `region` is to be computed with its values in the buffers that `bufferOf` names: an attribute of Cpu.td. Null
/// for a region of kind chunks, whose regions have plans of their own.
mlir::Attribute planRegion(agon::RegionOp region, llvm::ArrayRef<unsigned> bufferOf, const KernelOptions &options);

/// How `region` is computed, by the plan that it has or would be given, in words. Empty if the plan does not fit.
std::string explainRegion(agon::RegionOp region, const KernelOptions &options);

/// Emits `region` into `module` as a function
/// `name(buffer 0, ..., buffer n-1, begin: index, end: index)` that runs the
/// tasks [begin, end). `bufferOf` maps each input, then each result, of the region
/// to its buffer; values of one buffer have one type. A region without a plan is given
/// `planRegion`'s. Fails, with a diagnostic at `region`, on operations that a region may
/// not hold and on a plan that does not fit it.
mlir::FailureOr<Kernel> emitKernel(agon::RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name,
                                   mlir::ModuleOp module, const KernelOptions &options);

} // namespace agon::cpu
#endif
