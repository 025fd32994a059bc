//===- GpuTarget.h - GPUs as a target ---------------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_GPUTARGET_H
#define AGON_COMPILER_GPU_GPUTARGET_H

#include "compiler/target/Target.h"

namespace agon::gpu {

/// The target "cuda": GPUs of NVIDIA from sm_80 on.
std::unique_ptr<targets::Target> createGpuTarget();

} // namespace agon::gpu
#endif
