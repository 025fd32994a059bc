//===- CudaDevice.h - An NVIDIA device --------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CUDA_CUDADEVICE_H
#define AGON_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/cuda/Gpu.h"
#include "runtime/device/Device.h"

#include <memory>

namespace agon::rt::cuda {

/// The device `gpu` with the code of `table`, one of its model's tables for CUDA. Its memory is the device's; functions
/// run on `host`, which is asked for what they need.
/// \throws Failure (Unavailable): the driver refuses the device or the code.
std::shared_ptr<const Device> openCuda(const agon_model &table, const Gpu &gpu, std::shared_ptr<const Device> host);

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_CUDADEVICE_H
