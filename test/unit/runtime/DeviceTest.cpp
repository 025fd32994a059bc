#include "runtime/core/Failure.h"
#include "runtime/core/GradCheck.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/io/Checkpoint.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

/// A device that says that its memory is not the host's, and counts what goes there and back.
struct Far {
  int uploads = 0, downloads = 0, held = 0;
  Device table{.name = "far",
               .space = AGON_SPACE_DEVICE,
               .threads = 1,
               .self = this,
               .supports = [](void *, const char *feature) { return std::string_view(feature) == "far"; },
               .allocate =
                   [](void *self, uint64_t bytes) {
                     ++of(self).held;
                     uint64_t whole = (bytes + 63) / 64 * 64;
                     auto *memory = static_cast<std::byte *>(std::aligned_alloc(64, whole));
                     std::memset(memory, 0, whole);
                     return memory;
                   },
               .release =
                   [](void *self, std::byte *memory) {
                     --of(self).held;
                     std::free(memory);
                   },
               .upload =
                   [](void *self, std::byte *to, const std::byte *from, uint64_t bytes) {
                     ++of(self).uploads;
                     std::memcpy(to, from, bytes);
                   },
               .download =
                   [](void *self, std::byte *to, const std::byte *from, uint64_t bytes) {
                     ++of(self).downloads;
                     std::memcpy(to, from, bytes);
                   },
               .copy = [](void *, void *to, const void *from, uint64_t bytes) { std::memcpy(to, from, bytes); },
               .launch = [](void *, const agon_launch *how, void *const *args) { how->kernel(args, 0, how->grid); },
               .mark = [](void *) { return int64_t(0); },
               .timeOf = [](void *, int64_t mark) { return mark; },
               .wait = [](void *) {}};

  static Far &of(void *self) { return *static_cast<Far *>(self); }
  std::shared_ptr<const Device> device() { return {std::shared_ptr<void>(), &table}; }
};

TEST(Device, IsAskedForWhatTheModelNeeds) {
  Far far;
  agon_model model = productGame();
  const char *const needs[] = {"far", nullptr}, *const more[] = {"far", "farther", nullptr};
  model.cpu_features = needs;
  Instance(model, far.device());
  model.cpu_features = more;
  try {
    Instance instance(model, far.device());
    FAIL() << "expected a failure";
  } catch (const Failure &failure) {
    EXPECT_NE(std::string(failure.what()).find("needs farther"), std::string::npos) << failure.what();
  }
}

TEST(Device, OnTheHostAViewIsTheMemory) {
  std::shared_ptr<const Device> cpu = openCpu(1);
  std::byte *memory = cpu->allocate(cpu->self, 128);
  EXPECT_EQ(StagedRead(*cpu, memory, 128).data(), memory);
  EXPECT_EQ(StagedWrite(*cpu, memory, 128, StagedWrite::Before::Replaced).data(), memory);
  cpu->release(cpu->self, memory);
}

TEST(Device, ElsewhereAViewIsACopyThatEndsThere) {
  Far far;
  std::byte *memory = far.table.allocate(&far, 64);
  memory[0] = std::byte(7);
  {
    StagedWrite view(far.table, memory, 64, StagedWrite::Before::Kept);
    EXPECT_EQ(view.data()[0], std::byte(7));
    view.data()[1] = std::byte(8);
    EXPECT_EQ(memory[1], std::byte(0)) << "not before the view ends";
  }
  EXPECT_EQ(memory[0], std::byte(7));
  EXPECT_EQ(memory[1], std::byte(8));
  StagedRead view(far.table, memory, 64);
  StagedRead moved = std::move(view);
  memory[1] = std::byte(9);
  EXPECT_EQ(moved.data()[1], std::byte(8)) << "as it was";
  EXPECT_EQ(far.uploads, 1);
  EXPECT_EQ(far.downloads, 2);
  far.table.release(&far, memory);
}

TEST(Device, AGameIsTheSameEverywhere) {
  Far far;
  TemporaryDirectory directory;
  {
    Instance here(productGame(), openCpu(2)), there(productGame(), far.device());
    NoFeed feed;
    std::vector<GradCheckRow> expected = checkGradients(here, feed, {}), rows = checkGradients(there, feed, {});
    ASSERT_EQ(rows.size(), expected.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].passed);
      EXPECT_EQ(worst(rows[i].first).error, worst(expected[i].first).error);
    }
    writeCheckpoint(here, {3, 5, {}}, directory.path() + "/here");
    writeCheckpoint(there, {3, 5, {}}, directory.path() + "/there");
    EXPECT_EQ(directory.read("here"), directory.read("there"));
    EXPECT_GT(far.uploads, 0);
    EXPECT_GT(far.downloads, 0);
    EXPECT_EQ(far.held, 1);
  }
  EXPECT_EQ(far.held, 0);
}

} // namespace
