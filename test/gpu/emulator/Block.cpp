//===- Block.cpp - Fibres and their order ---------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulator/Block.h"
#include "test/gpu/emulator/Shadow.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
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
Block *block = nullptr;
Thread *current = nullptr;
} // namespace agon::emulator

namespace {

void *scheduler = nullptr;
AgonEmulatorOrder order = AGON_EMULATOR_FORWARD;
std::mt19937_64 randomNumbers;

char *allocate(size_t bytes) {
  void *memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char *>(memory);
}

void fibre() {
  launch.kernel->run(launch.arguments);
  if (!current->copies.empty())
    completeCopies(*current, 0);
  current->state = State::Finished;
  wait();
}

void begin(Thread &thread) {
  thread.stack = block->freeStacks.back();
  block->freeStacks.pop_back();
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
    block->freeStacks.push_back(thread.stack);
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
  if (thread.state == State::Spinning)
    return "spinning" + at;
  if (thread.state == State::AtBarrier)
    return fmt::format("waiting at barrier {}{}", thread.barrier, at);
  return fmt::format("waiting at {} of lanes {:#x}{}", names[static_cast<unsigned>(thread.collective)], thread.mask,
                     at);
}

/// No thread of the running block can go on: says which wait where.
void noteStop(bool spins) {
  std::vector<std::pair<std::string, std::vector<const Thread *>>> groups;
  const Thread *waiting = nullptr;
  for (uint32_t i = 0; i < launch.threadCount; ++i) {
    std::string text = describeWait(block->threads[i]);
    auto group = std::find_if(groups.begin(), groups.end(), [&](auto &each) { return each.first == text; });
    if (group == groups.end())
      group = groups.insert(groups.end(), {text, {}});
    group->second.push_back(&block->threads[i]);
    if (block->threads[i].state != State::Finished && !waiting)
      waiting = &block->threads[i];
  }
  std::string what = spins ? "no thread goes on: " : "divergence: ";
  for (size_t i = 0; i < groups.size() && i < 4; ++i)
    what += fmt::format("{}{} {}", i ? "; " : "", describeSome(groups[i].second), groups[i].first);
  noteFault(what, *waiting, waiting->place);
}

/// Runs the threads of a warp as far as they come without other warps.
Progress runWarp(uint32_t warp, std::vector<uint32_t> &lanes) {
  Progress progress = Progress::None;
  uint32_t first = warp * warpSize, count = std::min(warpSize, launch.threadCount - first);
  for (uint32_t i = first; i < first + count; ++i)
    if (block->threads[i].state == State::Spinning)
      block->threads[i].state = State::Ready;
  for (bool again = true; again;) {
    again = false;
    arrange(lanes, first, count);
    for (uint32_t index : lanes) {
      Thread &thread = block->threads[index];
      if (thread.state != State::New && thread.state != State::Ready)
        continue;
      run(thread);
      if (!launch.fault.empty())
        return Progress::Some;
      again = true;
      progress = std::max(progress, thread.state == State::Spinning ? Progress::Spins : Progress::Some);
    }
  }
  return progress;
}

} // namespace

Block::Block() : stacks(allocate(maxThreads * stackBytes)), shared(allocate(sharedBufferBytes)) {}

Block::~Block() {
  if (stacks)
    munmap(stacks, maxThreads * stackBytes);
  if (shared)
    munmap(shared, sharedBufferBytes);
}

void agon::emulator::guardStacks(Block &guarded) {
  for (size_t i = 0; i < maxThreads; ++i)
    mprotect(guarded.stacks + i * stackBytes, guardBytes, PROT_NONE);
}

void agon::emulator::setOrder(AgonEmulatorOrder newOrder, uint64_t seed) {
  order = newOrder;
  randomNumbers.seed(seed);
}

void agon::emulator::arrange(std::vector<uint32_t> &numbers, uint32_t first, uint32_t count) {
  numbers.resize(count);
  std::iota(numbers.begin(), numbers.end(), first);
  if (order == AGON_EMULATOR_REVERSE)
    std::reverse(numbers.begin(), numbers.end());
  if (order == AGON_EMULATOR_RANDOM)
    std::shuffle(numbers.begin(), numbers.end(), randomNumbers);
}

void agon::emulator::prepare(Block &prepared, uint32_t number) {
  prepared.number = number;
  prepared.serial = launch.firstSerial + number;
  prepared.index[0] = number % launch.grid[0];
  prepared.index[1] = number / launch.grid[0] % launch.grid[1];
  prepared.index[2] = number / launch.grid[0] / launch.grid[1];
  prepared.epoch = 1;
  prepared.anyMeeting = prepared.anyWide = false;
  prepared.knownBlocks.clear();
  prepared.heard.clear();
  for (Barrier &each : prepared.barriers)
    each = {};
  prepared.freeStacks.clear();
  for (size_t i = launch.threadCount; i-- > 0;)
    prepared.freeStacks.push_back(prepared.stacks + i * stackBytes);
  prepared.threads.resize(launch.threadCount);
  for (uint32_t i = 0; i < launch.threadCount; ++i) {
    Thread &thread = prepared.threads[i];
    thread = {};
    thread.index = i;
    thread.x = i % launch.block[0];
    thread.y = i / launch.block[0] % launch.block[1];
    thread.z = i / launch.block[0] / launch.block[1];
  }
  // What nobody has written is no number.
  std::memset(prepared.shared, 0xff, launch.kernel->dynamicOffset + launch.dynamicShared);
}

Progress agon::emulator::advance(Block &advanced) {
  block = &advanced;
  static std::vector<uint32_t> warps, lanes;
  Progress whole = Progress::None;
  for (bool again = true; again;) {
    again = false;
    arrange(warps, 0, (launch.threadCount + warpSize - 1) / warpSize);
    for (uint32_t warp : warps) {
      Progress progress = runWarp(warp, lanes);
      if (!launch.fault.empty())
        return Progress::Some;
      whole = std::max(whole, progress);
      again |= progress == Progress::Some;
    }
  }
  return whole;
}

bool agon::emulator::finished(const Block &block) {
  return std::all_of(block.threads.begin(), block.threads.end(),
                     [](const Thread &each) { return each.state == State::Finished; });
}

void agon::emulator::noteStop(Block &stopped, bool spins) {
  block = &stopped;
  ::noteStop(spins);
}

void agon::emulator::wait() { agon_emulator_switch(&current->stackPointer, scheduler); }
