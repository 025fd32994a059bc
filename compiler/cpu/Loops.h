//===- Loops.h - Into how many tasks work is cut ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_LOOPS_H
#define AGON_COMPILER_CPU_LOOPS_H

#include "compiler/region/Access.h"
#include "dialects/agon/Agon.h"

namespace agon::cpu {

// What regions are is the same for every target: this room says how they are computed.
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

/// How many workers tasks are meant for. A binary moves to other machines, so there are never few.
inline int64_t plannedWorkers(TargetAttr target) { return std::max<int64_t>(target.getWorkers(), 16); }

/// Into how many tasks work of about `cycles` cycles is worth cutting: a task should outlast the hand-over to
/// another thread, a few microseconds, by far.
inline int64_t worthwhileTasks(double cycles, TargetAttr target) {
  return std::clamp<int64_t>(int64_t(cycles / 40000), 1, plannedWorkers(target));
}

} // namespace agon::cpu
#endif
