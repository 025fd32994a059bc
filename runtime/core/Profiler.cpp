#include "runtime/core/Profiler.h"

#include <chrono>

using namespace agon::rt;

int64_t agon::rt::nanoseconds() {
  using namespace std::chrono;
  return duration_cast<std::chrono::nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

namespace {

std::atomic<uint64_t> profilers{0};

/// Which lane this thread has, in which profiler.
struct Lane {
  uint64_t profiler = 0;
  unsigned number = 0;
};
thread_local Lane lane;

constexpr unsigned callerLane = ~0u;

} // namespace

Profiler::Profiler(int threads) : lanes(threads > 1 ? size_t(threads - 1) : 0), identity(++profilers) {}

void Profiler::reserve(size_t calls, size_t marks) {
  recorded.reserve(calls);
  times.reserve(marks);
  for (std::vector<Share> &each : lanes)
    each.reserve(marks);
}

void Profiler::clear() {
  recorded.clear();
  times.clear();
  for (std::vector<Share> &each : lanes)
    each.clear();
}

std::span<const int64_t> Profiler::marks(const Call &call) const {
  if (!call.marked)
    return {};
  return std::span(times).subspan(call.firstMark, call.function->num_regions + 1);
}

void Profiler::mark(void *self, uint32_t region) {
  auto *profiler = static_cast<Profiler *>(self);
  profiler->region = region;
  profiler->times.push_back(profiler->device->mark(profiler->device->self));
}

void Profiler::call(const Device &on, const agon_frame &frame, const agon_function &function) {
  device = &on;
  bool marked = byRegion && function.marked;
  agon_frame own = frame;
  own.mark = mark;
  own.profiler = this;
  if (marked && !lanes.empty()) {
    lane = {identity, callerLane};
    outer = &frame;
    own.launch = launch;
    own.device = this;
  }
  recorded.push_back({&function, iteration, nanoseconds(), 0, times.size(), marked});
  (marked ? function.marked : function.fn)(&own);
  on.wait(on.self);
  recorded.back().end = nanoseconds();
  for (size_t i = recorded.back().firstMark; i < times.size(); ++i)
    times[i] = on.timeOf(on.self, times[i]);
}

void Profiler::launch(void *self, const agon_launch *launch, void *const *args) {
  auto *profiler = static_cast<Profiler *>(self);
  void *packed[] = {self, reinterpret_cast<void *>(launch->kernel), const_cast<void **>(args)};
  agon_launch recorded = *launch;
  recorded.kernel = chunk;
  profiler->outer->launch(profiler->outer->device, &recorded, packed);
}

void Profiler::chunk(void *const *args, int64_t begin, int64_t end) {
  auto *profiler = static_cast<Profiler *>(args[0]);
  auto kernel = reinterpret_cast<agon_kernel>(args[1]);
  auto *inner = static_cast<void *const *>(args[2]);
  if (lane.profiler != profiler->identity)
    lane = {profiler->identity, profiler->lanesTaken.fetch_add(1)};
  if (lane.number >= profiler->lanes.size()) // the caller's own time is in the marks
    return kernel(inner, begin, end);
  std::vector<Share> &shares = profiler->lanes[lane.number];
  auto call = uint32_t(profiler->recorded.size() - 1);
  bool goesOn = !shares.empty() && shares.back().call == call && shares.back().region == profiler->region;
  if (!goesOn)
    shares.push_back({call, profiler->region, nanoseconds(), 0});
  kernel(inner, begin, end);
  shares.back().end = nanoseconds();
}
