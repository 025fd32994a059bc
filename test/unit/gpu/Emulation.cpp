//===- Emulation.cpp - A module's kernels on the emulated device ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu/Emulation.h"
#include "compiler/codegen/DeviceCode.h"
#include "compiler/gpu/ToLLVM.h"
#include "mlir/Pass/PassManager.h"
#include "test/gpu/emulate/Emulate.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace agon::test;

Emulation::Emulation(ModuleOp module, const agon::targets::Options &options) {
  PassManager manager(module.getContext());
  agon::gpu::addGpuToLLVMPasses(manager);
  llvm::LLVMContext llvmContext;
  if (failed(manager.run(module)))
    return;
  auto code = agon::codegen::DeviceCode::take(module, llvmContext, options);
  if (failed(code) || !*code || llvm::sys::fs::createTemporaryFile("agon-kernel", "so", path))
    return;
  llvm::Error error = agon::emulate::makeLibrary(*(*code)->module, {}, path);
  llvm::Expected<std::string> assembly = (*code)->assemble();
  if (!assembly)
    error = llvm::joinErrors(std::move(error), assembly.takeError());
  if (error)
    llvm::errs() << llvm::toString(std::move(error)) << "\n";
  else
    library = std::make_unique<agon::emulator::KernelLibrary>(std::string(path));
}

Emulation::~Emulation() {
  library.reset();
  [[maybe_unused]] std::error_code left = llvm::sys::fs::remove(path);
}
