//===- Launch.cpp - Launches and what is said of faults -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulator/Block.h"
#include <algorithm>
#include <fmt/format.h>
#include <mutex>

using namespace agon::emulator;

namespace agon::emulator {
Launch launch;
} // namespace agon::emulator

namespace {

/// How many blocks run at once: two a multiprocessor of an H100.
constexpr uint32_t maxBlocksAtOnce = 264;
/// How often threads look again for what does not come.
constexpr uint32_t maxSpins = 100000;

std::mutex oneLaunch;
std::vector<std::unique_ptr<Block>> blocks;
bool checksOn = true;
thread_local std::string lastFault;

/// What is wrong with a launch before any thread runs, or "".
std::string judge(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                  uint32_t dynamicShared) {
  uint64_t count = 1;
  for (int i = 0; i < 3; ++i) {
    if (grid[i] == 0 || block[i] == 0)
      return fmt::format("{}: grid {} and block {} must not be empty", kernel->name, triple(grid[0], grid[1], grid[2]),
                         triple(block[0], block[1], block[2]));
    count *= block[i];
  }
  if (count > maxThreads || block[2] > 64)
    return fmt::format("{}: a block of {} has more than {} threads", kernel->name, triple(block[0], block[1], block[2]),
                       maxThreads);
  if (grid[0] > 2147483647u || grid[1] > 65535 || grid[2] > 65535)
    return fmt::format("{}: the grid {} is too large", kernel->name, triple(grid[0], grid[1], grid[2]));
  uint64_t shared = uint64_t(kernel->staticSharedBytes) + dynamicShared;
  if (kernel->staticSharedBytes > 48 * 1024)
    return fmt::format("{}: {} bytes of static shared memory are more than 49152", kernel->name,
                       kernel->staticSharedBytes);
  if (shared > maxSharedBytes || uint64_t(kernel->dynamicOffset) + dynamicShared > sharedBufferBytes)
    return fmt::format("{}: {} bytes of shared memory are more than {}", kernel->name, shared, maxSharedBytes);
  if (uint64_t(grid[0]) * grid[1] * grid[2] > 0xffffffffu)
    return fmt::format("{}: the grid {} is too large to be emulated", kernel->name, triple(grid[0], grid[1], grid[2]));
  return "";
}

/// The first `count` blocks; "" or what is missing.
std::string provideBlocks(size_t count) {
  while (blocks.size() < count) {
    blocks.push_back(std::make_unique<Block>());
    if (!blocks.back()->stacks || !blocks.back()->shared) {
      blocks.pop_back();
      return "no memory for the fibres' stacks";
    }
    if (blocks.size() == 1)
      guardStacks(*blocks.front());
  }
  return "";
}

/// Runs `count` blocks from number `first` on at once; false at a fault.
bool runTogether(uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i)
    prepare(*blocks[i], first + i);
  std::vector<uint32_t> turns;
  for (uint32_t spins = 0;;) {
    Progress progress = Progress::None;
    arrange(turns, 0, count);
    for (uint32_t i : turns) {
      progress = std::max(progress, advance(*blocks[i]));
      if (!launch.fault.empty())
        return false;
    }
    auto stopped = std::find_if(blocks.begin(), blocks.begin() + count, [](auto &each) { return !finished(*each); });
    if (stopped == blocks.begin() + count)
      return true;
    spins = progress == Progress::Spins ? spins + 1 : 0;
    if (progress == Progress::None || spins > maxSpins) {
      noteStop(**stopped, progress == Progress::Spins);
      return false;
    }
  }
}

int run(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t size[3], uint32_t dynamicShared,
        void *const *arguments, bool together) {
  std::lock_guard lock(oneLaunch);
  lastFault = judge(kernel, grid, size, dynamicShared);
  uint32_t count = lastFault.empty() ? grid[0] * grid[1] * grid[2] : 0;
  if (together && count > maxBlocksAtOnce)
    lastFault = fmt::format("{}: {} blocks at once are more than {}", kernel->name, count, maxBlocksAtOnce);
  if (lastFault.empty())
    lastFault = provideBlocks(together ? count : 1);
  if (!lastFault.empty())
    return AGON_EMULATOR_BAD_LAUNCH;
  launch.kernel = kernel;
  launch.arguments = arguments;
  std::copy_n(grid, 3, launch.grid);
  std::copy_n(size, 3, launch.block);
  launch.threadCount = size[0] * size[1] * size[2];
  launch.dynamicShared = dynamicShared;
  launch.checked = checksOn;
  launch.fault.clear();
  beginLaunchMemory();
  if (together) {
    runTogether(0, count);
  } else {
    std::vector<uint32_t> numbers;
    arrange(numbers, 0, count);
    for (uint32_t number : numbers)
      if (!runTogether(number, 1))
        break;
  }
  endLaunchMemory();
  launch.firstSerial += count;
  lastFault = launch.fault;
  return lastFault.empty() ? AGON_EMULATOR_OK : AGON_EMULATOR_FAULT;
}

} // namespace

std::string agon::emulator::triple(uint32_t x, uint32_t y, uint32_t z) { return fmt::format("({}, {}, {})", x, y, z); }

std::string agon::emulator::blockText(uint32_t number) {
  return triple(number % launch.grid[0], number / launch.grid[0] % launch.grid[1],
                number / launch.grid[0] / launch.grid[1]);
}

void agon::emulator::noteFault(const std::string &what, const Thread &thread, const char *place) {
  launch.fault = fmt::format("{}: block {}, thread {}{}: {}", launch.kernel->name, blockText(block->number),
                             triple(thread.x, thread.y, thread.z), place ? fmt::format(", at {}", place) : "", what);
}

void agon::emulator::faultOf(const Thread &thread, const std::string &what, const char *place) {
  noteFault(what, thread, place);
  stop();
}

void agon::emulator::fault(const std::string &what, const char *place) { faultOf(*current, what, place); }

void agon::emulator::stop() {
  for (;;)
    wait();
}

void agon_emulator_set_order(AgonEmulatorOrder newOrder, uint64_t seed) {
  std::lock_guard lock(oneLaunch);
  setOrder(newOrder, seed);
}

void agon_emulator_set_checks(int on) {
  std::lock_guard lock(oneLaunch);
  checksOn = on != 0;
}

int agon_emulator_launch(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                         uint32_t dynamicSharedBytes, void *const *arguments) {
  return run(kernel, grid, block, dynamicSharedBytes, arguments, false);
}

int agon_emulator_launch_cooperative(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                                     uint32_t dynamicSharedBytes, void *const *arguments) {
  return run(kernel, grid, block, dynamicSharedBytes, arguments, true);
}

const char *agon_emulator_fault(void) { return lastFault.c_str(); }
