//===- Loops.h - Into how many tasks work is cut ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_LOOPS_H
#define AGON_COMPILER_CPU_LOOPS_H

#include "compiler/kernel/KernelBuilder.h"

namespace agon::cpu {

// What kernels of all targets are made of.
using namespace kernels;

/// How many workers tasks are meant for. A binary moves to other machines, so there are never few.
inline int64_t plannedWorkers(TargetAttr target) { return std::max<int64_t>(target.getWorkers(), 16); }

/// Into how many tasks work of about `cycles` cycles is worth cutting: a task should outlast the hand-over to
/// another thread, a few microseconds, by far.
inline int64_t worthwhileTasks(double cycles, TargetAttr target) {
  return std::clamp<int64_t>(int64_t(cycles / 40000), 1, plannedWorkers(target));
}

} // namespace agon::cpu
#endif
