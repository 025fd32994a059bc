//===- KernelLibrary.h - Libraries of kernels -------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// A library of kernels that `agon-emulate` has made.
//
//===----------------------------------------------------------------------===//
#ifndef AGON_TEST_GPU_EMULATOR_KERNELLIBRARY_H
#define AGON_TEST_GPU_EMULATOR_KERNELLIBRARY_H

#include "test/gpu/emulator/emulator.h"
#include <string>

namespace agon::emulator {

/// Opens such a library, and finds kernels by name.
class __attribute__((visibility("default"))) KernelLibrary {
public:
  /// Opens the file; `error()` tells why it could not.
  explicit KernelLibrary(const std::string &path);
  ~KernelLibrary();
  KernelLibrary(const KernelLibrary &) = delete;
  KernelLibrary &operator=(const KernelLibrary &) = delete;

  const std::string &error() const { return errorText; }
  /// The kernel of this name, or null.
  const AgonEmulatedKernel *find(const std::string &name) const;
  /// The variable of the device's memory of this name (cuModuleGetGlobal), or null.
  const AgonEmulatedVariable *findGlobal(const std::string &name) const;
  /// All kernels; the last has no name.
  const AgonEmulatedKernel *kernels() const { return table; }

private:
  void *library = nullptr;
  const AgonEmulatedKernel *table = nullptr;
  std::string errorText;
};

} // namespace agon::emulator

#endif // AGON_TEST_GPU_EMULATOR_KERNELLIBRARY_H
