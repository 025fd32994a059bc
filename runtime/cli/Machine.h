//===- Machine.h - Where a command plays ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_MACHINE_H
#define AGON_RUNTIME_CLI_MACHINE_H

#include "runtime/cuda/Gpu.h"
#include "runtime/device/Device.h"

#include <memory>
#include <optional>
#include <string>

namespace agon::rt {

/// The device that a command plays on, and the binary's table for it.
struct Machine {
  const agon_model &model;
  std::shared_ptr<const Device> device;
  bool isChosen = false;        ///< the binary could play elsewhere too
  std::optional<cuda::Gpu> gpu; ///< what the device is, if it is one
};

/// \param device what `--device` says: "cpu", "cuda", "cuda:1", "auto"; empty is auto, a GPU that the binary has code
/// for where there is one, else the processor. \param threads of the processor; 0: all cores.
/// \throws Failure: (Usage) it says something else, or the binary has no such code; (Unavailable) there is no such
/// device.
Machine chooseMachine(const agon_model &binary, const std::string &device, int threads);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_MACHINE_H
