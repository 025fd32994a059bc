#include "runtime/cuda/CudaDevice.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Instance.h"
#include "runtime/core/Memory.h"
#include "runtime/core/Profiler.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Recorder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <exception>
#include <span>
#include <utility>

using namespace agon::rt;
using namespace agon::rt::cuda;

namespace {

/// Uploads up to this size need not wait for the device.
constexpr uint64_t smallUpload = 1u << 16, outboxBytes = 1u << 20;

CuPointer pointer(const void *place) { return CuPointer(reinterpret_cast<uintptr_t>(place)); }

class CudaDevice {
public:
  CudaDevice(const agon_model &model, const Gpu &gpu, std::shared_ptr<const Device> host)
      : model(model), host(std::move(host)), session(gpu), kernels(session, model), recorder(session, kernels),
        outbox(session), judged(session, false),
        name(fmt::format("cuda:{} ({}, {})", gpu.number, gpu.name, kernels.code())) {
    outbox.grow(outboxBytes);
  }

  Device describe();

private:
  std::byte *allocate(uint64_t bytes);
  void judgeMemory(uint64_t bytes) const;
  void upload(std::byte *to, const std::byte *from, uint64_t bytes);
  void expand(const agon_launch &how, std::byte *to, const std::byte *from, uint64_t bytes, const std::byte *numbers);
  void download(std::byte *to, const std::byte *from, uint64_t bytes);
  void judge(std::span<Piece> pieces);
  void wait();
  int64_t mark();
  int64_t timeOf(int64_t mark) const;
  void throwFailed();
  /// Runs what compiled functions call, through which nothing may be thrown: what fails is thrown by the next call of
  /// the runtime.
  template <typename Body> void note(Body &&body) noexcept {
    if (failed)
      return;
    try {
      body();
    } catch (...) {
      failed = std::current_exception();
    }
  }
  static CudaDevice &of(void *self) { return *static_cast<CudaDevice *>(self); }

