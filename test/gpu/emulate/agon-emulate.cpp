//===- agon-emulate.cpp - The command -------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The command: a module for NVPTX, as text or bitcode, to a library for the emulated device.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulate/Emulate.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace llvm;

static cl::OptionCategory category("agon-emulate");
static cl::opt<std::string> input(cl::Positional, cl::desc("KERNELS.ll"), cl::init("-"), cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("the library to write"), cl::init("kernels.so"), cl::cat(category));
static cl::opt<bool> unchecked("unchecked", cl::desc("no checks of memory"), cl::cat(category));
static cl::opt<bool> emitText("emit-llvm", cl::desc("write the translated module as text instead"), cl::cat(category));

static int fail(Error error) {
  errs() << "agon-emulate: " << toString(std::move(error)) << "\n";
  return 1;
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Makes a library for the emulated device of a module for NVPTX.\n");
  LLVMContext context;
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> module = parseIRFile(input, diagnostic, context);
  if (!module) {
    diagnostic.print("agon-emulate", errs());
    return 1;
  }
  agon::emulate::Options options;
  options.checked = !unchecked;
  if (!emitText) {
    if (Error error = agon::emulate::makeLibrary(*module, options, output))
      return fail(std::move(error));
    return 0;
  }
  if (Error error = agon::emulate::translate(*module, options))
    return fail(std::move(error));
  std::error_code code;
  raw_fd_ostream file(output, code);
  if (code)
    return fail(createStringError(code, "cannot write " + output));
  module->print(file, nullptr);
  return 0;
}
