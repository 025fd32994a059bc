#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/core/Permute.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/data/Readers.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/io/File.h"
#include "runtime/io/Identity.h"
#include "runtime/io/Log.h"
#include "runtime/io/Npy.h"
#include "runtime/io/RunFile.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

class Io : public ::testing::Test {
protected:
  TemporaryDirectory directory;
  std::string path(const std::string &name) { return directory.path() + "/" + name; }
  void fillState(Instance &instance, double from) {
    for (uint32_t i = 0; i < instance.model().num_cells; ++i)
      if (Instance::isPersistent(instance.cell(i)))
        for (int64_t e = 0; e < instance.count(instance.cell(i)); ++e)
          instance.write(instance.cell(i), e, from += 1);
  }
  ExitCode codeOfReading(Instance &instance, const std::string &name) {
    try {
      readCheckpoint(instance, path(name));
    } catch (const Failure &failure) {
      message = failure.what();
      return failure.exitCode();
    }
    return ExitCode::Done;
  }
  std::string message;
};

/// Two parameters, one of one element type and one of the other; with `orders` stored in another order.
const agon_model &filters(bool orders) {
  auto make = [](bool orders) -> const agon_model & {
    auto *table = new TableBuilder("filters", AGON_F32, 1);
    uint32_t w = table->cell("D.W", AGON_CELL_PARAMETER, AGON_F32, {70, 5, 3, 4});
    uint32_t m = table->cell("D.m", AGON_CELL_MOMENT, AGON_F64, {2, 37, 1});
    if (orders) {
      table->store(w, {2, 3, 1, 0});
      table->store(m, {1, 2, 0});
    }
    return table->finish();
  };
  static const agon_model &plain = make(false), &stored = make(true);
  return orders ? stored : plain;
}

TEST_F(Io, CheckpointsKnowNoOrderOfStorage) {
  Instance plain(filters(false), openCpu(1)), stored(filters(true), openCpu(1));
  const agon_cell &from = plain.cell(uint32_t(plain.findCell(AGON_CELL_PARAMETER, "D.W")));
  const agon_cell &to = stored.cell(uint32_t(stored.findCell(AGON_CELL_PARAMETER, "D.W")));
  fillState(plain, 0.5);
  writeCheckpoint(plain, {17, -4, {}}, path("plain"));
  readCheckpoint(stored, path("plain"));
  for (int64_t o = 0; o < 70; ++o)
    for (int64_t c = 0; c < 5; ++c)
      for (int64_t k = 0; k < 12; ++k)
        ASSERT_EQ(plain.read(from, (o * 5 + c) * 12 + k), stored.read(to, (k * 5 + c) * 70 + o));
  EXPECT_EQ(stored.load<float>(to), plain.load<float>(from));
  writeCheckpoint(stored, {17, -4, {}}, path("stored"));
  EXPECT_EQ(directory.read("plain"), directory.read("stored"));
}

TEST(Permute, AnyOrderOfAnyAxes) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    size_t rank = random() % 6;
    std::vector<int64_t> shape(rank);
    std::vector<uint32_t> order(rank);
    for (size_t i = 0; i < rank; ++i) {
      shape[i] = trial % 50 == 49 && i == 1 ? 0 : 1 + int64_t(random() % (rank < 4 ? 40 : 6));
      order[i] = uint32_t(i);
    }
    std::shuffle(order.begin(), order.end(), random);
    size_t count = size_t(elementCount(shape)), bytes = trial % 2 ? 4 : 8;
    std::vector<std::byte> from(count * bytes), to(count * bytes);
    for (size_t i = 0; i < from.size(); ++i)
      from[i] = std::byte(random());
    permute(from.data(), to.data(), shape, order, bytes);
    for (size_t i = 0; i < count; ++i) {
      // The place of element i of the copy, from its last axis to the first.
      std::vector<int64_t> at(rank);
      int64_t rest = int64_t(i), place = 0;
      for (size_t axis = rank; axis-- > 0; rest /= shape[order[axis]])
        at[order[axis]] = rest % shape[order[axis]];
      for (size_t axis = 0; axis < rank; ++axis)
        place = place * shape[axis] + at[axis];
      ASSERT_EQ(std::memcmp(&to[i * bytes], &from[size_t(place) * bytes], bytes), 0) << shapeText(shape);
    }
  }
  EXPECT_FALSE(isPermutation(std::vector<uint32_t>{0, 2}));
  EXPECT_FALSE(isPermutation(std::vector<uint32_t>{1, 1}));
  EXPECT_TRUE(isPermutation(std::vector<uint32_t>{1, 0}));
}

