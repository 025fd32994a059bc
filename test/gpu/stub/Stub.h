// What the parts of the stub driver share: its calls' log, memory, streams, modules.
#pragma once

#include "runtime/cuda/Driver.h"
#include "test/gpu/emulator/emulator.h"
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agon::stub {

using namespace agon::rt::cuda;

/// Further results that the stub gives.
constexpr CuResult invalidValue = 1, notInitialized = 3, invalidDevice = 101, invalidContext = 201, notReady = 600,
                   illegalAddress = 700, launchFailed = 719, captureUnsupported = 900;

//===--- Log.cpp --------------------------------------------------------------------------------===//

/// A number from the environment.
int64_t setting(const char *name, int64_t otherwise);
/// The environment's text; "" if there is none.
std::string text(const char *name);
/// Writes a line to the file $AGON_STUB_LOG.
void write(const std::string &line);
/// Begins a call: logs it, and returns what it must fail with: by $AGON_STUB_FAIL, or for what came before.
CuResult begin(const char *call, const std::string &arguments);
/// What a call that waits returns: success, or what has failed meanwhile.
CuResult state();
/// From now on every call fails so.
void breakDown(CuResult code, const std::string &why);
/// A call of a function that must not be captured.
CuResult forbidCapture();

//===--- Memory.cpp -----------------------------------------------------------------------------===//

CuResult allocate(size_t bytes, CuPointer &memory);
CuResult release(CuPointer memory);
CuResult allocatePinned(size_t bytes, void *&memory);
CuResult releasePinned(void *memory);
size_t bytesInUse();
size_t bytesInAll();
/// Whether all of the range lies in one piece of the device's memory, of pinned memory.
bool isDevice(CuPointer place, size_t bytes);
bool isPinned(const void *place, size_t bytes);
inline void *address(CuPointer place) { return reinterpret_cast<void *>(uintptr_t(place)); }

/// While one lives, the device's memory may be touched; else a touch ends the process.
class Opened {
public:
  Opened();
  ~Opened();
  Opened(const Opened &) = delete;
  Opened &operator=(const Opened &) = delete;
};

//===--- Streams.cpp ----------------------------------------------------------------------------===//

struct Stream;

struct Event {
  Stream *stream = nullptr;
  uint64_t recorded = 0, happened = 0; ///< counts
  double milliseconds = 0;
};

/// What a stream has to do.
struct Work {
  std::function<void()> run;
  Event *awaited = nullptr; ///< comes first
  uint64_t count = 0;
};

struct Graph {
  int number = 0;
  std::vector<std::function<void()>> nodes;
};

struct Stream {
  int number = 0;
  std::deque<Work> queue;
  Graph *capturing = nullptr;
};

extern std::vector<std::unique_ptr<Stream>> streams;

/// Puts work into the stream, or into the graph that it captures: it is done when somebody waits for it.
void enqueue(Stream &stream, std::function<void()> run);
/// Does what the stream has to do.
void run(Stream &stream);
/// Until the event has happened as often.
void runUntil(const Event &event, uint64_t count);
void runAll();
bool anyCaptures();

} // namespace agon::stub
