//===- WarpTest.cpp - What the threads of a warp or a block do together ---===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/gpu_emulator/Harness.h"
#include "gtest/gtest.h"
#include <functional>
#include <set>

using namespace agon;
using namespace agon::test;

namespace {

struct Together {
  const char *name;
  std::string declarations, body;
  std::function<unsigned(unsigned thread)> expected;
};

/// "declare i32 @llvm.nvvm.NAME(TYPES)" and "%r = call i32 @llvm.nvvm.NAME(ARGUMENTS)"
Together simple(const char *name, const std::string &intrinsic, const std::string &types, const std::string &arguments,
                std::function<unsigned(unsigned)> expected) {
  return {name, "declare i32 @llvm.nvvm." + intrinsic + "(" + types + ")",
          "  %r = call i32 @llvm.nvvm." + intrinsic + "(" + arguments + ")", std::move(expected)};
}

Together predicate(const char *name, const std::string &intrinsic, const std::string &types,
                   const std::string &arguments, std::function<unsigned(unsigned)> expected) {
  return {name, "declare i1 @llvm.nvvm." + intrinsic + "(" + types + ")",
          "  %small = icmp ult i32 %t, 40\n  %odd1 = and i32 %t, 1\n  %odd = icmp ne i32 %odd1, 0\n  %b = call i1 "
          "@llvm.nvvm." +
              intrinsic + "(" + arguments + ")\n  %r = zext i1 %b to i32",
          std::move(expected)};
}

const std::string shuffleTypes = "i32, i32, i32, i32";

/// In blocks of 64 threads.
const Together kinds[] = {
    simple("up", "shfl.sync.up.i32", shuffleTypes, "i32 -1, i32 %t, i32 3, i32 0",
           [](unsigned t) { return t % 32 < 3 ? t : t - 3; }),
    simple("down", "shfl.sync.down.i32", shuffleTypes, "i32 -1, i32 %t, i32 3, i32 31",
           [](unsigned t) { return t % 32 > 28 ? t : t + 3; }),
    simple("bfly", "shfl.sync.bfly.i32", shuffleTypes, "i32 -1, i32 %t, i32 5, i32 31",
           [](unsigned t) { return t ^ 5; }),
    simple("idx", "shfl.sync.idx.i32", shuffleTypes, "i32 -1, i32 %t, i32 9, i32 31",
           [](unsigned t) { return t / 32 * 32 + 9; }),
    // Segments of eight lanes: the mask of segments is 0x18.
    simple("segments", "shfl.sync.idx.i32", shuffleTypes, "i32 -1, i32 %t, i32 2, i32 6175",
           [](unsigned t) { return t / 8 * 8 + 2; }),
    simple("segmentsDown", "shfl.sync.down.i32", shuffleTypes, "i32 -1, i32 %t, i32 6, i32 6175",
           [](unsigned t) { return t % 8 < 2 ? t + 6 : t; }),
    simple("add", "redux.sync.add", "i32, i32", "i32 %t, i32 -1", [](unsigned t) { return t < 32 ? 496 : 1520; }),
    simple("umax", "redux.sync.umax", "i32, i32", "i32 %t, i32 -1", [](unsigned t) { return t | 31; }),
    simple("xor", "redux.sync.xor", "i32, i32", "i32 %t, i32 -1", [](unsigned) { return 0; }),
    {"ballot", "declare i32 @llvm.nvvm.vote.ballot.sync(i32, i1)",
     "  %small = icmp ult i32 %t, 40\n  %r = call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 %small)",
     [](unsigned t) { return t < 32 ? ~0u : 0xffu; }},
    predicate("all", "vote.all.sync", "i32, i1", "i32 -1, i1 %small", [](unsigned t) { return t < 32; }),
    predicate("any", "vote.any.sync", "i32, i1", "i32 -1, i1 %small", [](unsigned) { return 1; }),
    predicate("uni", "vote.uni.sync", "i32, i1", "i32 -1, i1 %small", [](unsigned t) { return t < 32; }),
    predicate("blockAnd", "barrier.cta.red.and.aligned.all", "i32, i1", "i32 0, i1 %small", [](unsigned) { return 0; }),
    predicate("blockOr", "barrier.cta.red.or.aligned.all", "i32, i1", "i32 0, i1 %small", [](unsigned) { return 1; }),
    {"blockPopc", "declare i32 @llvm.nvvm.barrier.cta.red.popc.aligned.all(i32, i1)",
     "  %small = icmp ult i32 %t, 40\n  %r = call i32 @llvm.nvvm.barrier.cta.red.popc.aligned.all(i32 0, i1 %small)",
     [](unsigned) { return 40; }},
    {"match", "declare i32 @llvm.nvvm.match.any.sync.i32(i32, i32)",
     "  %v = and i32 %t, 3\n  %r = call i32 @llvm.nvvm.match.any.sync.i32(i32 -1, i32 %v)",
     [](unsigned t) { return 0x11111111u << (t & 3); }},
    simple("greater", "read.ptx.sreg.lanemask.gt", "", "", [](unsigned t) { return ~1u << t % 32; }),
    simple("warp", "read.ptx.sreg.warpid", "", "", [](unsigned t) { return t / 32; }),
};

/// A kernel of each kind, whose thread t leaves at out[t] what the body computes as %r of %t.
std::string allKinds() {
  std::set<std::string> declarations = {"declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()"};
  std::string text = "target triple = \"nvptx64-nvidia-cuda\"\n";
  for (const Together &kind : kinds) {
    declarations.insert(kind.declarations);
    text += std::string("define ptx_kernel void @") + kind.name +
            "(ptr %out) {\n  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n" + kind.body +
            "\n  %q = getelementptr i32, ptr %out, i32 %t\n  store i32 %r, ptr %q, align 4\n  ret void\n}\n";
  }
  for (const std::string &each : declarations)
    text += each + "\n";
  return text;
}

class Warp : public testing::TestWithParam<Together> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Warp, testing::ValuesIn(kinds), [](const auto &info) { return info.param.name; });

