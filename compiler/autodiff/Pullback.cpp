//===- Pullback.cpp - The differentiation interface -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/autodiff/Pullback.h"

#include "compiler/autodiff/Pullback.cpp.inc"

void agon::autodiff::registerPullbacks(mlir::DialectRegistry &registry) {
  registerArithRules(registry);
  registerMathRules(registry);
  registerTensorRules(registry);
  registerWindowRules(registry);
}
