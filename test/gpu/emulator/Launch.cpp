//===- Launch.cpp - Launches, fibres and their order ----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Launches: fibres, the order in which they run, and what is said of faults.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulator/Device.h"
#include <algorithm>
#include <fmt/format.h>
#include <mutex>
#include <numeric>
#include <random>
#include <sys/mman.h>

using namespace agon::emulator;

// Saves the running fibre's registers and stack pointer at `save`, and goes on with the fibre at `to`: 23 ns, where
// swapcontext asks the kernel and takes 341.
asm(R"(.text
.globl agon_emulator_switch
.hidden agon_emulator_switch
.type agon_emulator_switch, @function
agon_emulator_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size agon_emulator_switch, .-agon_emulator_switch
)");
extern "C" void agon_emulator_switch(void **save, void *to);

namespace agon::emulator {
Launch launch;
Thread threads[maxThreads];
Thread *current = nullptr;
} // namespace agon::emulator

namespace {

std::mutex oneLaunch;
void *scheduler = nullptr;
std::vector<char *> freeStacks;
AgonEmulatorOrder order = AGON_EMULATOR_FORWARD;
std::mt19937_64 randomNumbers;
bool checksOn = true;
thread_local std::string lastFault;

/// The stacks of all fibres, each above a page that may not be touched.
char *allStacks() {
  static char *stacks = [] {
    constexpr size_t each = stackBytes;
    void *memory = mmap(nullptr, maxThreads * each, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
      return static_cast<char *>(nullptr);
    for (unsigned i = 0; i < maxThreads; ++i)
      mprotect(static_cast<char *>(memory) + i * each, guardBytes, PROT_NONE);
    return static_cast<char *>(memory);
  }();
  return stacks;
}

void fibre() {
  launch.kernel->run(launch.arguments);
  if (!current->copies.empty())
    completeCopies(*current, 0);
  current->state = State::Finished;
  wait();
}

void begin(Thread &thread) {
  thread.stack = freeStacks.back();
  freeStacks.pop_back();
  auto **top = reinterpret_cast<void **>(thread.stack + stackBytes);
  top[-1] = nullptr;
  top[-2] = reinterpret_cast<void *>(fibre);
  std::fill(top - 8, top - 2, nullptr);
  thread.stackPointer = top - 8;
  thread.state = State::Ready;
}

void run(Thread &thread) {
  if (thread.state == State::New)
    begin(thread);
  current = &thread;
  agon_emulator_switch(&scheduler, thread.stackPointer);
  current = nullptr;
  if (thread.state == State::Finished)
    freeStacks.push_back(thread.stack);
}

/// "threads (0, 0, 0) and 30 others"
std::string describeSome(const std::vector<const Thread *> &some) {
  const Thread &first = *some.front();
  std::string text = fmt::format("thread {}", triple(first.x, first.y, first.z));
  return some.size() == 1 ? text : fmt::format("{} and {} more", text, some.size() - 1);
}

std::string describeWait(const Thread &thread) {
  static const char *const names[] = {"",      "bar.warp.sync", "shfl.sync", "vote.sync", "redux.sync",
                                      "match", "ldmatrix",      "stmatrix",  "mma.sync"};
  if (thread.state == State::Finished)
    return "ended";
  std::string at = thread.place ? fmt::format(" ({})", thread.place) : "";
  if (thread.state == State::AtBarrier)
    return fmt::format("waiting at barrier {}{}", thread.barrier, at);
  return fmt::format("waiting at {} of lanes {:#x}{}", names[static_cast<unsigned>(thread.collective)], thread.mask,
                     at);
}

/// No thread can go on: says which wait where.
void noteDivergence() {
  std::vector<std::pair<std::string, std::vector<const Thread *>>> groups;
  const Thread *waiting = nullptr;
  for (uint32_t i = 0; i < launch.threadCount; ++i) {
    std::string text = describeWait(threads[i]);
    auto group = std::find_if(groups.begin(), groups.end(), [&](auto &each) { return each.first == text; });
    if (group == groups.end())
      group = groups.insert(groups.end(), {text, {}});
    group->second.push_back(&threads[i]);
    if (threads[i].state != State::Finished && !waiting)
      waiting = &threads[i];
  }
  std::string what = "divergence: ";
  for (size_t i = 0; i < groups.size() && i < 4; ++i)
    what += fmt::format("{}{} {}", i ? "; " : "", describeSome(groups[i].second), groups[i].first);
  noteFault(what, waiting, waiting->place);
}

/// The numbers below `count` in the order that is set.
void arrange(std::vector<uint32_t> &numbers, uint32_t first, uint32_t count) {
  numbers.resize(count);
  std::iota(numbers.begin(), numbers.end(), first);
  if (order == AGON_EMULATOR_REVERSE)
    std::reverse(numbers.begin(), numbers.end());
  if (order == AGON_EMULATOR_RANDOM)
    std::shuffle(numbers.begin(), numbers.end(), randomNumbers);
}

/// Runs the threads of a warp as far as they come without other warps; whether any has run.
bool runWarp(uint32_t warp, std::vector<uint32_t> &lanes) {
  bool any = false;
  uint32_t first = warp * warpSize;
  for (bool again = true; again;) {
    again = false;
    arrange(lanes, first, std::min(warpSize, launch.threadCount - first));
    for (uint32_t index : lanes) {
      Thread &thread = threads[index];
      if (thread.state != State::New && thread.state != State::Ready)
        continue;
      run(thread);
      if (!launch.fault.empty())
        return false;
      again = any = true;
    }
  }
  return any;
}

void prepareBlock() {
  freeStacks.clear();
  for (unsigned i = launch.threadCount; i-- > 0;)
    freeStacks.push_back(allStacks() + i * stackBytes);
  for (uint32_t i = 0; i < launch.threadCount; ++i) {
    Thread &thread = threads[i];
    thread.state = State::New;
    thread.index = i;
    thread.x = i % launch.block[0];
    thread.y = i / launch.block[0] % launch.block[1];
    thread.z = i / launch.block[0] / launch.block[1];
    thread.collective = Collective::None;
    thread.copies.clear();
    thread.group = 0;
    thread.clock = 1;
    thread.place = nullptr;
  }
  launch.epoch = 1;
  forgetMeetings();
  beginBlockMemory();
}

/// Runs a block to its end; false at a fault.
bool runBlock() {
  prepareBlock();
  std::vector<uint32_t> warps, lanes;
  uint32_t warpCount = (launch.threadCount + warpSize - 1) / warpSize;
  for (bool progress = true; progress;) {
    progress = false;
    arrange(warps, 0, warpCount);
    for (uint32_t warp : warps) {
      progress |= runWarp(warp, lanes);
      if (!launch.fault.empty())
        return false;
    }
  }
  if (std::all_of(threads, threads + launch.threadCount, [](auto &each) { return each.state == State::Finished; }))
    return true;
  noteDivergence();
  return false;
}

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
  if (!allStacks())
    return "no memory for the fibres' stacks";
  if (uint64_t(grid[0]) * grid[1] * grid[2] > 0xffffffffu)
    return fmt::format("{}: the grid {} is too large to be emulated", kernel->name, triple(grid[0], grid[1], grid[2]));
  return "";
}

} // namespace

