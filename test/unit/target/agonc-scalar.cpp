//===- agonc-scalar.cpp - agonc with a second target ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Register.h"
#include "compiler/tools/Driver.h"
#include "test/unit/target/ScalarTarget.h"

int main(int argc, char **argv) {
  agon::registerTargets();
  agon::targets::registerTarget(agon::test::createScalarTarget());
  llvm::Expected<agon::tools::CommandLine> commandLine = agon::tools::parseCommandLine(argc, argv);
  if (!commandLine)
    return agon::tools::usageError(commandLine.takeError());
  return agon::tools::compile(*commandLine);
}
