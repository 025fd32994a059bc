//===- Npy.h - Samples as a NumPy file --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_NPY_H
#define AGON_RUNTIME_IO_NPY_H

#include "runtime/core/Sampler.h"

#include <string>

namespace agon::rt {

/// Writes [count, ...shape] as float32 (`real` = AGON_F32) or float64.
void writeNpy(const Samples &samples, uint32_t real, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_NPY_H
