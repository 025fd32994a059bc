//===- Targets.cpp - The target that tensors are rewritten for ------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/CpuTarget.h"
#include <gtest/gtest.h>

namespace {
/// Prices of rewrites come from a target: here the CPU's.
class WithCpu : public ::testing::Environment {
  void SetUp() override { agon::targets::registerTarget(agon::cpu::createCpuTarget()); }
};
[[maybe_unused]] const auto *const environment = ::testing::AddGlobalTestEnvironment(new WithCpu);
} // namespace