TEST_P(Warp, AgreesInEveryOrder) {
  static auto library = compileText(allKinds());
  for (AgonEmulatorOrder order : orders) {
    InOrder inOrder(order);
    Buffer<unsigned> out(64);
    EXPECT_EQ(launch(*library, GetParam().name, {1, 64}, {out.data()}), "");
    for (unsigned t = 0; t < 64; ++t)
      EXPECT_EQ(out.values[t], GetParam().expected(t)) << t;
  }
}

/// Lane l gives row l of 32 rows of eight numbers; each lane leaves its registers.
std::string matrixKernel(bool load, unsigned count, bool transposed, const std::string &kernel) {
  std::string result = count == 1 ? "i32" : "{ i32", types, values;
  for (unsigned i = 1; i < count; ++i)
    result += ", i32";
  result += count == 1 ? "" : " }";
  for (unsigned i = 0; i < count; ++i)
    types += ", i32";
  std::string name = std::string("@llvm.nvvm.") + (load ? "ld" : "st") + "matrix.sync.aligned.m8n8.x" +
                     std::to_string(count) + (transposed ? ".trans" : "") + ".b16.p3";
  std::string declared =
      load ? result + " " + name + "(ptr addrspace(3))" : "void " + name + "(ptr addrspace(3)" + types + ")";
  std::string text = "declare " + declared + "\ndefine ptx_kernel void @" + kernel +
                     "(ptr %memory, ptr %registers) {\n"
                     "  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n  %b = mul i32 %t, 16\n"
                     "  %row = getelementptr i8, ptr addrspace(3) @rows, i32 %b\n"
                     "  %there = getelementptr i8, ptr %memory, i32 %b\n"
                     "  %given = load <4 x i32>, ptr %there, align 16\n"
                     "  store <4 x i32> %given, ptr addrspace(3) %row, align 16\n"
                     "  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n";
  for (unsigned i = 0; i < count; ++i) {
    std::string n = std::to_string(i);
    text += "  %i" + n + " = add i32 %t, " + std::to_string(32 * i) + "\n  %p" + n +
            " = getelementptr i32, ptr %registers, i32 %i" + n + "\n";
    if (!load)
      text += "  %v" + n + " = load i32, ptr %p" + n + "\n";
    values += ", i32 %v" + n;
  }
  if (load)
    text += "  %r = call " + result + " " + name + "(ptr addrspace(3) %row)\n";
  else
    text += "  call void " + name + "(ptr addrspace(3) %row" + values + ")\n";
  for (unsigned i = 0; load && i < count; ++i) {
    std::string n = std::to_string(i);
    text += count == 1 ? "  %v0 = add i32 %r, 0\n" : "  %v" + n + " = extractvalue " + result + " %r, " + n + "\n";
    text += "  store i32 %v" + n + ", ptr %p" + n + "\n";
  }
  return text + "  call void @llvm.nvvm.barrier.cta.sync.aligned.all(i32 0)\n"
                "  %back = load <4 x i32>, ptr addrspace(3) %row, align 16\n"
                "  store <4 x i32> %back, ptr %there, align 16\n  ret void\n}\n";
}

