//===- Barriers.cpp - Barriers, and who knows of whose accesses -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include <algorithm>
#include <fmt/format.h>

using namespace agon::emulator;

namespace {

uint32_t *knownBy(uint32_t threadIndex) { return &block->known[size_t(threadIndex) * launch.threadCount]; }

/// The columns of what threads know that may hold something for threads from `low` to `high`.
std::pair<uint32_t, uint32_t> columns(uint32_t low, uint32_t high) {
  if (!block->anyWide && low / warpSize == high / warpSize)
    return {low / warpSize * warpSize, std::min(low / warpSize * warpSize + warpSize, launch.threadCount)};
  block->anyWide = true;
  return {0, launch.threadCount};
}

void learn(const std::vector<Arrival> &met) {
  if (!block->anyMeeting)
    block->known.assign(size_t(launch.threadCount) * launch.threadCount, 0);
  block->anyMeeting = true;
  auto [low, high] =
      std::minmax_element(met.begin(), met.end(), [](auto &a, auto &b) { return a.thread->index < b.thread->index; });
  auto [first, end] = columns(low->thread->index, high->thread->index);
  static uint32_t joined[maxThreads];
  std::fill(joined + first, joined + end, 0);
  for (const Arrival &each : met) {
    for (uint32_t i = first; i < end; ++i)
      joined[i] = std::max(joined[i], knownBy(each.thread->index)[i]);
    joined[each.thread->index] = std::max(joined[each.thread->index], each.clock);
  }
  for (const Arrival &each : met)
    if (each.waits) {
      std::copy(joined + first, joined + end, knownBy(each.thread->index) + first);
      ++each.thread->clock;
    }
}

void complete(Barrier &barrier) {
  uint32_t popc = 0;
  for (const Arrival &each : barrier.arrivals)
    popc += each.waits && each.thread->predicate;
  if (barrier.needed == launch.threadCount &&
      std::all_of(barrier.arrivals.begin(), barrier.arrivals.end(), [](auto &each) { return each.waits; }))
    ++block->epoch;
  else
    learn(barrier.arrivals);
  for (const Arrival &each : barrier.arrivals)
    if (each.waits) {
      each.thread->barrierResult = popc;
      each.thread->state = State::Ready;
    }
  barrier.arrivals.clear();
  barrier.needed = 0;
  std::fill(std::begin(barrier.places), std::end(barrier.places), nullptr);
}

/// A warp must be at one instruction.
void refuseParting(const Barrier &barrier, const char *place) {
  const char *other = barrier.places[current->index / warpSize];
  if (other && other != place)
    fault(fmt::format("divergence: other lanes of the warp are at another barrier instruction ({})", other), place);
}

/// The running thread comes to a barrier for `count` threads, or for all (0).
uint32_t arrive(uint32_t id, uint32_t count, bool waits, bool predicate, bool aligned, const char *place) {
  if (id >= std::size(block->barriers))
    fault(fmt::format("barrier {} is none of 0 to {}", id, std::size(block->barriers) - 1), place);
  if (count % warpSize != 0)
    fault(fmt::format("barrier {} is for {} threads, which is no multiple of {}", id, count, warpSize), place);
  Barrier &barrier = block->barriers[id];
  uint32_t needed = count ? count : launch.threadCount;
  if (barrier.needed && barrier.needed != needed)
    fault(fmt::format("divergence: barrier {} is for {} threads here, where {} of its threads say {}", id, needed,
                      barrier.arrivals.size(), barrier.needed),
          place);
  Thread &thread = *current;
  if (aligned)
    refuseParting(barrier, place);
  barrier.needed = needed;
  barrier.arrivals.push_back({&thread, thread.clock, waits});
  barrier.places[thread.index / warpSize] = place;
  thread.predicate = predicate;
  if (!waits)
    ++thread.clock;
  if (waits) {
    thread.state = State::AtBarrier;
    thread.barrier = id;
    thread.place = place;
  }
  if (barrier.arrivals.size() == needed)
    complete(barrier);
  if (!waits)
    return 0;
  // Who comes last waits too, for its turn.
  do
    wait();
  while (thread.state != State::Ready);
  return thread.barrierResult;
}

} // namespace

bool agon::emulator::knows(const Thread &thread, uint32_t threadIndex, uint32_t clock) {
  return block->anyMeeting && knownBy(thread.index)[threadIndex] >= clock;
}

void agon::emulator::meet(const std::vector<Thread *> &met) {
  std::vector<Arrival> arrivals;
  for (Thread *each : met)
    arrivals.push_back({each, each->clock, true});
  learn(arrivals);
}

void agon_emu_barrier(uint32_t id, uint32_t count, uint32_t aligned, const char *place) {
  arrive(id, count, true, false, aligned, place);
}

void agon_emu_barrier_arrive(uint32_t id, uint32_t count, uint32_t aligned, const char *place) {
  if (count == 0)
    fault("barrier.arrive without a number of threads", place);
  arrive(id, count, false, false, aligned, place);
}

uint32_t agon_emu_barrier_popc(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place) {
  return arrive(id, count, true, predicate != 0, aligned, place);
}

uint32_t agon_emu_barrier_or(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place) {
  return arrive(id, count, true, predicate != 0, aligned, place) != 0;
}

uint32_t agon_emu_barrier_and(uint32_t id, uint32_t count, uint32_t predicate, uint32_t aligned, const char *place) {
  return arrive(id, count, true, predicate != 0, aligned, place) == (count ? count : launch.threadCount);
}
