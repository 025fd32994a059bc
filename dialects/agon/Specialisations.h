//===- Specialisations.h - What a network's functions are called -*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_DIALECTS_AGON_SPECIALISATIONS_H
#define AGON_DIALECTS_AGON_SPECIALISATIONS_H

#include "llvm/ADT/StringRef.h"

namespace agon {

/// What the names of a network's functions (agon.forward) for training, or for sampling, begin with.
inline llvm::StringRef forwardPrefix(bool training) { return training ? "training" : "sampling"; }

} // namespace agon

#endif