  const agon_model &model;
  std::shared_ptr<const Device> host;
  Session session;
  Kernels kernels;
  Recorder recorder;
  PinnedMemory outbox;
  DeviceMemory judged; ///< runs of numbers that a kernel looks at, and what it finds
  uint64_t outboxUsed = 0;
  std::deque<Event> marks;
  size_t marked = 0;        ///< since the marks were begun anew
  bool marksAreOver = true; ///< the next mark begins them anew
  int64_t firstMark = 0;    ///< when the first of them was made, on the host's clock
  std::exception_ptr failed;
  std::string name;
};

/// Throws what has failed in a compiled function's call.
void CudaDevice::throwFailed() {
  if (failed)
    std::rethrow_exception(std::exchange(failed, nullptr));
}

uint64_t bytesOf(const agon_cell &cell) {
  return uint64_t(elementCount({cell.shape, cell.rank})) * dtypeBytes(cell.dtype);
}

/// What one iteration's uploads take at most: keys, and all data that its turns read, as numbers; or the bytes of any
/// field out of an iteration.
uint64_t uploadsOf(const agon_model &model) {
  uint64_t bytes = 0;
  for (uint32_t turn : std::span(model.schedule, model.num_schedule)) {
    const agon_function &function = model.functions[turn];
    bytes += Recorder::aligned(1);
    for (uint32_t index : std::span(function.reads, function.num_reads)) {
      const agon_cell &cell = model.cells[index];
      if (cell.kind == AGON_CELL_DATA)
        bytes += Recorder::aligned(bytesOf(cell));
    }
  }
  for (const agon_field &field : std::span(model.fields, model.num_fields))
    bytes = std::max(bytes, bytesOf(model.cells[field.cell]));
  return bytes;
}

void CudaDevice::judgeMemory(uint64_t bytes) const {
  size_t available = 0, total = 0;
  session.driver.check(session.driver.cuMemGetInfo_v2(&available, &total), "cuMemGetInfo");
  uint64_t workspace = kernels.workspaceBytes(), staging = 3 * uploadsOf(model);
  if (uint64_t needed = bytes + workspace + staging; needed > available)
    fail(ExitCode::Unavailable,
         "not enough memory on {}: {} are needed ({} for the arena, {} of workspace, {} to stage data), {} of {} are "
         "free; end what else uses the device, compile with a smaller batch or agonc --memory, or take --device cpu",
         session.gpu.text(), bytesText(needed), bytesText(bytes), bytesText(workspace), bytesText(staging),
         bytesText(available), bytesText(total));
}

std::byte *CudaDevice::allocate(uint64_t bytes) {
  const Driver &driver = session.driver;
  judgeMemory(bytes);
  CuPointer memory = 0;
  driver.check(driver.cuMemAlloc_v2(&memory, bytes), "cuMemAlloc");
  kernels.allocate();
  driver.check(driver.cuMemsetD8Async(memory, 0, bytes, session.compute), "cuMemsetD8Async");
  auto *place = reinterpret_cast<std::byte *>(uintptr_t(memory));
  if (bytes < model.arena_bytes)
    return place;
  recorder.reserve(uploadsOf(model));
  for (const agon_constant &constant : std::span(model.constants, model.num_constants))
    upload(place + constant.offset, static_cast<const std::byte *>(constant.data), constant.bytes);
  return place;
}

void CudaDevice::upload(std::byte *to, const std::byte *from, uint64_t bytes) {
  throwFailed();
  if (recorder.isOpen())
    return recorder.upload(pointer(to), from, bytes);
  const Driver &driver = session.driver;
  bool small = bytes <= smallUpload;
  if (small && outboxUsed + bytes > outboxBytes) {
    driver.check(driver.cuStreamSynchronize(session.compute), "cuStreamSynchronize");
    outboxUsed = 0;
  }
  if (small) {
    std::memcpy(outbox.at(outboxUsed), from, bytes);
    from = outbox.at(outboxUsed);
    outboxUsed += bytes;
  }
  driver.check(driver.cuMemcpyHtoDAsync_v2(pointer(to), from, bytes, session.compute), "cuMemcpyHtoDAsync");
  if (!small)
    driver.check(driver.cuStreamSynchronize(session.compute), "cuStreamSynchronize");
}

void CudaDevice::expand(const agon_launch &how, std::byte *to, const std::byte *from, uint64_t bytes,
                        const std::byte *numbers) {
  throwFailed();
  if (recorder.isOpen())
    return recorder.expand(how, pointer(to), from, bytes, pointer(numbers));
  CuPointer staged = recorder.passing(bytes);
  upload(reinterpret_cast<std::byte *>(uintptr_t(staged)), from, bytes);
  kernels.find(how);
  kernels.expand(how, pointer(to), staged, pointer(numbers));
}

void CudaDevice::download(std::byte *to, const std::byte *from, uint64_t bytes) {
  throwFailed();
  if (recorder.isOpen())
    fail(ExitCode::Internal, "the device is asked for bytes within a list of calls");
  const Driver &driver = session.driver;
  driver.check(driver.cuMemcpyDtoHAsync_v2(to, pointer(from), bytes, session.compute), "cuMemcpyDtoHAsync");
  driver.check(driver.cuStreamSynchronize(session.compute), "cuStreamSynchronize");
}

void CudaDevice::judge(std::span<Piece> pieces) {
  // Large pieces are looked at by several blocks.
  constexpr uint64_t most = 1u << 16;
  const uint64_t width = dtypeBytes(model.real);
  std::vector<agon_run> runs;
  std::vector<size_t> pieceOf;
  for (size_t i = 0; i < pieces.size(); ++i)
    for (uint64_t first = 0; first < pieces[i].count; first += most) {
      runs.push_back({pointer(pieces[i].numbers) + first * width, std::min(most, pieces[i].count - first)});
      pieceOf.push_back(i);
    }
  std::vector<int32_t> found(runs.size());
  uint64_t runBytes = runs.size() * sizeof(agon_run), foundBytes = found.size() * sizeof(int32_t);
  judged.grow(runBytes + foundBytes);
  auto place = [&](uint64_t offset) { return reinterpret_cast<std::byte *>(uintptr_t(judged.at(offset))); };
  upload(place(0), reinterpret_cast<const std::byte *>(runs.data()), runBytes);
  session.driver.check(session.driver.cuMemsetD8Async(judged.at(runBytes), 0, foundBytes, session.compute),
                       "cuMemsetD8Async");
  kernels.findNotFinite(*model.not_finite, runs.size(), judged.at(), judged.at(runBytes));
  download(reinterpret_cast<std::byte *>(found.data()), place(runBytes), foundBytes);
  for (size_t i = 0; i < runs.size(); ++i)
    pieces[pieceOf[i]].wrong |= found[i] != 0;
}

void CudaDevice::wait() {
  throwFailed();
  session.driver.check(session.driver.cuStreamSynchronize(session.compute), "cuStreamSynchronize");
  marksAreOver = true;
}

int64_t CudaDevice::mark() {
  if (std::exchange(marksAreOver, false)) {
    marked = 0;
    firstMark = nanoseconds();
  }
  if (marked == marks.size())
    marks.emplace_back(session, true);
  marks[marked].record(session.compute);
  return int64_t(marked++);
}

/// The first mark since a `wait` is made when the device has nothing else to do, so it is when the host made it.
int64_t CudaDevice::timeOf(int64_t mark) const {
  return firstMark + std::llround(1e6 * marks[size_t(mark)].milliseconds(marks.front()));
}

Device CudaDevice::describe() {
  return {
      .name = name.c_str(),
      .space = AGON_SPACE_DEVICE,
      .threads = 1,
      .self = this,
      .supports = [](void *self, const char *feature) { return of(self).host->supports(of(self).host->self, feature); },
      .allocate = [](void *self, uint64_t bytes) { return of(self).allocate(bytes); },
      .release = [](void *self, std::byte *memory) { of(self).session.driver.cuMemFree_v2(pointer(memory)); },
      .upload = [](void *self, std::byte *to, const std::byte *from,
                   uint64_t bytes) { of(self).upload(to, from, bytes); },
      .download = [](void *self, std::byte *to, const std::byte *from,
                     uint64_t bytes) { of(self).download(to, from, bytes); },
      .copy =
          [](void *self, void *to, const void *from, uint64_t bytes) {
            CudaDevice &device = of(self);
            device.note([&] {
              const Driver &driver = device.session.driver;
              if (device.recorder.isOpen())
                return device.recorder.copy(pointer(to), pointer(from), bytes);
              driver.check(driver.cuMemcpyDtoDAsync_v2(pointer(to), pointer(from), bytes, device.session.compute),
                           "cuMemcpyDtoDAsync");
            });
          },
      .launch =
          [](void *self, const agon_launch *how, void *const *args) {
            CudaDevice &device = of(self);
            device.note([&] {
              if (device.recorder.isOpen())
                return device.recorder.launch(*how, args);
              device.kernels.find(*how);
              device.kernels.run(*how, args);
            });
          },
      .mark =
          [](void *self) {
            int64_t number = 0;
            of(self).note([&] { number = of(self).mark(); });
            return number;
          },
      .timeOf = [](void *self, int64_t mark) { return of(self).timeOf(mark); },
      .wait = [](void *self) { of(self).wait(); },
      .expand = [](void *self, const agon_launch &how, std::byte *to, const std::byte *from, uint64_t elements,
                   const std::byte *numbers) { of(self).expand(how, to, from, elements, numbers); },
      .judge = model.not_finite ? +[](void *self, std::span<Piece> pieces) { of(self).judge(pieces); } : nullptr,
      .begin =
          [](void *self, uint64_t list) {
            of(self).throwFailed();
            of(self).recorder.begin(list);
          },
      .fetch = [](void *self, const std::byte *from, uint64_t bytes) { of(self).recorder.fetch(pointer(from), bytes); },
      .end =
          [](void *self, bool happens) {
            if (happens && of(self).failed)
              of(self).recorder.end(false);
            of(self).throwFailed();
            of(self).recorder.end(happens);
          },
      .fetched = [](void *self) { return of(self).recorder.fetched(); }};
}

/// The device, and the table that names it.
struct Opened {
  Opened(const agon_model &model, const Gpu &gpu, std::shared_ptr<const Device> host)
      : device(model, gpu, std::move(host)), table(device.describe()) {}
  CudaDevice device;
  Device table;
};

} // namespace

std::shared_ptr<const Device> agon::rt::cuda::openCuda(const agon_model &table, const Gpu &gpu,
                                                       std::shared_ptr<const Device> host) {
  auto opened = std::make_shared<Opened>(table, gpu, std::move(host));
  return {opened, &opened->table};
}
