//===- Harness.cpp - Kernels on the emulated device -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu_emulator/Harness.h"
#include "test/gpu/emulate/Emulate.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"
#include <map>

using namespace agon;
using namespace agon::test;

static std::unique_ptr<llvm::Module> parse(llvm::MemoryBufferRef text, llvm::LLVMContext &context) {
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module = llvm::parseIR(text, diagnostic, context);
  if (!module)
    ADD_FAILURE() << text.getBufferIdentifier().str() << ":" << diagnostic.getLineNo() << ": "
                  << diagnostic.getMessage().str();
  return module;
}

static std::unique_ptr<emulator::KernelLibrary> compile(llvm::MemoryBufferRef text, bool checked) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = parse(text, context);
  llvm::SmallString<128> path;
  if (!module || llvm::sys::fs::createTemporaryFile("agon-kernels", "so", path))
    return nullptr;
  llvm::FileRemover remover(path);
  emulate::Options options;
  options.checked = checked;
  if (llvm::Error error = emulate::makeLibrary(*module, options, path)) {
    ADD_FAILURE() << llvm::toString(std::move(error));
    return nullptr;
  }
  auto library = std::make_unique<emulator::KernelLibrary>(path.str().str());
  EXPECT_EQ(library->error(), "");
  return library;
}

std::unique_ptr<emulator::KernelLibrary> test::compileText(const std::string &text, bool checked) {
  return compile(llvm::MemoryBufferRef(text, "kernels"), checked);
}

emulator::KernelLibrary &test::kernelsOf(const std::string &file, bool checked) {
  static std::map<std::pair<std::string, bool>, std::unique_ptr<emulator::KernelLibrary>> known;
  std::unique_ptr<emulator::KernelLibrary> &library = known[{file, checked}];
  if (!library) {
    std::string path = std::string(getenv("AGON_SOURCE")) + "/test/gpu/" + file;
    auto text = llvm::MemoryBuffer::getFile(path);
    if (!text)
      ADD_FAILURE() << "no file " << path;
    else
      library = compile(**text, checked);
  }
  return *library;
}

std::string test::refusal(const std::string &text) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = parse(llvm::MemoryBufferRef(text, "kernels"), context);
  if (!module)
    return "";
  return llvm::toString(emulate::translate(*module, {}));
}

std::string test::launch(emulator::KernelLibrary &library, const std::string &kernel, Size size,
                         std::vector<void *> buffers, bool together) {
  const AgonEmulatedKernel *found = library.find(kernel);
  if (!found)
    return "no kernel " + kernel;
  EXPECT_EQ(found->parameters, buffers.size());
  std::vector<void *> arguments;
  for (void *&each : buffers)
    arguments.push_back(&each);
  uint32_t grid[3] = {size.grid, 1, 1}, block[3] = {size.block, 1, 1};
  auto *run = together ? agon_emulator_launch_cooperative : agon_emulator_launch;
  int code = run(found, grid, block, size.dynamicShared, arguments.data());
  EXPECT_EQ(code == AGON_EMULATOR_OK, std::string(agon_emulator_fault()).empty());
  return agon_emulator_fault();
}
