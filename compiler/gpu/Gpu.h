//===- Gpu.h - The dialect of plans on a GPU --------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_GPU_GPU_H
#define AGON_COMPILER_GPU_GPU_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"

#include "compiler/gpu/GpuDialect.h.inc"
#include "compiler/gpu/GpuEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/gpu/GpuAttributes.h.inc"

#endif
