//===- FaultTest.cpp - Each check finds its fault, and nothing else -------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu_emulator/Harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include <numeric>

using namespace agon;
using namespace agon::test;
using testing::HasSubstr;

namespace {

struct Fault {
  const char *file, *kernel;
  Size size;
  /// What is said where *wrong is 1, 2, ...
  std::vector<const char *> said;
};

const Fault faults[] = {
    {"memory", "global_read", {}, {"reads 4 bytes at byte 128 of 'in': out of bounds: it has 128 bytes"}},
    {"memory", "global_write", {}, {"writes 4 bytes at byte 128 of 'out': out of bounds: it has 128 bytes"}},
    {"memory", "constant_read", {}, {"reads 4 bytes at byte 128 of 'table': out of bounds: it has 128 bytes"}},
    {"memory", "shared_bounds", {}, {"writes 4 bytes at byte 128 of shared 'tile': out of bounds: it has 128 bytes"}},
    {"memory", "misaligned", {}, {"'in': misaligned: its address is no multiple of 8"}},
    {"memory",
     "uninitialised",
     {},
     {"reads 4 bytes at byte 124 of shared 'tile': nobody has written it: shared memory is not initialised"}},
    {"races", "shared", {1, 64}, {"it, and no barrier is between"}},
    {"races", "shared_again", {1, 64}, {"it, and no barrier is between"}},
    {"races", "warp", {1, 64}, {"it, and no barrier is between"}},
    {"races", "named", {1, 128}, {"it, and no barrier is between"}},
    {"races", "halfwords", {}, {"writes it, and no barrier is between"}},
    {"races", "global_writes", {}, {"writes it, and no barrier is between"}},
    {"races", "global", {}, {"it, and no barrier is between"}},
    {"races", "blocks", {2, 32}, {"of block ("}},
    {"races", "atomic", {2, 32}, {"it, and no barrier is between"}},
    {"divergence",
     "ends",
     {1, 32},
     {"waiting at barrier 0 (ends: 'call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)'); thread (5, 0, 0) "
      "ended"}},
    {"divergence", "numbers", {1, 64}, {"divergence: thread (0, 0, 0) and 31 more waiting at barrier 0"}},
    {"divergence", "instructions", {1, 32}, {"divergence: other lanes of the warp are at another barrier"}},
    {"divergence", "outside", {1, 32}, {"is none of the lanes 0xffff that it names"}},
    {"divergence", "lane", {1, 64}, {"divergence: "}},
    {"divergence", "collectives", {1, 32}, {"divergence: "}},
    {"copies", "copy", {}, {"a cp.async brings it, and has not been waited for", "it, and no barrier is between"}},
    {"copies", "groups", {}, {"of shared 'tile': a cp.async brings it, and has not been waited for"}},
    {"copies", "zeros", {1, 16}, {"misaligned: its address is no multiple of 16"}},
};

class Faults : public testing::TestWithParam<std::tuple<AgonEmulatorOrder, Fault>> {};
std::string nameOf(const testing::TestParamInfo<Faults::ParamType> &info) {
  const char *const names[] = {"forward", "reverse", "random"};
  return std::string(std::get<1>(info.param).kernel) + "_" + names[std::get<0>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Orders, Faults, testing::Combine(testing::ValuesIn(orders), testing::ValuesIn(faults)),
                         nameOf);

TEST_P(Faults, AreFound) {
  const Fault &fault = std::get<1>(GetParam());
  InOrder order(std::get<0>(GetParam()));
  emulator::KernelLibrary &library = kernelsOf(std::string("faults/") + fault.file + ".ll");
  // The zeros take 16 bytes a thread, and what is behind them.
  size_t count = (std::string(fault.kernel) == "zeros" ? size_t(5) : 1) * fault.size.grid * fault.size.block;
  Buffer<float> in(count, "in"), out(count, "out");
  Buffer<int> wrong(1, "wrong");
  std::vector<void *> buffers = {in.data(), out.data(), wrong.data()};
  EXPECT_EQ(launch(library, fault.kernel, fault.size, buffers), "");
  for (const char *said : fault.said) {
    ++wrong.values[0];
    EXPECT_THAT(launch(library, fault.kernel, fault.size, buffers), HasSubstr(said)) << wrong.values[0];
  }
  // The right kernel is right after the wrong one.
  wrong.values[0] = 0;
  EXPECT_EQ(launch(library, fault.kernel, fault.size, buffers), "");
}

/// What a kernel makes of 0, 1, 2, ... without checks.
std::vector<float> results(const char *kernel, int wrong, uint32_t block, AgonEmulatorOrder order) {
  InOrder inOrder(order);
  std::vector<float> numbers(block);
  std::iota(numbers.begin(), numbers.end(), 1.f);
  Buffer<float> in(numbers), out(block);
  Buffer<int> number(std::vector{wrong});
  emulator::KernelLibrary &library = kernelsOf("faults/races.ll", false);
  EXPECT_EQ(launch(library, kernel, {1, block}, {in.data(), out.data(), number.data()}), "");
  return out.values;
}

TEST(Orders, DifferWhereThereIsARace) {
  for (const char *kernel : {"shared", "shared_again", "warp"}) {
    std::vector<float> right = results(kernel, 0, 64, AGON_EMULATOR_FORWARD);
    EXPECT_EQ(right, results(kernel, 0, 64, AGON_EMULATOR_REVERSE)) << kernel;
    EXPECT_EQ(right, results(kernel, 0, 64, AGON_EMULATOR_RANDOM)) << kernel;
    EXPECT_NE(results(kernel, 1, 64, AGON_EMULATOR_FORWARD), results(kernel, 1, 64, AGON_EMULATOR_REVERSE)) << kernel;
  }
}

TEST(Copies, FillWithZeros) {
  Buffer<uint8_t> in(std::vector<uint8_t>(256, 7)), out(256);
  Buffer<int> wrong(std::vector{0});
  EXPECT_EQ(launch(kernelsOf("faults/copies.ll"), "zeros", {1, 16}, {in.data(), out.data(), wrong.data()}), "");
  for (size_t i = 0; i < 256; ++i)
    ASSERT_EQ(out.values[i], i % 16 < i / 16 ? 7 : 0) << i;
}

class Grids : public testing::TestWithParam<AgonEmulatorOrder> {
protected:
  InOrder order{GetParam()};
  Buffer<int> in{std::vector<int>(320), "in"}, out{std::vector<int>(320), "out"}, wrong{std::vector{0}, "wrong"};
  std::vector<void *> buffers = {in.data(), out.data(), wrong.data()};
};
INSTANTIATE_TEST_SUITE_P(Orders, Grids, testing::ValuesIn(orders));

TEST_P(Grids, MeetByAtomics) {
  for (bool checked : {true, false}) {
    emulator::KernelLibrary &library = kernelsOf("faults/grids.ll", checked);
    // The last fault has left it as it was then.
    *reinterpret_cast<int *>(library.findGlobal("counter")->place) = 0;
    for (int launches = 0; launches < 2; ++launches) {
      std::fill(in.values.begin(), in.values.end(), -1);
      EXPECT_EQ(launch(library, "barrier", {5, 64}, buffers, true), "");
      for (int i = 0; i < 320; ++i)
        ASSERT_EQ(out.values[i], (i + 64) % 320);
    }
  }
  emulator::KernelLibrary &library = kernelsOf("faults/grids.ll");
  for (int which : {1, 2}) {
    wrong.values[0] = which;
    *reinterpret_cast<int *>(library.findGlobal("counter")->place) = 0;
    EXPECT_THAT(launch(library, "barrier", {5, 64}, buffers, true), HasSubstr("race: thread "));
  }
}

TEST_P(Grids, LeaveWorkToTheLastBlock) {
  emulator::KernelLibrary &library = kernelsOf("faults/grids.ll");
  const AgonEmulatedVariable *counter = library.findGlobal("counter");
  ASSERT_TRUE(counter);
  for (bool together : {false, true}) {
    *reinterpret_cast<int *>(counter->place) = 0;
    wrong.values[0] = 0;
    EXPECT_EQ(launch(library, "last", {100, 32}, buffers, together), "");
    EXPECT_EQ(out.values[0], 99 * 50);
    for (int which : {1, 2}) {
      wrong.values[0] = which;
      *reinterpret_cast<int *>(counter->place) = 0;
      EXPECT_THAT(launch(library, "last", {100, 32}, buffers, together),
                  HasSubstr("race: thread (0, 0, 0) of block ("));
    }
  }
}

TEST(GridsThatStop, SayWhatTheyWaitFor) {
  Buffer<int> in(320), out(320), wrong(1);
  std::vector<void *> buffers = {in.data(), out.data(), wrong.data()};
  emulator::KernelLibrary &library = kernelsOf("faults/grids.ll");
  *reinterpret_cast<int *>(library.findGlobal("counter")->place) = 0;
  // Blocks one after another cannot meet.
  EXPECT_THAT(launch(library, "barrier", {5, 64}, buffers),
              HasSubstr("no thread goes on: thread (0, 0, 0) spinning (barrier: '%seen = load atomic i32"));
  EXPECT_EQ(launch(library, "barrier", {265, 64}, buffers, true), "barrier: 265 blocks at once are more than 264");
}

TEST(Checks, CanBeOff) {
  Buffer<float> in(64, "in"), out(64, "out");
  Buffer<int> wrong(std::vector{1}, "wrong");
  agon_emulator_set_checks(0);
  EXPECT_EQ(launch(kernelsOf("faults/races.ll"), "shared", {1, 64}, {in.data(), out.data(), wrong.data()}), "");
  agon_emulator_set_checks(1);
}

TEST(FaultText, NamesBlockThreadAndPlace) {
  Buffer<float> in(32, "in"), out(32, "out");
  Buffer<int> wrong(std::vector{1}, "wrong");
  EXPECT_EQ(
      launch(kernelsOf("faults/memory.ll"), "global_read", {}, {in.data(), out.data(), wrong.data()}),
      "global_read: block (0, 0, 0), thread (31, 0, 0), at global_read: '%v = load float, ptr %p, align 4': reads "
      "4 bytes at byte 128 of 'in': out of bounds: it has 128 bytes");
}

} // namespace
