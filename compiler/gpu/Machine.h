//===- Machine.h - GPUs by their architecture -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_MACHINE_H
#define AGON_COMPILER_GPU_MACHINE_H

#include "compiler/target/Target.h"

namespace agon::gpu {

/// As `#agon.target`, `--target` and the runtime name GPUs of NVIDIA.
inline constexpr llvm::StringLiteral targetName = "cuda";

/// The descriptor of an architecture: "sm_80". Of its caches the first is the shared memory that a block may have.
/// Null if it is not known.
TargetAttr describeMachine(llvm::StringRef architecture, mlir::MLIRContext *context);

/// One machine an architecture of a list, "sm_80,sm_90a"; for an empty one the least. Fails with the names there are.
llvm::Expected<std::vector<targets::Machine>> resolveMachines(llvm::StringRef list, mlir::MLIRContext *context);

/// The same machine, told to multiply contractions' f32 operands in `precision`, "f32", "tf32" or "bf16": one of its
/// `multiply_adds` then. Null if it is none of these.
TargetAttr withPrecision(TargetAttr target, llvm::StringRef precision);

/// Makes the machine of the host, whose functions only launch, and of the device.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createHostMachine(unsigned optLevel);
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createDeviceMachine(TargetAttr target);

} // namespace agon::gpu
#endif
