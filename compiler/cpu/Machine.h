//===- Machine.h - x86 processors -------------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_MACHINE_H
#define AGON_COMPILER_CPU_MACHINE_H

#include "compiler/target/Target.h"

namespace agon::cpu {

/// As `#agon.target` and `--target` name the CPU.
inline constexpr llvm::StringLiteral targetName = "cpu";

/// The levels of a processor's memory: bytes, and how many threads share them.
struct Caches {
  llvm::SmallVector<int64_t, 3> bytes, sharers;
};

/// This machine's caches, as Linux tells them in `folder`, or else the C library; a level that neither tells is the
/// portable one's.
Caches detectCaches(llvm::StringRef folder = "/sys/devices/system/cpu/cpu0/cache");

/// The descriptor of a processor: x86-64-v3 (AVX2) or better.
/// `level` is 3 or 4; caches are what such processors have at the least, workers many.
TargetAttr portableMachine(mlir::MLIRContext *context, unsigned level);

/// Resolves `--march`: one machine, or for `portable` one a level, the least first. Fails with the accepted names for
/// an unknown one, and for a processor without AVX2 and FMA.
llvm::Expected<std::vector<targets::Machine>> resolveMachines(llvm::StringRef march, mlir::MLIRContext *context);

/// The same machine, told to multiply contractions' f32 operands in `precision`, "f32" or "bf16": one of its
/// `multiply_adds` then, whether it has instructions for it or not; where it has, code needs them. Null if it is none
/// of these.
TargetAttr withPrecision(TargetAttr target, llvm::StringRef precision);

/// Makes the machine for a processor; initialises LLVM's x86 back end once.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(TargetAttr target, unsigned optLevel);

} // namespace agon::cpu
#endif
