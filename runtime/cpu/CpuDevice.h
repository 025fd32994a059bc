//===- CpuDevice.h - The processor as a device ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CPU_CPUDEVICE_H
#define AGON_RUNTIME_CPU_CPUDEVICE_H

#include "runtime/device/Device.h"

#include <memory>

namespace agon::rt {

/// The processor: its memory is the host's, a launch is a loop of `threads` threads, the caller's included, which
/// flushes subnormal numbers to zero from now on.
std::shared_ptr<const Device> openCpu(int threads);

} // namespace agon::rt

#endif // AGON_RUNTIME_CPU_CPUDEVICE_H
