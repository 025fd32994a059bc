//===- CpuFeatures.h - What this processor can run --------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CPU_CPUFEATURES_H
#define AGON_RUNTIME_CPU_CPUFEATURES_H

#include "runtime/abi/agon_abi.h"

#include <string_view>

namespace agon::rt {

/// Whether this processor has `feature`, named as for __builtin_cpu_supports
/// ("avx2", "avx512f", "x86-64-v3"). Names that the compiler of this runtime
/// did not know are looked up among the kernel's flags.
bool cpuSupports(std::string_view feature);

/// The table to play with: of `model` and its variants the best that this
/// processor can run, or `model` itself if it can run none; $AGON_ISA chooses
/// by name ("x86-64-v3").
/// \throws Failure (Usage) when AGON_ISA names none of them, or one that this
/// processor cannot run.
const agon_model &chooseVariant(const agon_model &model);

} // namespace agon::rt

#endif // AGON_RUNTIME_CPU_CPUFEATURES_H
