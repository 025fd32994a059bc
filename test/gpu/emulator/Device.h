//===- Device.h - What the parts of the emulated device share ---*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_GPU_EMULATOR_DEVICE_H
#define AGON_TEST_GPU_EMULATOR_DEVICE_H

#include "test/gpu/emulator/emulator.h"
#include <string>
#include <utility>
#include <vector>

namespace agon::emulator {

constexpr unsigned warpSize = 32;
/// The largest block and the most shared memory of a block (an H100's).
constexpr unsigned maxThreads = 1024;
constexpr unsigned maxSharedBytes = 227 * 1024;
/// With the space between variables.
constexpr unsigned sharedBufferBytes = 256 * 1024;
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

enum class State : uint8_t { New, Ready, AtBarrier, AtCollective, Finished };

/// One thread of a block, as a fibre.
struct Thread {
  void *stackPointer = nullptr;
  char *stack = nullptr;
  State state = State::New;
  uint32_t index = 0, x = 0, y = 0, z = 0;
  /// Where it waits.
  uint32_t barrier = 0, barrierCount = 0;
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
};

/// What runs now.
struct Launch {
  const AgonEmulatedKernel *kernel = nullptr;
  void *const *arguments = nullptr;
  uint32_t grid[3] = {}, block[3] = {};
  uint32_t threadCount = 0;
  uint32_t dynamicShared = 0;
  /// The block that runs: its number, its place, and how many barriers of all its threads it has passed.
  uint32_t blockNumber = 0, blockIndex[3] = {};
  uint32_t epoch = 1;
  bool checked = true;
  /// Blocks run from the last to the first.
  bool reverse = false;
  std::string fault;
};

extern Launch launch;
extern Thread threads[maxThreads];
/// The thread that runs.
extern Thread *current;

/// Ends the launch at its first fault: leaves the running fibre for good.
[[noreturn]] void fault(const std::string &what, const char *place);
[[noreturn]] void faultOf(const Thread &thread, const std::string &what, const char *place);
/// Leaves the running fibre after a fault.
[[noreturn]] void stop();
/// Notes a fault of no running thread.
void noteFault(const std::string &what, const Thread *thread, const char *place);
/// Lets others run until this thread is ready again.
void wait();
std::string describe(const Thread &thread);
/// "(3, 0, 0)"
std::string triple(uint32_t x, uint32_t y, uint32_t z);
std::string blockText(uint32_t number);
/// The number of the block that runs as the `turn`-th of the launch.
uint32_t numberOf(uint32_t turn);

/// Whether all that `threadIndex` did until its clock was `clock` has happened before what `thread` does now, both in
/// the running block and since its last barrier of all.
bool knows(const Thread &thread, uint32_t threadIndex, uint32_t clock);
/// The threads have met: each knows what the others had done.
void meet(const std::vector<Thread *> &met);
void forgetMeetings();

/// The running thread waits for the lanes of `mask` to arrive at the same collective, which has then been run
/// (Warp.cpp).
void arriveAtCollective(Collective kind, uint32_t variant, uint32_t mask, const void *input, void *output,
                        const char *place);
/// Runs the collective of `members`, all of which have arrived.
void runCollective(const std::vector<Thread *> &members);

/// The collectives of matrices among them (Matrix.cpp).
void runMatrix(const std::vector<Thread *> &members);

/// Begins a launch and a block for the checks of memory (Memory.cpp).
void beginLaunchMemory();
void beginBlockMemory();
void endLaunchMemory();
/// Where a block's shared memory is.
char *sharedBase();
enum class Access : uint8_t { Read, Write, Atomic };
/// Checks an access of the running launch by `thread`; notes the first fault and returns false.
bool check(const Thread &thread, const void *address, uint64_t bytes, uint64_t alignment, Access access, bool shared,
           const char *place);
/// Marks bytes of shared memory as on their way by cp.async, or as arrived.
void markPending(const Thread &thread, const void *address, uint64_t bytes, bool pending);

/// Completes the copies of all but the `newest` last groups of the running thread (AsyncCopy.cpp).
void completeCopies(Thread &thread, uint32_t newest);

} // namespace agon::emulator

#endif // AGON_TEST_GPU_EMULATOR_DEVICE_H