std::string agon::emulator::triple(uint32_t x, uint32_t y, uint32_t z) { return fmt::format("({}, {}, {})", x, y, z); }

std::string agon::emulator::describe(const Thread &thread) { return triple(thread.x, thread.y, thread.z); }

std::string agon::emulator::blockText(uint32_t number) {
  return triple(number % launch.grid[0], number / launch.grid[0] % launch.grid[1],
                number / launch.grid[0] / launch.grid[1]);
}

uint32_t agon::emulator::numberOf(uint32_t turn) {
  return launch.reverse ? launch.grid[0] * launch.grid[1] * launch.grid[2] - 1 - turn : turn;
}

void agon::emulator::noteFault(const std::string &what, const Thread *thread, const char *place) {
  launch.fault = fmt::format("{}: block {}, thread {}{}: {}", launch.kernel->name, blockText(launch.blockNumber),
                             thread ? describe(*thread) : "?", place ? fmt::format(", at {}", place) : "", what);
}

void agon::emulator::faultOf(const Thread &thread, const std::string &what, const char *place) {
  noteFault(what, &thread, place);
  stop();
}

void agon::emulator::fault(const std::string &what, const char *place) { faultOf(*current, what, place); }

void agon::emulator::stop() {
  for (;;)
    wait();
}

void agon::emulator::wait() { agon_emulator_switch(&current->stackPointer, scheduler); }

void agon_emulator_set_order(AgonEmulatorOrder newOrder, uint64_t seed) {
  std::lock_guard lock(oneLaunch);
  order = newOrder;
  randomNumbers.seed(seed);
}

void agon_emulator_set_checks(int on) {
  std::lock_guard lock(oneLaunch);
  checksOn = on != 0;
}

int agon_emulator_launch(const AgonEmulatedKernel *kernel, const uint32_t grid[3], const uint32_t block[3],
                         uint32_t dynamicSharedBytes, void *const *arguments) {
  std::lock_guard lock(oneLaunch);
  lastFault = judge(kernel, grid, block, dynamicSharedBytes);
  if (!lastFault.empty())
    return AGON_EMULATOR_BAD_LAUNCH;
  launch.kernel = kernel;
  launch.arguments = arguments;
  std::copy_n(grid, 3, launch.grid);
  std::copy_n(block, 3, launch.block);
  launch.threadCount = block[0] * block[1] * block[2];
  launch.dynamicShared = dynamicSharedBytes;
  launch.checked = checksOn;
  launch.reverse = order == AGON_EMULATOR_REVERSE;
  launch.fault.clear();
  beginLaunchMemory();
  uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
  for (uint64_t number = 0; number < blocks; ++number) {
    launch.blockNumber = numberOf(static_cast<uint32_t>(number));
    launch.blockIndex[0] = launch.blockNumber % grid[0];
    launch.blockIndex[1] = launch.blockNumber / grid[0] % grid[1];
    launch.blockIndex[2] = launch.blockNumber / grid[0] / grid[1];
    if (!runBlock())
      break;
  }
  endLaunchMemory();
  lastFault = launch.fault;
  return lastFault.empty() ? AGON_EMULATOR_OK : AGON_EMULATOR_FAULT;
}

const char *agon_emulator_fault(void) { return lastFault.c_str(); }
