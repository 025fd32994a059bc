//===- FinitenessTest.cpp - The kernel that finds what is not finite ------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/Emit.h"
#include "compiler/gpu/GpuTarget.h"
#include "compiler/gpu/Machine.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "runtime/abi/agon_abi.h"
#include "test/unit/gpu/Emulation.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace mlir;
using namespace agon::test;

namespace {

/// What the kernel finds in runs of these numbers, each in memory of its own.
template <typename Real>
std::vector<int32_t> findIn(const AgonEmulatedKernel *kernel, const std::vector<std::vector<Real>> &numbers) {
  std::vector<agon_run> runs;
  for (const std::vector<Real> &each : numbers) {
    runs.push_back({uint64_t(reinterpret_cast<uintptr_t>(each.data())), each.size()});
    if (!each.empty())
      agon_emulator_register(each.data(), each.size() * sizeof(Real), "numbers");
  }
  std::vector<int32_t> found(numbers.size());
  agon_emulator_register(runs.data(), runs.size() * sizeof(agon_run), "runs");
  agon_emulator_register(found.data(), found.size() * sizeof(int32_t), "found");
  void *places[] = {runs.data(), found.data()}, *arguments[] = {&places[0], &places[1]};
  uint32_t grid[3] = {uint32_t(runs.size()), 1, 1}, block[3] = {256, 1, 1};
  if (agon_emulator_launch(kernel, grid, block, 0, arguments))
    ADD_FAILURE() << agon_emulator_fault();
  for (const std::vector<Real> &each : numbers)
    agon_emulator_unregister(each.data());
  agon_emulator_unregister(runs.data());
  agon_emulator_unregister(found.data());
  return found;
}

template <typename Real> void expectFound(mlir::FloatType (*type)(MLIRContext *)) {
  agon::targets::registerTarget(agon::gpu::createGpuTarget());
  DialectRegistry registry;
  registry.insert<agon::AgonDialect>();
  agon::gpu::registerKernelDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  agon::targets::Kernel kernel = agon::gpu::emitFiniteness(type(&context), "kernel", *module);
  EXPECT_EQ(kernel.block, 256);
  Emulation emulation(*module, {agon::gpu::describeMachine("sm_80", &context), 3});
  ASSERT_TRUE(emulation.find("kernel"));

  using Limits = std::numeric_limits<Real>;
  const Real fine[] = {Limits::max(), -Limits::max(), Limits::denorm_min(), Real(-0.0), Limits::min(), Real(1)};
  const Real wrong[] = {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN(),
                        Limits::signaling_NaN()};
  std::vector<std::vector<Real>> numbers;
  std::vector<int32_t> expected;
  for (size_t size : {0, 1, 3, 255, 256, 257, 700}) {
    std::vector<Real> run(size);
    for (size_t i = 0; i < size; ++i)
      run[i] = fine[i % std::size(fine)];
    numbers.push_back(run);
    expected.push_back(0);
    for (size_t i = 0; i < std::size(wrong) && size > 0; ++i) {
      numbers.push_back(run);
      numbers.back()[i == 0 ? size - 1 : (i * 61) % size] = wrong[i];
      expected.push_back(1);
    }
  }
  EXPECT_EQ(findIn(emulation.find("kernel"), numbers), expected);
}

} // namespace

TEST(GpuFiniteness, EachRunByItself) {
  expectFound<float>([](MLIRContext *context) -> FloatType { return Float32Type::get(context); });
  expectFound<double>([](MLIRContext *context) -> FloatType { return Float64Type::get(context); });
}
