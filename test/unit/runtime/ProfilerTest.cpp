#include "runtime/core/Profiler.h"
#include "runtime/core/Trainer.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/Roofline.h"
#include "runtime/io/Trace.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <cstring>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

/// The ring game after `steps` iterations, recorded by `profiler`.
struct Played {
  Played(int threads, int steps, Profiler *profiler)
      : instance(ringGame(), openCpu(threads)), trainer(instance, feed, 3) {
    trainer.initialize([](uint32_t) {});
    instance.profile(profiler);
    for (int i = 0; i < steps; ++i) {
      if (profiler)
        profiler->beginIteration(i + 1);
      trainer.iterate();
    }
    instance.profile(nullptr);
  }
  Instance instance;
  NoFeed feed;
  Trainer trainer;
};

TEST(Profiler, RecordsCallsInOrderAndRegionsWhereTheyAreMarked) {
  Profiler profiler;
  Played played(1, 2, &profiler);
  std::string names;
  for (const Profiler::Call &call : profiler.calls())
    names += std::string(call.function->name) + std::to_string(call.iteration) + " ";
  EXPECT_EQ(names, "source_x1 turn_D1 source_x1 turn_D1 source_x1 turn_G1 "
                   "source_x2 turn_D2 source_x2 turn_D2 source_x2 turn_G2 ");
  int64_t before = 0;
  for (const Profiler::Call &call : profiler.calls()) {
    EXPECT_GE(call.begin, before);
    EXPECT_GE(call.end, call.begin);
    before = call.end;
    std::span<const int64_t> marks = profiler.marks(call);
    ASSERT_EQ(marks.size(), std::strcmp(call.function->name, "turn_G") == 0 ? 3u : 0u);
    int64_t last = call.begin;
    for (int64_t mark : marks) {
      EXPECT_GE(mark, last);
      EXPECT_LE(mark, call.end);
      last = mark;
    }
  }
}

TEST(Profiler, ComputesTheSameBits) {
  Profiler profiler(3);
  Played plain(3, 20, nullptr), recorded(3, 20, &profiler);
  const agon_model &model = plain.instance.model();
  std::vector<std::byte> without, with;
  plain.instance.saveCells(without);
  recorded.instance.saveCells(with);
  EXPECT_EQ(without.size(), model.cell_bytes);
  EXPECT_EQ(without, with);
}

TEST(Profiler, OtherThreadsShareWithinTheirRegion) {
  Profiler profiler(3);
  Played played(3, 300, &profiler);
  ASSERT_EQ(profiler.threads().size(), 2u);
  for (const auto &lane : profiler.threads())
    for (const Profiler::Share &share : lane) {
      const Profiler::Call &call = profiler.calls()[share.call];
      std::span<const int64_t> marks = profiler.marks(call);
      ASSERT_EQ(marks.size(), 3u);
      EXPECT_EQ(share.region, 0u) << "the second region has no loop";
      EXPECT_GE(share.begin, marks[0]);
      EXPECT_LE(share.end, marks[1]);
      EXPECT_LE(share.begin, share.end);
    }
}

TEST(Profiler, ReservedRoomIsEnough) {
  Profiler profiler(2);
  profiler.reserve(60, 30);
  size_t room = profiler.calls().capacity();
  Played played(2, 10, &profiler);
  EXPECT_EQ(profiler.calls().size(), 60u);
  EXPECT_EQ(profiler.calls().capacity(), room);
  profiler.clear();
  EXPECT_TRUE(profiler.calls().empty());
}

TEST(Profiler, WithoutMarksFunctionsAreWhole) {
  Profiler profiler;
  profiler.useMarks(false);
  Played played(1, 1, &profiler);
  EXPECT_EQ(profiler.calls().size(), 6u);
  for (const Profiler::Call &call : profiler.calls())
    EXPECT_TRUE(profiler.marks(call).empty());
}

TEST(Trace, IsAnArrayOfNestedCompleteEvents) {
  Profiler profiler(2);
  Played played(2, 4, &profiler);
  TemporaryDirectory directory;
  writeTrace(profiler, "ring", directory.path() + "/trace.json");
  nlohmann::json events = nlohmann::json::parse(directory.read("trace.json"));
  ASSERT_TRUE(events.is_array());
  double begin = 0, end = 0;
  int turns = 0, regions = 0;
  for (const nlohmann::json &event : events) {
    if (event["ph"] == "M")
      continue;
    ASSERT_EQ(event["ph"], "X");
    ASSERT_GE(event["dur"].get<double>(), 0);
    double from = event["ts"], to = from + event["dur"].get<double>();
    if (event["cat"] == "turn") {
      ++turns;
      begin = from;
      end = to;
      EXPECT_GE(event["args"]["iteration"], 1);
      EXPECT_EQ(event["args"]["flops"], 1000);
    } else if (event["cat"] == "region" && event["tid"] == 0) {
      ++regions;
      EXPECT_GE(from, begin - 1e-3);
      EXPECT_LE(to, end + 1e-3);
      EXPECT_TRUE(event["args"].contains("source"));
    }
  }
  EXPECT_EQ(turns, 12);
  EXPECT_EQ(regions, 8);
  EXPECT_NE(directory.read("trace.json").find("\"source\":\"fake.agon:3:7\""), std::string::npos);
}

TEST(Roofline, IsPositiveAndBindsTheNearerLimit) {
  std::shared_ptr<const Device> cpu = openCpu(2);
  for (bool doublePrecision : {false, true}) {
    Roofline roof = measureRoofline(*cpu, doublePrecision);
    EXPECT_GT(roof.flops, 1e7);
    EXPECT_GT(roof.bytes, 1e6);
    EXPECT_GE(roof.vectorBits, 32);
  }
  Roofline roof{100, 10, 256};
  EXPECT_DOUBLE_EQ(roof.bound(200, 1), 2);
  EXPECT_FALSE(roof.boundByMemory(200, 1));
  EXPECT_DOUBLE_EQ(roof.bound(10, 50), 5);
  EXPECT_TRUE(roof.boundByMemory(10, 50));
}

} // namespace
