//===- Cpu.h - The dialect of plans on a CPU --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CPU_CPU_H
#define AGON_COMPILER_CPU_CPU_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"

#include "compiler/cpu/CpuDialect.h.inc"
#include "compiler/cpu/CpuEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/cpu/CpuAttributes.h.inc"

#endif
