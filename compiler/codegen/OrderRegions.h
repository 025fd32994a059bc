//===- OrderRegions.h - Regions where less is alive -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_CODEGEN_ORDERREGIONS_H
#define AGON_COMPILER_CODEGEN_ORDERREGIONS_H

#include "compiler/codegen/Timeline.h"

namespace agon::codegen {

/// Moves regions to just before their first reader, or to just behind what they read, where that lowers what is alive
/// near the peak. The order stays as it is unless the function then needs less. Fails, with a diagnostic, where `place`
/// does.
mlir::LogicalResult orderRegions(Timeline &timeline);

} // namespace agon::codegen
#endif
