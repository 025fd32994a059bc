//===- Constants.cpp - The numbers that values are ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Constants.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

std::optional<double> agon::constantNumber(Value value) {
  APFloat number(0.0);
  if (!matchPattern(value, m_ConstantFloat(&number)))
    return std::nullopt;
  bool inexact;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number.convertToDouble();
}