TEST_F(Io, CheckpointsReadBackWhatWasWritten) {
  Instance a(ringGame(), openCpu(1)), b(ringGame(), openCpu(1));
  fillState(a, 0.5);
  writeCheckpoint(a, {17, -4, {{"G.lr", 0.25}}}, path("c"));
  CheckpointInfo info = readCheckpoint(b, path("c"));
  EXPECT_EQ(info.iteration, 17);
  EXPECT_EQ(info.seed, -4);
  EXPECT_EQ(info.overrides.at("G.lr"), 0.25);
  for (uint32_t i = 0; i < ringGame().num_cells; ++i)
    if (Instance::isPersistent(a.cell(i))) {
      EXPECT_EQ(std::memcmp(a.reading(a.cell(i)).data(), b.reading(b.cell(i)).data(), a.bytes(a.cell(i))), 0)
          << a.cell(i).name;
    }
  writeCheckpoint(b, info, path("d"));
  EXPECT_EQ(directory.read("c"), directory.read("d")) << "the same state gives the same bytes";
}

TEST_F(Io, DamagedCheckpointsAreRefusedAndChangeNothing) {
  Instance a(ringGame(), openCpu(1)), b(ringGame(), openCpu(1));
  fillState(a, 0);
  writeCheckpoint(a, {1, 0, {}}, path("good"));
  std::string good = directory.read("good");
  for (size_t length = 0; length < good.size(); length += 7) {
    directory.write("bad", good.substr(0, length));
    ASSERT_EQ(codeOfReading(b, "bad"), ExitCode::BadData) << length << " bytes of " << good.size();
  }
  size_t accepted = 0;
  std::vector<std::byte> cells, others;
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = char(bad[at] ^ (1 << (at % 8)));
    directory.write("bad", bad);
    if (codeOfReading(b, "bad") == ExitCode::BadData)
      continue;
    ++accepted;
    a.saveCells(cells);
    b.saveCells(others);
    ASSERT_TRUE(cells == others) << "byte " << at << " is not noticed, and changes something";
  }
  EXPECT_LE(accepted, std::string("checksum").size()) << "without its name there is no checksum; all else is right";
  directory.write("bad", good + "x");
  EXPECT_EQ(codeOfReading(b, "bad"), ExitCode::BadData);
  Instance fresh(ringGame(), openCpu(1));
  directory.write("bad", good.substr(0, good.size() - 1));
  EXPECT_EQ(codeOfReading(fresh, "bad"), ExitCode::BadData);
  EXPECT_EQ(fresh.read(fresh.cell(fresh.findCell(AGON_CELL_PARAMETER, "G.dense_0.W"))), 0);
  EXPECT_EQ(codeOfReading(fresh, "absent"), ExitCode::NoInput);
}

TEST_F(Io, CheckpointsOfOtherModelsAreRefused) {
  Instance ring(ringGame(), openCpu(1)), digits(digitsGame(), openCpu(1));
  writeCheckpoint(ring, {0, 0, {}}, path("c"));
  EXPECT_EQ(codeOfReading(digits, "c"), ExitCode::BadData);
  EXPECT_NE(message.find("another model (ring)"), std::string::npos) << message;
}

TEST_F(Io, UnfinishedFilesAreKnownByTheirNames) {
  using agon::support::nameOfUnfinished;
  EXPECT_EQ(nameOfUnfinished(".log.csv.0123456789abcdef.tmp"), "log.csv");
  EXPECT_EQ(nameOfUnfinished(".checkpoint.safetensors.4711.tmp"), "checkpoint.safetensors");
  for (const char *other : {"log.csv", ".log.csv.tmp", "log.csv.12.tmp", ".log.csv.xy.tmp", ".12.tmp", ".tmp", "",
                            ".log.csv.0123456789abcdef0.tmp", ".log.csv.12.tmp2"})
    EXPECT_EQ(nameOfUnfinished(other), "") << other;
  AtomicFile file(path("some.file"));
  std::string entry = std::filesystem::directory_iterator(directory.path())->path().filename().string();
  EXPECT_EQ(nameOfUnfinished(entry), "some.file") << entry;
}

