//===- Emulation.h - A module's kernels on the emulated device --*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_GPU_EMULATION_H
#define AGON_TEST_UNIT_GPU_EMULATION_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "test/gpu/emulator/KernelLibrary.h"
#include "llvm/ADT/SmallString.h"

namespace agon::test {

/// The kernels of a module, with all checks of the emulated device.
class Emulation {
public:
  /// Lowers the module, as far as the back end too, which takes it. Where that fails there is no kernel, and standard
  /// error has the reason.
  Emulation(mlir::ModuleOp module, const targets::Options &options);
  ~Emulation();

  /// The kernel of this name, or null.
  const AgonEmulatedKernel *find(const std::string &name) const { return library ? library->find(name) : nullptr; }

private:
  llvm::SmallString<128> path;
  std::unique_ptr<emulator::KernelLibrary> library;
};

} // namespace agon::test

#endif // AGON_TEST_UNIT_GPU_EMULATION_H
