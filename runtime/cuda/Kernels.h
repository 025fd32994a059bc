//===- Kernels.h - A table's kernels on a device ----------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CUDA_KERNELS_H
#define AGON_RUNTIME_CUDA_KERNELS_H

#include "runtime/cuda/Session.h"

#include <initializer_list>
#include <unordered_map>

namespace agon::rt::cuda {

/// The image of a table that the device takes, with the kernel of each launch found by name, and the workspace that
/// all launches share, one after the other.
class Kernels {
public:
  /// \throws Failure (Unavailable): no image fits, or the driver refuses those that do, a kernel needs more shared
  /// memory than a block may have; (Internal): an image lacks a kernel.
  Kernels(Session &session, const agon_model &table);
  ~Kernels();
  Kernels(const Kernels &) = delete;
  Kernels &operator=(const Kernels &) = delete;

  /// Bytes of the workspace, which `allocate` makes.
  uint64_t workspaceBytes() const { return workspaceNeeded; }
  void allocate();
  /// Finds the kernel of a launch, if it is not known yet.
  void find(const agon_launch &how);
  /// Runs the kernel of a launch that was found.
  void run(const agon_launch &how, void *const *args) const { run(how, uint64_t(how.grid), args); }
  /// Runs the kernel of an agon_field::expand.
  void expand(const agon_launch &how, CuPointer cell, CuPointer bytes, CuPointer numbers) const;
  /// Runs the kernel of an agon_model::not_finite.
  void findNotFinite(const agon_launch &how, uint64_t count, CuPointer runs, CuPointer found) const;
  /// "sm_90a (cubin)", the image in use.
  const std::string &code() const { return loaded; }

private:
  void run(const agon_launch &how, uint64_t blocks, void *const *args) const;
  void run(const agon_launch &how, uint64_t blocks, std::initializer_list<CuPointer> places) const;
  bool load(const agon_image &image, std::string &why);
  void lendWorkspace();

  Session &session;
  CuModule module = nullptr;
  std::string loaded;
  std::unordered_map<const agon_launch *, CuFunction> functions;
  std::unordered_map<CuFunction, uint64_t> sharedAsked;
  DeviceMemory workspace;
  uint64_t workspaceNeeded = 0;
  int sharedLimit = 0;
  bool allocated = false;
};

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_KERNELS_H
