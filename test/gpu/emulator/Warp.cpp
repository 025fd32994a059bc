//===- Warp.cpp - What the lanes of a warp do together --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include <algorithm>
#include <bit>
#include <fmt/format.h>

using namespace agon::emulator;

namespace {

uint32_t laneOf(const Thread &thread) { return thread.index % warpSize; }

Thread *warpOf(const Thread &thread) { return &block->threads[size_t(thread.index / warpSize) * warpSize]; }

/// The lanes that the warp of `thread` has: not all, in the last warp of a block of an odd size.
uint32_t presentLanes(const Thread &thread) {
  uint32_t first = thread.index / warpSize * warpSize;
  uint32_t count = std::min(warpSize, launch.threadCount - first);
  return count == warpSize ? ~0u : (1u << count) - 1;
}

struct ShuffleInput {
  uint32_t value, by, clamp;
};

} // namespace

void agon::emulator::arriveAtCollective(Collective kind, uint32_t variant, uint32_t mask, const void *input,
                                        void *output, const char *place) {
  Thread &thread = *current;
  if (!(mask >> laneOf(thread) & 1))
    fault(fmt::format("divergence: lane {} is none of the lanes {:#x} that it names", laneOf(thread), mask), place);
  thread.state = State::AtCollective;
  thread.collective = kind;
  thread.variant = variant;
  thread.mask = mask;
  thread.input = input;
  thread.output = output;
  thread.place = place;
  Thread *warp = warpOf(thread);
  static std::vector<Thread *> members;
  members.clear();
  bool complete = true;
  for (uint32_t lanes = mask & presentLanes(thread); lanes; lanes &= lanes - 1) {
    Thread &other = warp[std::countr_zero(lanes)];
    if (other.state == State::Finished)
      fault(fmt::format("divergence: lane {} has ended, and lanes {:#x} wait for it", laneOf(other), mask), place);
    if (other.state != State::AtCollective) {
      complete = false;
      break;
    }
    if (other.collective != kind || other.variant != variant || other.mask != mask)
      fault(fmt::format("divergence: lane {} is at {} with lanes {:#x}, not here with lanes {:#x}", laneOf(other),
                        other.place ? other.place : "another collective", other.mask, mask),
            place);
    if (kind >= Collective::LoadMatrix && other.place != place)
      fault(fmt::format("divergence: lane {} is at another instruction of this kind ({})", laneOf(other), other.place),
            place);
    members.push_back(&other);
  }
  if (!complete) {
    while (thread.state != State::Ready)
      wait();
    return;
  }
  runCollective(members);
  for (Thread *each : members)
    each->state = State::Ready;
  wait();
}

namespace {

/// Whether the lane of a shuffle finds another, and which: PTX ISA, shfl.sync.
std::pair<uint32_t, bool> shuffleSource(uint32_t mode, uint32_t lane, const ShuffleInput &in) {
  uint32_t segment = in.clamp >> 8 & 31, clamp = in.clamp & 31, by = in.by & 31;
  uint32_t highest = (lane & segment) | (clamp & ~segment), lowest = lane & segment;
  int source = 0;
  bool found = false;
  switch (mode) {
  case 0:
    source = static_cast<int>(lane) - static_cast<int>(by);
    found = source >= static_cast<int>(highest);
    break;
  case 1:
    source = static_cast<int>(lane + by);
    found = source <= static_cast<int>(highest);
    break;
  case 2:
    source = static_cast<int>(lane ^ by);
    found = source <= static_cast<int>(highest);
    break;
  default:
    source = static_cast<int>(lowest | (by & ~segment));
    found = source <= static_cast<int>(highest);
  }
  return {found ? static_cast<uint32_t>(source) : lane, found};
}

void shuffle(const std::vector<Thread *> &members) {
  uint32_t values[warpSize] = {};
  uint32_t present = 0;
  for (Thread *each : members) {
    values[laneOf(*each)] = static_cast<const ShuffleInput *>(each->input)->value;
    present |= 1u << laneOf(*each);
  }
  for (Thread *each : members) {
    auto [source, found] = shuffleSource(each->variant, laneOf(*each), *static_cast<const ShuffleInput *>(each->input));
    if (!(present >> source & 1))
      faultOf(*each,
              fmt::format("divergence: lane {} takes the value of lane {}, which is not at this shfl.sync",
                          laneOf(*each), source),
              each->place);
    auto *result = static_cast<uint32_t *>(each->output);
    result[0] = values[source];
    result[1] = found;
  }
}

void vote(const std::vector<Thread *> &members) {
  uint32_t ballot = 0, all = 0;
  for (Thread *each : members) {
    all |= 1u << laneOf(*each);
    if (*static_cast<const uint32_t *>(each->input))
      ballot |= 1u << laneOf(*each);
  }
  for (Thread *each : members) {
    uint32_t results[] = {ballot == all, ballot != 0, ballot == 0 || ballot == all, ballot};
    *static_cast<uint32_t *>(each->output) = results[each->variant];
  }
}

uint32_t reducePair(uint32_t mode, uint32_t a, uint32_t b) {
  auto signedA = static_cast<int32_t>(a), signedB = static_cast<int32_t>(b);
  switch (mode) {
  case 0:
    return a + b;
  case 1:
    return std::min(a, b);
  case 2:
    return std::max(a, b);
  case 3:
    return static_cast<uint32_t>(std::min(signedA, signedB));
  case 4:
    return static_cast<uint32_t>(std::max(signedA, signedB));
  case 5:
    return a & b;
  case 6:
    return a | b;
  default:
    return a ^ b;
  }
}

void reduce(const std::vector<Thread *> &members) {
  uint32_t result = *static_cast<const uint32_t *>(members.front()->input);
  for (size_t i = 1; i < members.size(); ++i)
    result = reducePair(members[i]->variant, result, *static_cast<const uint32_t *>(members[i]->input));
  for (Thread *each : members)
    *static_cast<uint32_t *>(each->output) = result;
}

void match(const std::vector<Thread *> &members) {
  for (Thread *each : members) {
    uint32_t equal = 0;
    for (Thread *other : members)
      if (*static_cast<const uint64_t *>(other->input) == *static_cast<const uint64_t *>(each->input))
        equal |= 1u << laneOf(*other);
    *static_cast<uint32_t *>(each->output) = equal;
  }
}

} // namespace

