// Event files; the Python tests read what is in them.
#include "runtime/io/Events.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <filesystem>
#include <gtest/gtest.h>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

TEST(Events, TheChecksumIsThatOfItsDefinition) {
  // RFC 3720, B.4, and the check of the catalogue of such codes.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(Events, GoingBackCutsWhatLiesBeyond) {
  TemporaryDirectory directory;
  std::string first = directory.path() + "/events.out.tfevents.0000000000";
  EventFile events(directory.path(), 0, {{"seed", 1}});
  events.scalars(1, {{"D", 1}});
  events.scalars(2, {{"D", 2}});
  uint64_t size = std::filesystem::file_size(first);
  events.scalars(3, {{"D", 3}});
  events.goOnFrom(2);
  EXPECT_EQ(std::filesystem::file_size(first), size);
  std::string second = directory.path() + "/events.out.tfevents.0000000002";
  EXPECT_EQ(eventFilesOf(directory.path()), (std::vector{first, second}));
  events.scalars(3, {{"D", 4}});
  // Again, to before the second file began: it is another one, with the name of the step.
  events.goOnFrom(1);
  EXPECT_LT(std::filesystem::file_size(first), size);
  EXPECT_EQ(eventFilesOf(directory.path()), (std::vector{first, directory.path() + "/events.out.tfevents.0000000001"}));
}

} // namespace