TEST_F(Io, WritingFollowsLinksAndKeepsModes) {
  namespace fs = std::filesystem;
  directory.write("target", "old");
  fs::permissions(path("target"), fs::perms(0640));
  fs::create_symlink("target", path("link"));
  fs::create_symlink("absent", path("dangling"));
  writeFile(path("link"), std::string_view("new"));
  writeFile(path("dangling"), std::string_view("made"));
  EXPECT_TRUE(fs::is_symlink(path("link")) && fs::is_symlink(path("dangling")));
  EXPECT_EQ(directory.read("target"), "new");
  EXPECT_EQ(fs::status(path("target")).permissions(), fs::perms(0640));
  EXPECT_EQ(directory.read("absent"), "made");
  fs::create_directory(path("below"));
  fs::create_symlink("loop", path("loop"));
  for (const char *wrong : {"below", "loop", "no/such", ""})
    EXPECT_THROW(writeFile(path(wrong), std::string_view("x")), Failure) << wrong;
  std::string longest(255, 'n');
  writeFile(path(longest), std::string_view("x"));
  EXPECT_EQ(directory.read(longest), "x");
}

TEST_F(Io, FilesAppearWholeOrNotAtAll) {
  directory.write("f", "old");
  {
    AtomicFile file(path("f"));
    file.write("new, but never finished");
  }
  EXPECT_EQ(directory.read("f"), "old");
  writeFile(path("f"), std::string_view("new"));
  EXPECT_EQ(directory.read("f"), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1) << "nothing left over";
  try {
    writeFile("/dev/full", std::string_view("x"));
    FAIL() << "expected a failure";
  } catch (const Failure &failure) {
    EXPECT_EQ(failure.exitCode(), ExitCode::InputOutput);
  }
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST_F(Io, LogsAreContinuedAtTheRightRow) {
  Instance instance(ringGame(), openCpu(1));
  instance.write(instance.cell(instance.findCell(AGON_CELL_OBJECTIVE, "G")), 0, 0.1);
  {
    Log log(instance, path("log.csv"));
    for (int step : {1, 2, 3})
      log.row(step, 10);
  }
  // D has not played.
  EXPECT_EQ(directory.read("log.csv"), "step,D,G,spread,steps_per_s\n1,,0.1,0,10\n2,,0.1,0,10\n3,,0.1,0,10\n");
  directory.write("log.csv", directory.read("log.csv") + "4,0,");
  instance.write(instance.cell(instance.findCell(AGON_CELL_OBJECTIVE, "D")), 0, 4);
  {
    Log(instance, path("log.csv"), [](int64_t step) { return step <= 2; }).row(3, 5);
  }
  EXPECT_EQ(directory.read("log.csv"), "step,D,G,spread,steps_per_s\n1,,0.1,0,10\n2,,0.1,0,10\n3,4,0.1,0,5\n");
  directory.write("log.csv", "step,old,G,steps_per_s\n1,5,6,10\n");
  {
    Log(instance, path("log.csv"), [](int64_t) { return true; }).row(2, 5);
  }
  EXPECT_EQ(directory.read("log.csv"), "step,old,G,D,spread,steps_per_s\n1,5,6,,,10\n2,,0.1,4,0,5\n");
  directory.write("log.csv", "step,other\n");
  EXPECT_THROW(Log(instance, path("log.csv"), [](int64_t) { return true; }), Failure);
}

TEST_F(Io, LogsHaveAColumnForEachMove) {
  Instance instance(productGame(), openCpu(1));
  for (auto [name, value] : {std::pair("phi", -1.0), std::pair("theta.quartic", 0.25)})
    instance.write(instance.cell(instance.findCell(AGON_CELL_OBJECTIVE, name)), 0, value);
  Log log(instance, path("log.csv"));
  log.row(1, 10);
  EXPECT_EQ(directory.read("log.csv"), "step,phi,theta,theta.quartic,steps_per_s\n1,-1,,0.25,10\n");
  EXPECT_EQ(log.summary(AGON_CELL_OBJECTIVE), "phi -1  theta.quartic 0.25");
}

TEST_F(Io, CheckpointsKeepTheObjectivesOfTurnsThatHaveBeenPlayed) {
  Instance instance(productGame(), openCpu(1)), again(productGame(), openCpu(1));
  auto objective = [](Instance &of, const char *name) -> const agon_cell & {
    return of.cell(of.findCell(AGON_CELL_OBJECTIVE, name));
  };
  instance.write(objective(instance, "theta.quartic"), 0, 0.1);
  writeCheckpoint(instance, {}, path("c.safetensors"));
  readCheckpoint(again, path("c.safetensors"));
  EXPECT_EQ(again.read(objective(again, "theta.quartic")), 0.1);
  EXPECT_TRUE(std::isnan(again.read(objective(again, "phi"))));
}

TEST_F(Io, NpyReadsBack) {
  Samples samples;
  samples.shape = {2, 2};
  samples.count = 3;
  Faults faults(Faults::Told::First);
  for (int i = 0; i < 12; ++i)
    samples.values.push_back(i + 0.5);
  for (uint32_t real : {AGON_F32, AGON_F64}) {
    writeNpy(samples, real, path("s.npy"));
    Array array = readArray(path("s.npy"), {}, faults);
    EXPECT_EQ(array.shape, (std::vector<int64_t>{3, 2, 2}));
    EXPECT_EQ(array.element, real == AGON_F32 ? Element::F32 : Element::F64);
    EXPECT_EQ(array.number(2, 3), 11.5);
    EXPECT_EQ(array.offset % 64, 0u);
  }
  samples.shape = {};
  samples.count = 12;
  writeNpy(samples, AGON_F64, path("flat.npy"));
  EXPECT_EQ(readArray(path("flat.npy"), {}, faults).shape, std::vector<int64_t>{12});
}

TEST_F(Io, RunFilesReadBack) {
  Instance instance(digitsGame(), openCpu(1));
  RunFile run;
  run.steps = 10;
  run.seed = 5;
  run.overrides = {{"G.lr", 0.1}};
  run.logEvery = 3;
  run.data = {{{"x", "y"}, "/data/x.csv", {"a,b", "c"}, {10, 785}, "f64", "crc32 1"}};
  run.settings = {{0, "G.lr", 0.01}, {7, "G.lr", 0.1}};
  run.changes = {{7, "constant rate: was 1, is 2"}};
  run.coverage["M"] = {7, 8, 0.5};
  writeRunFile(instance, run, path("run.json"));
  auto read = readRunFile(path("run.json"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->steps, 10);
  EXPECT_EQ(read->seed, 5);
  EXPECT_EQ(read->overrides, run.overrides);
  EXPECT_EQ(read->logEvery, 3);
  ASSERT_EQ(read->data.size(), 1u);
  EXPECT_EQ(read->data[0].fields, run.data[0].fields);
  EXPECT_EQ(read->data[0].columns, run.data[0].columns);
  EXPECT_EQ(read->data[0].shape, run.data[0].shape);
  EXPECT_EQ(read->data[0].content, run.data[0].content);
  EXPECT_EQ(read->settings, run.settings);
  EXPECT_EQ(read->changes, run.changes);
  EXPECT_EQ(read->model, describeModel(digitsGame()));
  EXPECT_FALSE(readRunFile(path("absent.json")));
  std::string good = directory.read("run.json");
  size_t steps = good.find("\"steps\": 10");
  ASSERT_NE(steps, std::string::npos);
  directory.write("run.json", good.substr(0, steps) + "\"steps\": 1.5" + good.substr(steps + 11));
  EXPECT_THROW(readRunFile(path("run.json")), Failure);
  directory.write("run.json", "{\"steps\": 1");
  EXPECT_THROW(readRunFile(path("run.json")), Failure);
}

TEST_F(Io, CheckpointsGiveWhatIsAskedFor) {
  Instance ring(ringGame(), openCpu(1)), digits(digitsGame(), openCpu(1)), fresh(ringGame(), openCpu(1));
  fillState(ring, 0.5);
  writeCheckpoint(ring, {3, 0, {}}, path("c"));
  // Only some cells: the others keep what they hold.
  auto weights = uint32_t(ring.findCell(AGON_CELL_PARAMETER, "G.dense_0.W"));
  CheckpointUse use;
  use.need = [&](uint32_t cell) { return cell == weights ? Need::Required : Need::Ignored; };
  EXPECT_EQ(readCheckpoint(fresh, path("c"), use).model, describeModel(ringGame()));
  EXPECT_EQ(fresh.load<float>(fresh.cell(weights)), ring.load<float>(ring.cell(weights)));
  EXPECT_EQ(fresh.read(fresh.cell(uint32_t(fresh.findCell(AGON_CELL_PARAMETER, "G.dense_0.b")))), 0);
  // What is not there is told, or required.
  use.need = [&](uint32_t) { return Need::Wanted; };
  CheckpointInfo info = readCheckpoint(digits, path("c"), use);
  EXPECT_FALSE(info.missing.empty());
  EXPECT_EQ(info.iteration, 3);
  // A judge is heard before tensors are.
  use.judge = [](const CheckpointInfo &found) { fail(ExitCode::Usage, "no {}", found.iteration); };
  use.need = nullptr;
  try {
    readCheckpoint(digits, path("c"), use);
    FAIL() << "expected a failure";
  } catch (const Failure &failure) {
    EXPECT_STREQ(failure.what(), "no 3");
  }
}

} // namespace
