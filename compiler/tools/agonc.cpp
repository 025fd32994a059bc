//===- agonc.cpp - The compiler's command line ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/Driver.h"
#include "llvm/Support/InitLLVM.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::Expected<agon::tools::CommandLine> commandLine = agon::tools::parseCommandLine(argc, argv);
  if (!commandLine)
    return agon::tools::usageError(commandLine.takeError());
  return agon::tools::compile(*commandLine);
}
