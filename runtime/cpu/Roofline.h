//===- Roofline.h - What the machine can do at most -------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CPU_ROOFLINE_H
#define AGON_RUNTIME_CPU_ROOFLINE_H

#include "runtime/device/Device.h"

#include <algorithm>

namespace agon::rt {

/// The two limits of the roofline model (Williams, Waterman, Patterson 2009).
struct Roofline {
  double flops = 0;   ///< floating-point operations a second, in registers
  double bytes = 0;   ///< bytes a second from and to memory
  int vectorBits = 0; ///< of the instructions that reached `flops`

  /// Seconds below which no program does so much work.
  double bound(double workFlops, double workBytes) const { return std::max(workFlops / flops, workBytes / bytes); }
  /// Whether memory, rather than arithmetic, sets the bound.
  bool boundByMemory(double workFlops, double workBytes) const { return workBytes / bytes > workFlops / flops; }
};

/// Measures on all threads of a device of the host's, in some tenths of a second: chains of
/// fused multiply-adds in the widest registers the processor has, and the triad
/// a = b + s * c over arrays beyond the last cache, counted as three transfers
/// (McCalpin 1995). The best of several rounds, since a roof is a maximum.
Roofline measureRoofline(const Device &device, bool doublePrecision);

} // namespace agon::rt

#endif // AGON_RUNTIME_CPU_ROOFLINE_H
