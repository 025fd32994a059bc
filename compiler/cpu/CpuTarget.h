//===- CpuTarget.h - The CPU as a target ------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_CPUTARGET_H
#define AGON_COMPILER_CPU_CPUTARGET_H

#include "compiler/target/Target.h"

namespace agon::cpu {

/// The target "cpu": x86-64 with AVX2 or AVX-512.
std::unique_ptr<targets::Target> createCpuTarget();

} // namespace agon::cpu
#endif
