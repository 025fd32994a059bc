//===- Machine.h - Where a command plays ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_MACHINE_H
#define AGON_RUNTIME_CLI_MACHINE_H

#include "runtime/core/Instance.h"
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
  bool isChosen = false;            ///< the binary could play elsewhere too
  std::optional<cuda::Gpu> gpu;     ///< what the device is, if it is one
  const agon_model *host = nullptr; ///< the table for the processor, where the device is another
};

/// The game on the processor, for a Trainer of `on`; null where it plays there, or the host lacks the memory.
std::unique_ptr<Instance> hostOf(const Machine &on);

/// \param device what `--device` says: "cpu", "cuda", "cuda:1", "auto"; empty is auto, a GPU that the binary has code
/// for where there is one, else the processor. \param threads of the processor; 0: all cores.
/// \throws Failure: (Usage) it says something else, or the binary has no such code; (Unavailable) there is no such
/// device.
Machine chooseMachine(const agon_model &binary, const std::string &device, int threads);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_MACHINE_H
