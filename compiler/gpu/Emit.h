//===- Emit.h - From fused regions to GPU kernels ---------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_EMIT_H
#define AGON_COMPILER_GPU_EMIT_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"

namespace agon::gpu {

/// The dialects of plans, and those whose operations emitted kernels are made of.
void registerKernelDialects(mlir::DialectRegistry &registry);

/// How `region` is to be computed: an attribute of Gpu.td; null if it is of no form that a GPU computes.
mlir::Attribute planRegion(RegionOp region, const targets::Options &options);

/// How `region` is computed, by the plan that it has or would be given, in words.
std::string explainRegion(RegionOp region, const targets::Options &options);

/// Emits `region`, by its plan, as a function `name(buffers...)` of the device module of `module`. `bufferOf` maps each
/// input, then each result, to its buffer. Fails, with a diagnostic, where a plan does not fit it.
mlir::FailureOr<targets::Kernel> emitKernel(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name,
                                            mlir::ModuleOp module, const targets::Options &options);

/// Emits a kernel `name(cell, bytes, numbers)` of the device module of `module`, which makes each element of a cell of
/// `type` the one of 256 numbers that its byte counts.
targets::Kernel emitExpansion(mlir::RankedTensorType type, llvm::StringRef name, mlir::ModuleOp module,
                              const targets::Options &options);

/// Emits a kernel `name(runs, found)` of the device module of `module`, which sets found[i] to 1 where numbers of type
/// `real` in runs[i], an agon_run of a block of its own, are not finite.
targets::Kernel emitFiniteness(mlir::FloatType real, llvm::StringRef name, mlir::ModuleOp module);

/// Where the device's kernels stand, in a module that is made at the first one.
mlir::Block *deviceModule(mlir::ModuleOp module);

} // namespace agon::gpu
#endif