void agon::emulator::runCollective(const std::vector<Thread *> &members) {
  switch (members.front()->collective) {
  case Collective::WarpSync:
    return meet(members);
  case Collective::Shuffle:
    return shuffle(members);
  case Collective::Vote:
    return vote(members);
  case Collective::Reduce:
    return reduce(members);
  case Collective::Match:
    return match(members);
  default:
    return runMatrix(members);
  }
}

uint32_t agon_emu_register(uint32_t number) {
  const Thread &thread = *current;
  uint32_t tid[] = {thread.x, thread.y, thread.z};
  uint32_t lane = laneOf(thread), bit = 1u << lane;
  if (number < AGON_LANEID) {
    const uint32_t *of[] = {tid, launch.block, block->index, launch.grid};
    return of[number / 3][number % 3];
  }
  switch (number) {
  case AGON_LANEID:
    return lane;
  case AGON_WARPID:
    return thread.index / warpSize;
  case AGON_NWARPID:
    return (launch.threadCount + warpSize - 1) / warpSize;
  case AGON_LANEMASK_EQ:
    return bit;
  case AGON_LANEMASK_LE:
    return bit | (bit - 1);
  case AGON_LANEMASK_LT:
    return bit - 1;
  case AGON_LANEMASK_GE:
    return ~(bit - 1);
  case AGON_LANEMASK_GT:
    return ~(bit | (bit - 1));
  default:
    return launch.dynamicShared;
  }
}

char *agon_emu_shared() { return block->shared; }

void agon_emu_warp_sync(uint32_t mask, const char *place) {
  arriveAtCollective(Collective::WarpSync, 0, mask, nullptr, nullptr, place);
}

uint32_t agon_emu_shuffle(uint32_t mode, uint32_t mask, uint32_t value, uint32_t by, uint32_t clamp, uint32_t *found,
                          const char *place) {
  ShuffleInput input = {value, by, clamp};
  uint32_t result[2];
  arriveAtCollective(Collective::Shuffle, mode, mask, &input, result, place);
  if (found)
    *found = result[1];
  return result[0];
}

uint32_t agon_emu_vote(uint32_t mode, uint32_t mask, uint32_t predicate, const char *place) {
  uint32_t result;
  arriveAtCollective(Collective::Vote, mode, mask, &predicate, &result, place);
  return result;
}

uint32_t agon_emu_reduce(uint32_t mode, uint32_t value, uint32_t mask, const char *place) {
  uint32_t result;
  arriveAtCollective(Collective::Reduce, mode, mask, &value, &result, place);
  return result;
}

uint32_t agon_emu_match_any(uint32_t mask, uint64_t value, const char *place) {
  uint32_t result;
  arriveAtCollective(Collective::Match, 0, mask, &value, &result, place);
  return result;
}
