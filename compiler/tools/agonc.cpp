//===- agonc.cpp - The compiler's command line ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/tools/Driver.h"
#include "support/Process.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

/// However the program ends (--help and --version end it too): what it printed has arrived, or that
/// is the error.
static void finishOutput() {
  llvm::errs().clear_error(); // nobody is left to be told
  llvm::raw_fd_ostream &out = llvm::outs();
  out.flush();
  if (!out.has_error())
    return;
  llvm::errs() << "agonc: error: cannot write to standard output: " << out.error().message() << "\n";
  std::_Exit(agon::tools::InputOutput);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  agon::support::prepareProcess();
  // Before the streams' own ends, which call an error fatal.
  (void)llvm::outs();
  (void)llvm::errs();
  std::atexit(finishOutput);
  llvm::Expected<agon::tools::CommandLine> commandLine = agon::tools::parseCommandLine(argc, argv);
  if (!commandLine)
    return agon::tools::usageError(commandLine.takeError());
  return agon::tools::compile(*commandLine);
}
