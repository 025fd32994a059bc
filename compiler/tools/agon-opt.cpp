//===- agon-opt.cpp - Runs passes on textual IR ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Register.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  agon::registerAll(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "The passes of the Agon compiler\n", registry));
}
