//===- Precompiled.h - The headers that every compiler room parses --------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Built once as a precompiled header; no source file includes it.
//===----------------------------------------------------------------------===//
#ifndef AGON_DIALECTS_AGON_PRECOMPILED_H
#define AGON_DIALECTS_AGON_PRECOMPILED_H

#include "dialects/agon/Agon.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

#endif
