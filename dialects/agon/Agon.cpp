//===- Agon.cpp - Registration of the agon dialect ------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Agon.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agon;

#include "dialects/agon/AgonDialect.cpp.inc"
#include "dialects/agon/AgonEnums.cpp.inc"

void AgonDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/agon/AgonOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "dialects/agon/AgonOps.cpp.inc"