class Matrices : public testing::TestWithParam<std::tuple<bool, unsigned, bool>> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Matrices,
                         testing::Combine(testing::Bool(), testing::Values(1u, 2u, 4u), testing::Bool()));

std::string matrixName(bool load, unsigned count, bool transposed) {
  return (load ? "load" : "store") + std::to_string(count) + (transposed ? "_transposed" : "");
}

std::string allMatrices() {
  std::string text = "target triple = \"nvptx64-nvidia-cuda\"\ndeclare i32 @llvm.nvvm.read.ptx.sreg.tid.x()\n"
                     "declare void @llvm.nvvm.barrier.cta.sync.aligned.all(i32)\n"
                     "@rows = internal addrspace(3) global [512 x i8] undef, align 16\n";
  for (bool load : {false, true})
    for (unsigned count : {1, 2, 4})
      for (bool transposed : {false, true})
        text += matrixKernel(load, count, transposed, matrixName(load, count, transposed));
  return text;
}

/// PTX ISA, ldmatrix: lane l has elements 2 (l mod 4) and the next of row l / 4 of each matrix, or of its column.
TEST_P(Matrices, MoveRows) {
  auto [load, count, transposed] = GetParam();
  static auto library = compileText(allMatrices());
  std::vector<uint16_t> numbers(256), registers(256);
  for (unsigned i = 0; i < 256; ++i) {
    numbers[i] = static_cast<uint16_t>(i);
    registers[i] = static_cast<uint16_t>(1000 + i);
  }
  alignas(16) static uint16_t aligned[256];
  std::copy(numbers.begin(), numbers.end(), aligned);
  agon_emulator_register(aligned, sizeof aligned, "memory");
  Buffer<uint16_t> held(registers, "registers");
  EXPECT_EQ(launch(*library, matrixName(load, count, transposed), {}, {aligned, held.data()}), "");
  agon_emulator_unregister(aligned);
  for (unsigned m = 0; m < count; ++m)
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 2; ++i) {
        unsigned row = lane / 4, column = 2 * (lane % 4) + i;
        if (transposed)
          std::swap(row, column);
        unsigned inMemory = (8 * m + row) * 8 + column, inRegisters = (32 * m + lane) * 2 + i;
        EXPECT_EQ(held.values[inRegisters], load ? inMemory : 1000 + inRegisters);
        EXPECT_EQ(aligned[inMemory], load ? inMemory : 1000 + inRegisters);
      }
}

} // namespace
