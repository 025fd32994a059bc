//===- Device.h - What the parts of the emulated device share ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATOR_DEVICE_H
#define AGON_TEST_GPU_EMULATOR_DEVICE_H

#include "test/gpu/emulator/emulator.h"
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace agon::emulator {

constexpr unsigned warpSize = 32;
/// The largest block and the most shared memory of a block (an H100's).
constexpr unsigned maxThreads = 1024;
constexpr unsigned maxSharedBytes = 227 * 1024;
/// With the space between variables.
constexpr unsigned sharedBufferBytes = 256 * 1024;
/// The memory that has one page of shadow.
constexpr uintptr_t pageBytes = 4096;
/// A fibre's stack, and the lowest of it, which may not be touched.
constexpr size_t stackBytes = size_t(128) * 1024, guardBytes = 4096;

/// What a warp does together.
enum class Collective : uint8_t { None, WarpSync, Shuffle, Vote, Reduce, Match, LoadMatrix, StoreMatrix, Mma };

struct AsyncCopy {
  char *to;
  const char *from;
  uint32_t bytes, sourceBytes;
  uint32_t group;
};

enum class State : uint8_t { New, Ready, Spinning, AtBarrier, AtCollective, Finished };

/// One thread of a block, as a fibre.
struct Thread {
  void *stackPointer = nullptr;
  char *stack = nullptr;
  State state = State::New;
  uint32_t index = 0, x = 0, y = 0, z = 0;
  /// Where it waits.
  uint32_t barrier = 0;
  bool predicate = false;
  uint32_t barrierResult = 0;
  Collective collective = Collective::None;
  uint32_t variant = 0, mask = 0;
  const void *input = nullptr;
  void *output = nullptr;
  const char *place = nullptr;
  /// Copies of cp.async that have not been waited for.
  std::vector<AsyncCopy> copies;
  uint32_t group = 0;
  /// How often it has met others: what it did before is known by this number.
  uint32_t clock = 1;
  /// What a relaxed atomic publishes after a fence.
  bool fenced = false;
  uint32_t fencedEpoch = 0, fencedClock = 0;
};

struct Arrival {
  Thread *thread;
  uint32_t clock;
  bool waits;
};
/// One of the sixteen barriers of a block.
struct Barrier {
  std::vector<Arrival> arrivals;
  uint32_t needed = 0;
  /// The instruction that each warp has come to, or null.
  const char *places[maxThreads / warpSize] = {};
};

/// What is known of another block: all that it did before its epoch, and what these threads did until their clocks.
struct Knowledge {
  uint32_t epoch = 0;
  std::unordered_map<uint32_t, uint32_t> clocks;
};
/// By blocks' serial numbers.
using BlockKnowledge = std::unordered_map<uint32_t, Knowledge>;

struct Page;
/// A block: its threads, and what they have in common. Blocks are used again.
struct Block {
  Block();
  ~Block();
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  uint32_t number = 0, index[3] = {};
  /// Its number among the blocks of all launches.
  uint32_t serial = 0;
  /// How many barriers of all its threads it has passed, and one.
  uint32_t epoch = 1;
  std::vector<Thread> threads;
  char *stacks = nullptr;
  std::vector<char *> freeStacks;
  Barrier barriers[16];
  /// known[i * threads + j]: thread i knows what thread j had done until its clock was this.
  std::vector<uint32_t> known;
  /// Threads have met in part of the block; then also over several warps.
  bool anyMeeting = false, anyWide = false;
  BlockKnowledge knownBlocks;
  /// What threads have read by relaxed atomics, and know from their next fence on.
  std::unordered_map<uint32_t, BlockKnowledge> heard;
  char *shared = nullptr;
  std::unique_ptr<Page> sharedPages[sharedBufferBytes / pageBytes];
};

/// What runs now.
struct Launch {
  const AgonEmulatedKernel *kernel = nullptr;
  void *const *arguments = nullptr;
  uint32_t grid[3] = {}, block[3] = {};
  uint32_t threadCount = 0;
  uint32_t dynamicShared = 0;
  /// The serial number of its first block.
  uint32_t firstSerial = 1;
  bool checked = true;
  std::string fault;
};

extern Launch launch;
/// The block and the thread that run.
extern Block *block;
extern Thread *current;

/// Ends the launch at its first fault: leaves the running fibre for good.
[[noreturn]] void fault(const std::string &what, const char *place);
[[noreturn]] void faultOf(const Thread &thread, const std::string &what, const char *place);
/// Leaves the running fibre after a fault.
[[noreturn]] void stop();
/// Notes a fault, and goes on.
void noteFault(const std::string &what, const Thread &thread, const char *place);
/// Lets others run until this thread is ready again.
void wait();
/// "(3, 0, 0)"
std::string triple(uint32_t x, uint32_t y, uint32_t z);
std::string blockText(uint32_t number);

/// Whether all that `threadIndex` did until its clock was `clock` has happened before what `thread` does now, both in
/// the running block and since its last barrier of all.
bool knows(const Thread &thread, uint32_t threadIndex, uint32_t clock);
/// The threads have met: each knows what the others had done.
void meet(const std::vector<Thread *> &met);

/// The running thread waits for the lanes of `mask` to arrive at the same collective, which has then been run
/// (Warp.cpp).
void arriveAtCollective(Collective kind, uint32_t variant, uint32_t mask, const void *input, void *output,
                        const char *place);
/// Runs the collective of `members`, all of which have arrived.
void runCollective(const std::vector<Thread *> &members);

/// The collectives of matrices among them (Matrix.cpp).
void runMatrix(const std::vector<Thread *> &members);

/// Begins a launch for the checks of memory (Memory.cpp).
void beginLaunchMemory();
void endLaunchMemory();
enum class Access : uint8_t { Read, Write, AtomicRead, Atomic };
/// Checks an access of the running launch by `thread`; notes the first fault and returns false.
bool check(const Thread &thread, const void *address, uint64_t bytes, uint64_t alignment, Access access, bool shared,
           const char *place);
/// Marks bytes of shared memory as on their way by cp.async, or as arrived.
void markPending(const Thread &thread, const void *address, uint64_t bytes, bool pending);

/// Whether the running block knows of what a thread of another block did (Atomics.cpp).
bool knowsOfBlock(uint32_t serial, uint32_t epoch, uint32_t threadIndex, uint32_t clock);
void forgetAtomics();

/// Completes the copies of all but the `newest` last groups of the running thread (AsyncCopy.cpp).
void completeCopies(Thread &thread, uint32_t newest);

} // namespace agon::emulator

#endif // AGON_TEST_GPU_EMULATOR_DEVICE_H
