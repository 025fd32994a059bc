#include "runtime/core/Failure.h"
#include "runtime/core/GradCheck.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/data/DataSet.h"
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

  /// From now on it makes numbers, of four bytes each, of bytes, and counts those.
  void takeBytes() {
    table.expand = [](void *self, const agon_launch &, std::byte *to, const std::byte *from, uint64_t elements,
                      const std::byte *numbers) {
      of(self).expanded += elements;
      for (uint64_t i = 0; i < elements; ++i)
        std::memcpy(to + 4 * i, numbers + 4 * size_t(from[i]), 4);
    };
  }
  uint64_t expanded = 0;

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

/// The digits' game as a device has it that may take images and labels as bytes.
struct Bytewise {
  static constexpr agon_launch how = {nullptr, 1, 256, AGON_SPACE_DEVICE, 0, 0, "fours", 3};
  agon_model model = digitsGame();
  std::vector<agon_field> fields{model.fields, model.fields + model.num_fields};
  Bytewise() {
    for (agon_field &field : fields) {
      field.expand = &how;
      field.numbers = model.arena_bytes;
      model.arena_bytes += 1024;
    }
    model.fields = fields.data();
  }
};

/// The bits of a minibatch's images and labels, one after the other.
std::string drawn(const Instance &instance, const std::vector<Binding> &bindings) {
  DataSet data(instance, bindings, 7);
  std::string all;
  for (int use = 0; use < 5; ++use) {
    data.draw(0, Stream::Training, use);
    for (uint32_t field : {0, 1}) {
      CellReading cell = instance.reading(instance.cell(instance.model().fields[field].cell));
      all.append(reinterpret_cast<const char *>(cell.data()), cell.size());
    }
  }
  return all;
}

TEST(Device, MakesTheHostsNumbersOfBytes) {
  TemporaryDirectory directory;
  std::string images({0, 0, 8, 2, 0, 0, 0, 20, 0, 0, 3, 16}), labels({0, 0, 8, 1, 0, 0, 0, 20});
  for (int i = 0; i < 20 * 784; ++i)
    images += char(i * 37 % 256); // all there are
  for (int i = 0; i < 20; ++i)
    labels += char(i % 10);
  std::string floats({0, 0, 13, 1, 0, 0, 0, 20}); // 1.0 each
  for (int i = 0; i < 20; ++i)
    floats += std::string({0x3f, char(0x80), 0, 0});
  std::vector<Binding> bytes = {{{"x"}, directory.write("x", images), {}}, {{"y"}, directory.write("y", labels), {}}},
                       mixed = {bytes[0], {{"y"}, directory.write("z", floats), {}}};
  Bytewise game;
  Far far, plain;
  far.takeBytes();
  Instance here(digitsGame(), openCpu(1)), there(game.model, far.device()), copied(game.model, plain.device());
  EXPECT_TRUE(there.expands(game.fields[0]));
  EXPECT_FALSE(copied.expands(game.fields[0])) << "the device does not";
  std::string expected = drawn(here, bytes);
  far.uploads = 0;
  EXPECT_EQ(drawn(there, bytes), expected);
  EXPECT_EQ(far.expanded, 5u * 10 * (784 + 1));
  EXPECT_EQ(far.uploads, 2) << "the numbers of both fields";
  EXPECT_EQ(drawn(copied, bytes), expected);
  far.expanded = 0;
  EXPECT_EQ(drawn(there, mixed), drawn(here, mixed));
  EXPECT_EQ(far.expanded, 5u * 10 * 784) << "labels that are no bytes are the host's";
}

TEST(Device, TablesOfNumbersLieInTheArena) {
  Bytewise game;
  Far far;
  game.fields[1].numbers += 64;
  EXPECT_THROW(Instance(game.model, far.device()), Failure);
}

} // namespace
