//===- LaunchTest.cpp - Kernels that are right ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu_emulator/Harness.h"
#include "gtest/gtest.h"
#include <numeric>

using namespace agon;
using namespace agon::test;

namespace {

std::vector<float> counted(size_t size) {
  std::vector<float> values(size);
  std::iota(values.begin(), values.end(), 0.f);
  return values;
}

/// Each test in all orders, with checks and without.
class Launch : public testing::TestWithParam<std::tuple<AgonEmulatorOrder, bool>> {
protected:
  InOrder order{std::get<0>(GetParam())};
  emulator::KernelLibrary &library = kernelsOf("kernels/simple.ll", std::get<1>(GetParam()));
};
INSTANTIATE_TEST_SUITE_P(Orders, Launch, testing::Combine(testing::ValuesIn(orders), testing::Bool()));

TEST_P(Launch, GridStride) {
  Buffer<int> n(std::vector{1003});
  Buffer<float> x(counted(1003)), y(std::vector<float>(1003, 1));
  EXPECT_EQ(launch(library, "axpy", {3, 128}, {n.data(), x.data(), y.data()}), "");
  for (size_t i = 0; i < 1003; ++i)
    ASSERT_EQ(y.values[i], 2.f * static_cast<float>(i) + 1);
}

TEST_P(Launch, StaticSharedMemory) {
  Buffer<float> in(counted(1024)), out(1024);
  EXPECT_EQ(library.find("turn")->staticSharedBytes, 1024u);
  EXPECT_EQ(launch(library, "turn", {4, 256}, {in.data(), out.data()}), "");
  for (size_t i = 0; i < 1024; ++i)
    ASSERT_EQ(out.values[i], static_cast<float>(i - i % 256 + 255 - i % 256));
}

TEST_P(Launch, ShufflesAndDynamicSharedMemory) {
  Buffer<float> in(counted(640)), out(5);
  EXPECT_EQ(library.find("sum")->staticSharedBytes, 0u);
  EXPECT_EQ(launch(library, "sum", {5, 128, 16}, {in.data(), out.data()}), "");
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(out.values[i], static_cast<float>(8128 + 16384 * i));
}

TEST_P(Launch, ThreeDimensions) {
  Buffer<int> out(24), found(24);
  void *pointers[] = {out.data(), found.data()}, *arguments[] = {&pointers[0], &pointers[1]};
  uint32_t grid[3] = {1, 1, 3}, block[3] = {4, 2, 1};
  EXPECT_EQ(agon_emulator_launch(library.find("coordinates"), grid, block, 0, arguments), AGON_EMULATOR_OK)
      << agon_emulator_fault();
  for (int i = 0; i < 24; ++i) {
    auto value = [](int cell) { return cell / 8 * 100 + cell / 4 % 2 * 10 + cell % 4; };
    EXPECT_EQ(out.values[i], value(i));
    EXPECT_EQ(found.values[i], i % 8 < 5 ? value(i + 3) : -1);
  }
}

TEST(LaunchRefusal, TellsWhatIsWrong) {
  emulator::KernelLibrary &library = kernelsOf("kernels/simple.ll");
  Buffer<float> in(1024), out(1024);
  std::vector<void *> buffers = {in.data(), out.data()};
  EXPECT_EQ(launch(library, "turn", {0, 256}, buffers), "turn: grid (0, 1, 1) and block (256, 1, 1) must not be empty");
  EXPECT_EQ(launch(library, "turn", {1, 1025}, buffers), "turn: a block of (1025, 1, 1) has more than 1024 threads");
  EXPECT_EQ(launch(library, "sum", {1, 128, 232449}, buffers),
            "sum: 232449 bytes of shared memory are more than 232448");
  EXPECT_EQ(library.find("product"), nullptr);
  EXPECT_NE(emulator::KernelLibrary("/nowhere.so").error(), "");
}

TEST(Ranges, MayNotOverlap) {
  char memory[64] = {};
  EXPECT_EQ(agon_emulator_register(memory, 32, "first"), 0);
  EXPECT_EQ(agon_emulator_register(memory + 16, 32, "second"), 1);
  EXPECT_EQ(agon_emulator_register(memory + 32, 0, "empty"), 1);
  EXPECT_EQ(agon_emulator_register(memory + 32, 32, "third"), 0);
  EXPECT_EQ(agon_emulator_unregister(memory), 0);
  EXPECT_EQ(agon_emulator_unregister(memory), 1);
  EXPECT_EQ(agon_emulator_unregister(memory + 32), 0);
}

} // namespace
