// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/Arena.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace agon::codegen;

static bool meet(const Lifetime &a, const Lifetime &b) { return !(a.last < b.first || b.last < a.first); }
static bool overlap(const Lifetime &a, const Lifetime &b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

TEST(Arena, NothingNeedsNothing) {
  std::vector<Lifetime> none;
  EXPECT_EQ(packArena(none), 0u);
}

TEST(Arena, DisjointLifetimesShareMemory) {
  std::vector<Lifetime> buffers{{1000, 0, 1}, {1000, 2, 3}, {500, 4, 5}};
  EXPECT_EQ(packArena(buffers), 1024u);
}

TEST(Arena, TouchingLifetimesDoNotShare) {
  // A kernel reads the first while it writes the second.
  std::vector<Lifetime> buffers{{64, 0, 1}, {64, 1, 2}};
  EXPECT_EQ(packArena(buffers), 128u);
}

TEST(Arena, SmallBufferFillsTheGap) {
  std::vector<Lifetime> buffers{{640, 0, 9}, {1280, 0, 3}, {640, 4, 9}, {640, 4, 9}};
  EXPECT_EQ(packArena(buffers), 1920u);
}

TEST(Arena, RandomLifetimesNeverOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> buffers;
    uint64_t sum = 0;
    for (int i = 0; i < 60; ++i) {
      int64_t first = random() % 100, last = first + random() % 20;
      buffers.push_back({1 + random() % 5000, first, last});
      sum += alignToArena(buffers.back().bytes);
    }
    uint64_t total = packArena(buffers);
    EXPECT_LE(total, sum);
    for (const Lifetime &a : buffers) {
      EXPECT_EQ(a.offset % arenaAlignment, 0u);
      EXPECT_LE(a.offset + a.bytes, total);
      for (const Lifetime &b : buffers)
        if (&a != &b && meet(a, b))
          EXPECT_FALSE(overlap(a, b));
    }
  }
}

TEST(Arena, LittleIsLostBetweenBuffers) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> buffers;
    for (int i = 0; i < 40; ++i) {
      int64_t first = random() % 60;
      buffers.push_back({64 * (1 + random() % 50), first, first + int64_t(random() % 40)});
    }
    std::vector<uint64_t> live(101);
    for (const Lifetime &each : buffers)
      for (int64_t at = each.first; at <= each.last; ++at)
        live[at] += each.bytes;
    uint64_t least = *std::max_element(live.begin(), live.end());
    uint64_t total = packArena(buffers);
    EXPECT_GE(total, least);
    EXPECT_LE(total, least + least / 4);
  }
}
