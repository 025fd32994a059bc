//===- Gpu.h - Which devices there are, and code for them -------*- C++ -*-===//
#ifndef AGON_RUNTIME_CUDA_GPU_H
#define AGON_RUNTIME_CUDA_GPU_H

#include "runtime/abi/agon_abi.h"

#include <string>
#include <vector>

namespace agon::rt::cuda {

/// One NVIDIA device of this machine.
struct Gpu {
  int number = 0; ///< as `--device cuda:N` names it
  std::string name;
  int major = 0, minor = 0; ///< its compute capability
  uint64_t bytes = 0;       ///< of its memory
  /// What it can do at most, by its attributes: multiply-adds in f32 and f64 outside of tensor cores, counted as two
  /// operations, and bytes from and to its memory, a second.
  double flops = 0, doubleFlops = 0, bytesPerSecond = 0;

  /// "cuda:0 (NVIDIA H100, compute capability 9.0)"
  std::string text() const;
};

/// The devices of this machine; none where the driver cannot be used, and `why` gets the reason.
std::vector<Gpu> findGpus(std::string &why);

/// An image's architecture, taken apart: "sm_90a" is 90 and for this device alone.
struct Architecture {
  int number = 0;
  bool exact = false;
};
Architecture architectureOf(const agon_image &image);

/// The images that the device can run, the one for the newest architecture first, machine code before PTX: code for a
/// device of the same generation that is no newer, PTX of an architecture that is no newer, and what has a letter
/// ("sm_90a") for that device alone.
std::vector<const agon_image *> imagesFor(const agon_model &table, int major, int minor);

/// The first of the model's tables for CUDA that has an image for the device; null if there is none.
const agon_model *tableFor(const agon_model &model, const Gpu &gpu);
/// Whether the binary has any table for CUDA.
bool hasCudaTable(const agon_model &model);
/// What the binary has code for: "sm_80 (cubin), sm_80 (ptx)".
std::string codeOf(const agon_model &model);

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_GPU_H
