//===- MachineTest.cpp - The caches that plans go by ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/Machine.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using agon::cpu::Caches;
using agon::cpu::detectCaches;
using Numbers = llvm::SmallVector<int64_t, 3>;

namespace {

struct Index {
  const char *level, *type, *size, *sharers;
};

/// The caches of a folder that is laid out as Linux lays out /sys/devices/system/cpu/cpu0/cache.
Caches detect(llvm::ArrayRef<Index> indices) {
  llvm::SmallString<128> folder;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("agon-caches", folder));
  for (auto [number, index] : llvm::enumerate(indices)) {
    std::string place = (folder + "/index" + llvm::Twine(number)).str();
    EXPECT_FALSE(llvm::sys::fs::create_directory(place));
    for (auto [name, text] : {std::pair("level", index.level), std::pair("type", index.type),
                              std::pair("size", index.size), std::pair("shared_cpu_list", index.sharers)}) {
      std::error_code error;
      llvm::raw_fd_ostream(place + "/" + name, error) << text << "\n";
      EXPECT_FALSE(error);
    }
  }
  Caches caches = detectCaches(folder);
  llvm::sys::fs::remove_directories(folder);
  return caches;
}

// AMD's EPYC 9554 (Zen 4): eight cores of two threads on a third level.
TEST(Machine, Zen4) {
  Caches caches = detect({{"1", "Data", "32K", "0,64"},
                          {"1", "Instruction", "32K", "0,64"},
                          {"2", "Unified", "1024K", "0,64"},
                          {"3", "Unified", "32768K", "0-7,64-71"}});
  EXPECT_EQ(caches.bytes, (Numbers{32 << 10, 1 << 20, 32 << 20}));
  EXPECT_EQ(caches.sharers, (Numbers{2, 2, 16}));
}

// AMD's EPYC 9575F (Zen 5): 48 KB next to the core.
TEST(Machine, Zen5) {
  Caches caches = detect({{"1", "Data", "48K", "0,64"},
                          {"1", "Instruction", "32K", "0,64"},
                          {"2", "Unified", "1024K", "0,64"},
                          {"3", "Unified", "32768K", "0-7,64-71"}});
  EXPECT_EQ(caches.bytes, (Numbers{48 << 10, 1 << 20, 32 << 20}));
  EXPECT_EQ(caches.sharers, (Numbers{2, 2, 16}));
}

// The order of the levels is the system's affair.
TEST(Machine, AnyOrder) {
  Caches caches = detect({{"3", "Unified", "96M", "0-7"},
                          {"2", "Unified", "2048K", "0"},
                          {"1", "Instruction", "64K", "0"},
                          {"1", "Data", "48K", "0"}});
  EXPECT_EQ(caches.bytes, (Numbers{48 << 10, 2 << 20, 96 << 20}));
  EXPECT_EQ(caches.sharers, (Numbers{1, 1, 8}));
}

// What cannot be read is as if it were not told; a fourth level plans do not know.
TEST(Machine, Unreadable) {
  Caches none = detect({});
  Caches caches = detect({{"1", "Data", "lots", "0"},
                          {"2", "Unified", "-1K", "3-1"},
                          {"3", "Unified", "", ""},
                          {"4", "Unified", "128M", "0-63"}});
  EXPECT_EQ(caches.bytes, none.bytes);
  EXPECT_EQ(caches.sharers, (Numbers{1, none.sharers[1], none.sharers[2]}));
}

} // namespace
