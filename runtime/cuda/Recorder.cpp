#include "runtime/cuda/Recorder.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cstring>
#include <utility>

using namespace agon::rt;
using namespace agon::rt::cuda;

namespace {
constexpr size_t mostRecords = 16;
constexpr uint64_t alignment = 256;
} // namespace

uint64_t Recorder::aligned(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

static_assert(fetchDepth == 2, "there are two halves");

Recorder::Recorder(Session &session, Kernels &kernels)
    : session(session), kernels(kernels), halves{Half(session), Half(session)}, uploads(session, true) {}

Recorder::~Recorder() {
  // What fails now has been told before: copies may be under way to memory that is freed next.
  session.driver.cuStreamSynchronize(session.copies);
  session.driver.cuStreamSynchronize(session.compute);
  for (auto &[list, record] : records)
    drop(record);
}

void Recorder::drop(Record &record) const {
  if (record.graph)
    session.driver.cuGraphExecDestroy(record.graph);
  record.graph = nullptr;
}

/// Makes room for another record, by the one that was used least lately.
void Recorder::dropOldest() {
  auto oldest = std::ranges::min_element(records, {}, [](const auto &entry) { return entry.second.lastUse; });
  drop(oldest->second);
  records.erase(oldest);
}

void Recorder::reserve(uint64_t bytes) {
  uploads.grow(bytes);
  for (Half &half : halves) {
    half.uploads.grow(bytes);
    half.staged.grow(bytes);
  }
}

void Recorder::begin(uint64_t list) {
  if (open)
    fail(ExitCode::Internal, "a list of calls begins within another");
  if (records.size() >= mostRecords && !records.count(list))
    dropOldest();
  open = &records[list];
  open->lastUse = ++lists;
  position = 0;
  uploaded = 0;
  replaying = !open->calls.empty();
  halves[ended % fetchDepth].copied.wait(); // its pinned memory is filled again
}

/// Whether the record has this call next; else the record ends before it, and is written on from here.
bool Recorder::next(const Call &call) {
  if (replaying && position < open->calls.size() && open->calls[position] == call)
    return true;
  if (replaying) {
    replaying = false;
    drop(*open);
    auto later = std::find_if(open->calls.begin() + std::ptrdiff_t(position), open->calls.end(),
                              [](const Call &each) { return each.kind == Kind::Launch; });
    if (later != open->calls.end())
      open->arguments.resize(later->place);
    open->calls.resize(position);
  }
  return false;
}

void Recorder::append(const Call &call) {
  if (!next(call))
    open->calls.push_back(call);
  ++position;
}

/// Gathers what the copy of all uploads of the list takes along.
void Recorder::stage(const std::byte *from, uint64_t bytes) {
  PinnedMemory &pinned = halves[ended % fetchDepth].uploads;
  pinned.grow(uploaded + aligned(bytes));
  std::memcpy(pinned.at(uploaded), from, bytes);
  uploaded += aligned(bytes);
}

void Recorder::upload(CuPointer to, const std::byte *from, uint64_t bytes) {
  append({Kind::Upload, nullptr, to, 0, bytes, uploaded});
  stage(from, bytes);
}

void Recorder::expand(const agon_launch &how, CuPointer to, const std::byte *from, uint64_t bytes, CuPointer numbers) {
  kernels.find(how);
  append({Kind::Expand, &how, to, numbers, bytes, uploaded});
  stage(from, bytes);
}

CuPointer Recorder::passing(uint64_t bytes) {
  uploads.grow(bytes);
  return uploads.at();
}

void Recorder::copy(CuPointer to, CuPointer from, uint64_t bytes) { append({Kind::Copy, nullptr, to, from, bytes, 0}); }

void Recorder::launch(const agon_launch &how, void *const *args) {
  // By the contract of functions the same launch has the same addresses; they are only compared where it is new.
  Call call{Kind::Launch, &how, 0, 0, 0, replaying && position < open->calls.size() ? open->calls[position].place : 0};
  if (!next(call)) {
    kernels.find(how);
    call.place = open->arguments.size();
    open->arguments.insert(open->arguments.end(), args, args + how.arguments);
    open->calls.push_back(call);
  }
  ++position;
}

void Recorder::fetch(CuPointer from, uint64_t bytes) { append({Kind::Fetch, nullptr, 0, from, bytes, 0}); }

/// Has a call happen on the stream of kernels; uploads read what the copy of them all has left.
void Recorder::issue(const Record &record, const Call &call) {
  const Driver &driver = session.driver;
  switch (call.kind) {
  case Kind::Upload:
    driver.check(driver.cuMemcpyDtoDAsync_v2(call.to, uploads.at(call.place), call.bytes, session.compute),
                 "cuMemcpyDtoDAsync");
    break;
  case Kind::Expand:
    kernels.expand(*call.how, call.to, uploads.at(call.place), call.from);
    break;
  case Kind::Copy:
    driver.check(driver.cuMemcpyDtoDAsync_v2(call.to, call.from, call.bytes, session.compute), "cuMemcpyDtoDAsync");
    break;
  case Kind::Launch:
    kernels.run(*call.how, record.arguments.data() + call.place);
    break;
  case Kind::Fetch: // after the graph
    break;
  }
}

void Recorder::capture(Record &record) {
  const Driver &driver = session.driver;
  drop(record);
  CuGraph graph = nullptr;
  driver.check(driver.cuStreamBeginCapture_v2(session.compute, captureOfThisThread), "cuStreamBeginCapture");
  try {
    for (const Call &call : record.calls)
      issue(record, call);
  } catch (...) {
    if (driver.cuStreamEndCapture(session.compute, &graph) == result::success && graph)
      driver.cuGraphDestroy(graph);
    throw;
  }
  driver.check(driver.cuStreamEndCapture(session.compute, &graph), "cuStreamEndCapture");
  CuResult code = driver.cuGraphInstantiateWithFlags(&record.graph, graph, 0);
  driver.cuGraphDestroy(graph);
  if (code != result::success)
    record.graph = nullptr;
  driver.check(code, "cuGraphInstantiate");
  record.generation = session.generation;
}

void Recorder::end(bool happens) {
  Record &record = *std::exchange(open, nullptr);
  if (!happens)
    return;
  if (ended - asked >= fetchDepth)
    fail(ExitCode::Internal, "{} lists have fetched what nobody asks for", ended - asked);
  if (replaying && position < record.calls.size()) { // it has become shorter
    drop(record);
    record.calls.resize(position);
  }
  const Driver &driver = session.driver;
  Half &half = halves[ended % fetchDepth];
  uint64_t fetchedBytes = 0;
  for (const Call &call : record.calls)
    fetchedBytes += call.kind == Kind::Fetch ? call.bytes : 0;
  uploads.grow(uploaded);
  half.staged.grow(uploaded);
  half.fetches.grow(fetchedBytes);
  if (!record.graph || record.generation != session.generation)
    capture(record);

  if (uploaded > 0) {
    half.consumed.holdBack(session.copies);
    driver.check(driver.cuMemcpyHtoDAsync_v2(half.staged.at(), half.uploads.at(), uploaded, session.copies),
                 "cuMemcpyHtoDAsync");
    half.copied.record(session.copies);
    half.copied.holdBack(session.compute);
    driver.check(driver.cuMemcpyDtoDAsync_v2(uploads.at(), half.staged.at(), uploaded, session.compute),
                 "cuMemcpyDtoDAsync");
    half.consumed.record(session.compute);
  }
  driver.check(driver.cuGraphLaunch(record.graph, session.compute), "cuGraphLaunch");
  uint64_t place = 0;
  for (const Call &call : record.calls)
    if (call.kind == Kind::Fetch) {
      driver.check(driver.cuMemcpyDtoHAsync_v2(half.fetches.at(place), call.from, call.bytes, session.compute),
                   "cuMemcpyDtoHAsync");
      place += call.bytes;
    }
  half.done.record(session.compute);
  ++ended;
}

const std::byte *Recorder::fetched() {
  if (asked == ended)
    fail(ExitCode::Internal, "nothing has been fetched that was not asked for");
  Half &half = halves[asked++ % fetchDepth];
  half.done.wait();
  return half.fetches.at();
}
