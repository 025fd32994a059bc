// The driver's other functions.
#include "test/gpu/stub/Stub.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

using namespace agon::stub;

namespace {

bool initialised = false;
CuContext current = nullptr;
int graphs = 0;

int deviceCount() { return int(setting("AGON_STUB_DEVICES", 1)); }
CuContext contextOf(CuDevice device) { return reinterpret_cast<CuContext>(uintptr_t(device + 1)); }
Stream &of(CuStream stream) { return *reinterpret_cast<Stream *>(stream); }
Event &of(CuEvent event) { return *reinterpret_cast<Event *>(event); }
Graph &of(CuGraph graph) { return *reinterpret_cast<Graph *>(graph); }
Graph &of(CuGraphExec graph) { return *reinterpret_cast<Graph *>(graph); }

double milliseconds() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

/// Begins a call that needs a context.
template <typename... Args> CuResult start(const char *call, fmt::format_string<Args...> format, Args &&...args) {
  CuResult code = begin(call, fmt::format(format, std::forward<Args>(args)...));
  if (code != result::success)
    return code;
  return !initialised ? notInitialized : !current ? invalidContext : result::success;
}

struct Name {
  CuResult code;
  const char *name, *text;
};
constexpr Name names[] = {
    {invalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {result::outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {notInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {result::noDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {invalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {result::invalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {invalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {result::noBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available"},
    {result::notFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {launchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {captureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}};

const Name *nameOf(CuResult code) {
  auto found = std::ranges::find(names, code, &Name::code);
  return found == std::end(names) ? nullptr : found;
}

} // namespace

#define START(...)                                                                                                     \
  if (CuResult code = start(__VA_ARGS__); code != result::success)                                                     \
    return code;
#define UNCAPTURED()                                                                                                   \
  if (CuResult code = forbidCapture(); code != result::success)                                                        \
    return code;

extern "C" {

CuResult cuInit(unsigned) {
  CuResult code = begin("cuInit", "");
  initialised = code == result::success;
  return initialised && deviceCount() == 0 ? result::noDevice : code;
}
CuResult cuDriverGetVersion(int *version) {
  *version = 13000;
  return result::success;
}
CuResult cuGetErrorName(CuResult code, const char **name) {
  *name = nameOf(code) ? nameOf(code)->name : nullptr;
  return *name ? result::success : invalidValue;
}
CuResult cuGetErrorString(CuResult code, const char **text) {
  *text = nameOf(code) ? nameOf(code)->text : nullptr;
  return *text ? result::success : invalidValue;
}

CuResult cuDeviceGetCount(int *count) {
  CuResult code = begin("cuDeviceGetCount", "");
  *count = deviceCount();
  return code;
}
CuResult cuDeviceGet(CuDevice *device, int number) {
  CuResult code = begin("cuDeviceGet", fmt::format("{}", number));
  *device = number;
  return code != result::success ? code : number < deviceCount() ? result::success : invalidDevice;
}
CuResult cuDeviceGetName(char *name, int length, CuDevice device) {
  std::snprintf(name, size_t(length), "Stub %d", device);
  return begin("cuDeviceGetName", "");
}
CuResult cuDeviceGetAttribute(int *value, int which, CuDevice) {
  std::string capability = text("AGON_STUB_CAPABILITY").empty() ? "8.0" : text("AGON_STUB_CAPABILITY");
  switch (which) {
  case attribute::major:
    *value = std::atoi(capability.c_str());
    break;
  case attribute::minor:
    *value = std::atoi(capability.c_str() + capability.find('.') + 1);
    break;
  case attribute::clockKiloHertz:
    *value = 1410000;
    break;
  case attribute::multiprocessors:
    *value = 108;
    break;
  case attribute::memoryClockKiloHertz:
    *value = 1215000;
    break;
  case attribute::memoryBusBits:
    *value = 5120;
    break;
  case attribute::doubleRatio:
    *value = 2;
    break;
  case attribute::sharedBytesOfBlock:
    *value = 163 * 1024;
    break;
  default:
    return invalidValue;
  }
  return begin("cuDeviceGetAttribute", "");
}
CuResult cuDeviceTotalMem_v2(size_t *bytes, CuDevice) {
  *bytes = bytesInAll();
  return begin("cuDeviceTotalMem", "");
}
CuResult cuDevicePrimaryCtxRetain(CuContext *context, CuDevice device) {
  *context = contextOf(device);
  return begin("cuDevicePrimaryCtxRetain", fmt::format("device={}", device));
}
CuResult cuDevicePrimaryCtxRelease_v2(CuDevice device) {
  return begin("cuDevicePrimaryCtxRelease", fmt::format("device={}", device));
}
CuResult cuCtxSetCurrent(CuContext context) {
  current = context;
  return begin("cuCtxSetCurrent", "");
}

CuResult cuMemGetInfo_v2(size_t *available, size_t *total) {
  START("cuMemGetInfo", "");
  *total = bytesInAll();
  *available = *total - bytesInUse();
  return result::success;
}
CuResult cuMemAlloc_v2(CuPointer *memory, size_t bytes) {
  START("cuMemAlloc", "bytes={}", bytes);
  UNCAPTURED();
  return allocate(bytes, *memory);
}
CuResult cuMemFree_v2(CuPointer memory) {
  START("cuMemFree", "");
  UNCAPTURED();
  runAll();
  return release(memory);
}
CuResult cuMemAllocHost_v2(void **memory, size_t bytes) {
  START("cuMemAllocHost", "bytes={}", bytes);
  UNCAPTURED();
  return allocatePinned(bytes, *memory);
}
CuResult cuMemFreeHost(void *memory) {
  START("cuMemFreeHost", "");
  UNCAPTURED();
  runAll();
  return releasePinned(memory);
}
CuResult cuMemsetD8Async(CuPointer memory, unsigned char value, size_t bytes, CuStream stream) {
  START("cuMemsetD8Async", "bytes={} stream={}", bytes, of(stream).number);
  if (!isDevice(memory, bytes))
    return invalidValue;
  enqueue(of(stream), [=] { std::memset(address(memory), value, bytes); });
  return result::success;
}
CuResult cuMemcpyHtoDAsync_v2(CuPointer to, const void *from, size_t bytes, CuStream stream) {
  START("cuMemcpyHtoDAsync", "bytes={} stream={}{}", bytes, of(stream).number,
        isPinned(from, bytes) ? "" : " pageable");
  if (!isDevice(to, bytes))
    return invalidValue;
  if (isPinned(from, bytes)) {
    enqueue(of(stream), [=] { std::memcpy(address(to), from, bytes); });
    return result::success;
  }
  if (of(stream).capturing)
    return captureUnsupported;
  const auto *first = static_cast<const std::byte *>(from); // gone when the call returns
  enqueue(of(stream), [to, kept = std::vector<std::byte>(first, first + bytes)] {
    std::memcpy(address(to), kept.data(), kept.size());
  });
  return result::success;
}
CuResult cuMemcpyDtoHAsync_v2(void *to, CuPointer from, size_t bytes, CuStream stream) {
  START("cuMemcpyDtoHAsync", "bytes={} stream={}{}", bytes, of(stream).number, isPinned(to, bytes) ? "" : " pageable");
  if (!isDevice(from, bytes))
    return invalidValue;
  bool waits = !isPinned(to, bytes);
  if (waits && of(stream).capturing)
    return captureUnsupported;
  enqueue(of(stream), [=] { std::memcpy(to, address(from), bytes); });
  if (waits)
    run(of(stream));
  return state();
}
CuResult cuMemcpyDtoDAsync_v2(CuPointer to, CuPointer from, size_t bytes, CuStream stream) {
  START("cuMemcpyDtoDAsync", "bytes={} stream={}{}", bytes, of(stream).number, of(stream).capturing ? " captured" : "");
  if (!isDevice(to, bytes) || !isDevice(from, bytes))
    return invalidValue;
  enqueue(of(stream), [=] { std::memcpy(address(to), address(from), bytes); });
  return result::success;
}

CuResult cuStreamCreate(CuStream *stream, unsigned) {
  START("cuStreamCreate", "");
  streams.push_back(std::make_unique<Stream>());
  streams.back()->number = int(streams.size());
  *stream = reinterpret_cast<CuStream>(streams.back().get());
  return result::success;
}
CuResult cuStreamDestroy_v2(CuStream stream) {
  START("cuStreamDestroy", "stream={}", of(stream).number);
  run(of(stream)); // it stays, empty
  return result::success;
}
CuResult cuStreamSynchronize(CuStream stream) {
  START("cuStreamSynchronize", "stream={}", of(stream).number);
  UNCAPTURED();
  run(of(stream));
  return state();
}
CuResult cuStreamWaitEvent(CuStream stream, CuEvent event, unsigned) {
  START("cuStreamWaitEvent", "stream={}", of(stream).number);
  UNCAPTURED();
  of(stream).queue.push_back({nullptr, &of(event), of(event).recorded});
  return result::success;
}
CuResult cuStreamBeginCapture_v2(CuStream stream, int) {
  START("cuStreamBeginCapture", "stream={}", of(stream).number);
  UNCAPTURED();
  of(stream).capturing = new Graph{++graphs, {}};
  return result::success;
}
CuResult cuStreamEndCapture(CuStream stream, CuGraph *graph) {
  Graph *captured = std::exchange(of(stream).capturing, nullptr);
  *graph = reinterpret_cast<CuGraph>(captured);
  START("cuStreamEndCapture", "graph={} nodes={}", captured ? captured->number : 0,
        captured ? captured->nodes.size() : 0);
  return captured ? result::success : invalidValue;
}

CuResult cuEventCreate(CuEvent *event, unsigned) {
  START("cuEventCreate", "");
  *event = reinterpret_cast<CuEvent>(new Event);
  return result::success;
}
CuResult cuEventDestroy_v2(CuEvent event) {
  START("cuEventDestroy", "");
  runAll();
  delete &of(event);
  return result::success;
}
CuResult cuEventRecord(CuEvent raw, CuStream stream) {
  START("cuEventRecord", "stream={}", of(stream).number);
  UNCAPTURED();
  Event &event = of(raw);
  event.stream = &of(stream);
  enqueue(of(stream), [&event, count = ++event.recorded] {
    event.happened = count;
    event.milliseconds = milliseconds();
  });
  return result::success;
}
CuResult cuEventSynchronize(CuEvent event) {
  START("cuEventSynchronize", "");
  UNCAPTURED();
  runUntil(of(event), of(event).recorded);
  return state();
}
CuResult cuEventElapsedTime(float *time, CuEvent from, CuEvent to) {
  START("cuEventElapsedTime", "");
  if (of(from).happened < of(from).recorded || of(to).happened < of(to).recorded)
    return notReady;
  *time = float(of(to).milliseconds - of(from).milliseconds);
  return result::success;
}

CuResult cuGraphInstantiateWithFlags(CuGraphExec *executable, CuGraph graph, unsigned long long) {
  START("cuGraphInstantiate", "graph={}", of(graph).number);
  *executable = reinterpret_cast<CuGraphExec>(new Graph(of(graph)));
  return result::success;
}
CuResult cuGraphDestroy(CuGraph graph) {
  START("cuGraphDestroy", "graph={}", of(graph).number);
  delete &of(graph);
  return result::success;
}
CuResult cuGraphLaunch(CuGraphExec executable, CuStream stream) {
  START("cuGraphLaunch", "graph={} stream={}", of(executable).number, of(stream).number);
  enqueue(of(stream), [nodes = of(executable).nodes] {
    for (const std::function<void()> &node : nodes)
      node();
  });
  return result::success;
}
CuResult cuGraphExecDestroy(CuGraphExec executable) {
  START("cuGraphExecDestroy", "graph={}", of(executable).number);
  delete &of(executable);
  return result::success;
}
}
