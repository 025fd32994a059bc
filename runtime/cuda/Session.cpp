#include "runtime/cuda/Session.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cstring>
#include <utility>

using namespace agon::rt;
using namespace agon::rt::cuda;

static const Driver &driverOf(const Gpu &) {
  std::string why;
  const Driver *driver = findDriver(why);
  if (!driver)
    fail(ExitCode::Unavailable, "{}", why);
  return *driver;
}

Session::Session(const Gpu &gpu) : gpu(gpu), driver(driverOf(gpu)) {
  driver.check(driver.cuDeviceGet(&device, gpu.number), "cuDeviceGet");
  CuContext context = nullptr;
  driver.check(driver.cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  driver.check(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
  driver.check(driver.cuStreamCreate(&compute, nonBlockingStream), "cuStreamCreate");
  driver.check(driver.cuStreamCreate(&copies, nonBlockingStream), "cuStreamCreate");
}

Session::~Session() {
  // What fails now has been told before, or matters to nobody.
  driver.cuStreamDestroy_v2(copies);
  driver.cuStreamDestroy_v2(compute);
  driver.cuDevicePrimaryCtxRelease_v2(device);
}

Event::Event(const Session &session, bool timed) : session(session) {
  session.driver.check(session.driver.cuEventCreate(&event, timed ? 0 : untimedEvent), "cuEventCreate");
}

Event::~Event() { session.driver.cuEventDestroy_v2(event); }

void Event::record(CuStream stream) {
  session.driver.check(session.driver.cuEventRecord(event, stream), "cuEventRecord");
  recorded = true;
}

void Event::wait() const {
  if (recorded)
    session.driver.check(session.driver.cuEventSynchronize(event), "cuEventSynchronize");
}

void Event::holdBack(CuStream stream) const {
  if (recorded)
    session.driver.check(session.driver.cuStreamWaitEvent(stream, event, 0), "cuStreamWaitEvent");
}

double Event::milliseconds(const Event &before) const {
  float time = 0;
  session.driver.check(session.driver.cuEventElapsedTime(&time, before.event, event), "cuEventElapsedTime");
  return time;
}

DeviceMemory::~DeviceMemory() {
  if (memory)
    session.driver.cuMemFree_v2(memory);
}

bool DeviceMemory::grow(uint64_t bytes) {
  if (bytes <= held)
    return false;
  const Driver &driver = session.driver;
  if (memory) {
    driver.check(driver.cuStreamSynchronize(session.copies), "cuStreamSynchronize");
    driver.check(driver.cuStreamSynchronize(session.compute), "cuStreamSynchronize");
    driver.check(driver.cuMemFree_v2(std::exchange(memory, 0)), "cuMemFree");
    held = 0;
  }
  session.generation += inRecords;
  driver.check(driver.cuMemAlloc_v2(&memory, bytes), "cuMemAlloc");
  held = bytes;
  return true;
}

PinnedMemory::~PinnedMemory() {
  if (memory)
    session.driver.cuMemFreeHost(memory);
}

void PinnedMemory::grow(uint64_t bytes) {
  if (bytes <= held)
    return;
  bytes = std::max(bytes, 2 * held);
  void *larger = nullptr;
  session.driver.check(session.driver.cuMemAllocHost_v2(&larger, bytes), "cuMemAllocHost");
  if (memory) {
    std::memcpy(larger, memory, held);
    session.driver.cuMemFreeHost(memory);
  }
  memory = static_cast<std::byte *>(larger);
  held = bytes;
}
