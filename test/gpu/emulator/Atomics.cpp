//===- Atomics.cpp - Atomics and fences -----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What orders the accesses of different blocks: an atomic that releases, or follows a fence, publishes what its thread
// knows; one that acquires, or stands before a fence, learns it. What a thread learns its whole block knows.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include <algorithm>

using namespace agon::emulator;

namespace {

/// What has been published at an address.
std::unordered_map<const void *, BlockKnowledge> published;

void join(BlockKnowledge &into, uint32_t serial, const Knowledge &more) {
  Knowledge &known = into[serial];
  if (more.epoch < known.epoch)
    return;
  if (more.epoch > known.epoch)
    known = {more.epoch, {}};
  for (auto [thread, clock] : more.clocks)
    known.clocks[thread] = std::max(known.clocks[thread], clock);
}

void join(BlockKnowledge &into, const BlockKnowledge &more) {
  for (const auto &[serial, knowledge] : more)
    join(into, serial, knowledge);
}

} // namespace

bool agon::emulator::knowsOfBlock(uint32_t serial, uint32_t epoch, uint32_t threadIndex, uint32_t clock) {
  auto known = block->knownBlocks.find(serial);
  if (known == block->knownBlocks.end() || epoch > known->second.epoch)
    return false;
  if (epoch < known->second.epoch)
    return true;
  auto thread = known->second.clocks.find(threadIndex);
  return thread != known->second.clocks.end() && clock <= thread->second;
}

void agon::emulator::forgetAtomics() { published.clear(); }

void agon_emu_atomic(const void *address, uint64_t bytes, uint64_t alignment, uint32_t kind, uint32_t isShared,
                     uint32_t checked, const char *place) {
  Thread &thread = *current;
  thread.state = State::Spinning;
  thread.place = place;
  wait();
  if (!checked || !launch.checked)
    return;
  if (!check(thread, address, bytes, alignment, kind & AGON_WRITES ? Access::Atomic : Access::AtomicRead, isShared != 0,
             place))
    stop();
  if (kind & AGON_READS)
    if (auto found = published.find(address); found != published.end())
      join(kind & AGON_ACQUIRES ? block->knownBlocks : block->heard[thread.index], found->second);
  bool releases = kind & AGON_RELEASES;
  if (!(kind & AGON_WRITES) || !(releases || thread.fenced))
    return;
  BlockKnowledge &here = published[address];
  join(here, block->knownBlocks);
  join(here, block->serial,
       releases ? Knowledge{block->epoch, {{thread.index, thread.clock}}}
                : Knowledge{thread.fencedEpoch, {{thread.index, thread.fencedClock}}});
  if (releases)
    ++thread.clock;
}

void agon_emu_fence() {
  Thread &thread = *current;
  if (auto heard = block->heard.find(thread.index); heard != block->heard.end()) {
    join(block->knownBlocks, heard->second);
    block->heard.erase(heard);
  }
  thread.fenced = true;
  thread.fencedEpoch = block->epoch;
  thread.fencedClock = thread.clock++;
}

void agon_emu_pause(const char *place) {
  current->state = State::Spinning;
  current->place = place;
  wait();
}
