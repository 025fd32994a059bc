//===- ScalarTarget.h - A second target, for tests --------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_TARGET_SCALARTARGET_H
#define AGON_TEST_UNIT_TARGET_SCALARTARGET_H

#include "compiler/target/Target.h"

namespace agon::test {

/// The target "scalar": plain loops, by MLIR's own passes.
std::unique_ptr<targets::Target> createScalarTarget();

} // namespace agon::test
#endif
