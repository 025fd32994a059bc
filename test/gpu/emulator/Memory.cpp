//===- Memory.cpp - The checks of memory ----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The checks of memory: bounds, alignment, races by a shadow of each word, shared memory that nobody has written.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include "test/gpu/emulator/Shadow.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <mutex>

using namespace agon::emulator;

namespace {

struct Range {
  uintptr_t begin, end;
  std::string name;
  bool writable;
  std::vector<Page *> pages;
};

std::mutex rangesLock;
std::vector<Range> registered;
/// The ranges of the running launch, in order: what is registered and the variables of the kernel's library.
std::vector<Range> ranges;
size_t lastRange = 0;
std::vector<std::unique_ptr<Page>> allPages;
std::vector<Page *> freePages;

bool insert(std::vector<Range> &into, uintptr_t begin, size_t bytes, const char *name, bool writable) {
  auto at = std::upper_bound(into.begin(), into.end(), begin, [](uintptr_t a, const Range &b) { return a < b.begin; });
  if (bytes == 0 || (at != into.end() && at->begin < begin + bytes) || (at != into.begin() && (at - 1)->end > begin))
    return false;
  into.insert(at, {begin, begin + bytes, name ? name : "memory", writable, {}});
  return true;
}

Page *takePage() {
  if (freePages.empty()) {
    allPages.push_back(std::make_unique<Page>());
    return allPages.back().get();
  }
  Page *page = freePages.back();
  freePages.pop_back();
  for (Record &each : page->words)
    each = {};
  return page;
}

/// The range with `address`, or the one before it; null if there is none.
Range *rangeOf(uintptr_t address) {
  if (lastRange < ranges.size() && ranges[lastRange].begin <= address && address < ranges[lastRange].end)
    return &ranges[lastRange];
  auto at =
      std::upper_bound(ranges.begin(), ranges.end(), address, [](uintptr_t a, const Range &b) { return a < b.begin; });
  if (at == ranges.begin())
    return nullptr;
  lastRange = static_cast<size_t>(at - ranges.begin()) - 1;
  return &ranges[lastRange];
}

/// One access being checked.
struct Checked {
  const Thread &thread;
  Access access;
  bool shared;
  uintptr_t address;
  uint64_t bytes;
  const char *place;
  /// "a" or the shared variable, and the byte in it.
  const char *name = nullptr;
  uint64_t offset = 0;

  bool fail(const std::string &what) const {
    static const char *const verbs[] = {"reads", "writes", "reads atomically", "updates atomically"};
    std::string at = !name ? fmt::format("at address {:#x}", address)
                           : fmt::format("at byte {} of {}'{}'", offset, shared ? "shared " : "", name);
    noteFault(fmt::format("{} {} bytes {}: {}", verbs[static_cast<int>(access)], bytes, at, what), thread, place);
    return false;
  }
};

/// Whether `stamp` is of nobody else, or of before.
bool ordered(const Checked &now, const Stamp &stamp) {
  if (stamp.epoch == 0)
    return true;
  if (stamp.block != block->serial)
    return now.shared || knowsOfBlock(stamp.block, stamp.epoch, stamp.thread, stamp.clock);
  return stamp.thread == now.thread.index || stamp.epoch < block->epoch || knows(now.thread, stamp.thread, stamp.clock);
}

bool race(const Checked &now, const Stamp &other, const char *did) {
  std::string where;
  if (other.block != block->serial)
    where = fmt::format(" of block {}", blockText(other.block - launch.firstSerial));
  const uint32_t *size = launch.block;
  std::string thread =
      triple(other.thread % size[0], other.thread / size[0] % size[1], other.thread / size[0] / size[1]);
  return now.fail(fmt::format("race: thread {}{} {} it, and no barrier is between", thread, where, did));
}

void noteRead(const Checked &now, Record &record, const Stamp &stamp) {
  Stamp *reads = record.reads;
  if (reads[1].thread == stamp.thread && reads[1].epoch && reads[1].block == stamp.block)
    reads[1] = stamp;
  else if (ordered(now, reads[0]))
    reads[0] = stamp;
  else
    reads[1] = stamp;
}

bool checkRecord(const Checked &now, Record &record) {
  const Stamp &write = record.write;
  bool written = write.epoch && (!now.shared || write.block == block->serial);
  if (now.access != Access::Write && now.shared && !written)
    return now.fail("nobody has written it: shared memory is not initialised");
  if (written && write.pending)
    return now.fail("a cp.async brings it, and has not been waited for");
  bool atomic = now.access >= Access::AtomicRead;
  if (!(atomic && write.atomic) && !ordered(now, write))
    return race(now, write, write.atomic ? "updates" : "writes");
  Stamp stamp{block->epoch, now.thread.clock, block->serial, static_cast<uint16_t>(now.thread.index), atomic, false};
  if (now.access == Access::Read || now.access == Access::AtomicRead) {
    noteRead(now, record, stamp);
    return true;
  }
  for (const Stamp &read : record.reads)
    if (!(atomic && read.atomic) && !ordered(now, read))
      return race(now, read, "reads");
  record.write = stamp;
  record.reads[0] = record.reads[1] = {};
  return true;
}

/// Calls `visit` with the records of the bytes from `offset` of the memory with these pages.
template <typename Pages, typename Visit>
bool visitRecords(Pages pageAt, uintptr_t offset, uint64_t bytes, Visit visit) {
  for (uintptr_t end = offset + bytes; offset < end;) {
    Page &page = pageAt(offset / pageBytes);
    uintptr_t inPage = offset % pageBytes, word = inPage / 4;
    uintptr_t next = std::min(end, (offset / 4 + 1) * 4);
    Record &record = page.words[word];
    if (!record.split && next - offset < 4) {
      if (!page.bytes)
        page.bytes = std::make_unique<Record[]>(pageBytes);
      for (unsigned i = 0; i < 4; ++i)
        page.bytes[word * 4 + i] = record;
      record.split = true;
    }
    if (!record.split) {
      if (!visit(record))
        return false;
    } else {
      for (uintptr_t i = inPage; i < inPage + (next - offset); ++i)
        if (!visit(page.bytes[i]))
          return false;
    }
    offset = next;
  }
  return true;
}

Page &sharedPage(uintptr_t index) {
  std::unique_ptr<Page> &page = block->sharedPages[index];
  if (!page)
    page = std::make_unique<Page>();
  return *page;
}

bool isShared(uintptr_t address) { return address - reinterpret_cast<uintptr_t>(block->shared) < sharedBufferBytes; }

bool checkShared(Checked &now) {
  uint64_t offset = now.address - reinterpret_cast<uintptr_t>(block->shared);
  const AgonEmulatedKernel &kernel = *launch.kernel;
  uint64_t size = 0;
  bool found = false;
  auto take = [&](const char *name, uint64_t place, uint64_t bytes) {
    if (offset >= place && (!found || place > offset - now.offset)) {
      now.name = name;
      now.offset = offset - place;
      size = bytes;
      found = true;
    }
  };
  for (uint32_t i = 0; i < kernel.sharedCount; ++i)
    take(kernel.shared[i].name, kernel.shared[i].place, kernel.shared[i].bytes);
  if (launch.dynamicShared || !found)
    take("dynamic", kernel.dynamicOffset, launch.dynamicShared);
  if (!isShared(now.address) || !found)
    return now.fail("out of bounds: it is not in shared memory");
  if (now.offset + now.bytes > size)
    return now.fail(fmt::format("out of bounds: it has {} bytes", size));
  return visitRecords(sharedPage, offset, now.bytes, [&](Record &record) { return checkRecord(now, record); });
}

bool isLocal(const Thread &thread, uintptr_t address) {
  return address - reinterpret_cast<uintptr_t>(thread.stack) < stackBytes;
}

bool checkGlobal(Checked &now) {
  Range *range = rangeOf(now.address);
  if (!range)
    return now.fail("out of bounds: it is no memory of the device");
  now.offset = now.address - range->begin;
  if (now.address + now.bytes > range->end) {
    if (now.address - range->begin < 2 * (range->end - range->begin) + pageBytes)
      now.name = range->name.c_str();
    return now.fail(!now.name ? "out of bounds: it is no memory of the device"
                              : fmt::format("out of bounds: it has {} bytes", range->end - range->begin));
  }
  now.name = range->name.c_str();
  if ((now.access == Access::Write || now.access == Access::Atomic) && !range->writable)
    return now.fail("it is constant");
  uintptr_t base = range->begin & ~(pageBytes - 1);
  auto page = [&](uintptr_t index) -> Page & {
    Page *&entry = range->pages[index];
    if (!entry)
      entry = takePage();
    return *entry;
  };
  return visitRecords(page, now.address - base, now.bytes, [&](Record &record) { return checkRecord(now, record); });
}

} // namespace

int agon_emulator_register(const void *address, size_t bytes, const char *name) {
  std::lock_guard lock(rangesLock);
  return insert(registered, reinterpret_cast<uintptr_t>(address), bytes, name, true) ? 0 : 1;
}

int agon_emulator_unregister(const void *address) {
  std::lock_guard lock(rangesLock);
  auto begin = reinterpret_cast<uintptr_t>(address);
  auto at = std::find_if(registered.begin(), registered.end(), [&](const Range &each) { return each.begin == begin; });
  if (at == registered.end())
    return 1;
  registered.erase(at);
  return 0;
}

void agon::emulator::beginLaunchMemory() {
  std::lock_guard lock(rangesLock);
  ranges = registered;
  for (uint64_t i = 0; i < launch.kernel->globalCount; ++i) {
    const AgonEmulatedVariable &each = launch.kernel->globals[i];
    insert(ranges, each.place, each.bytes, each.name, each.writable != 0);
  }
  for (Range &each : ranges)
    each.pages.assign((each.end - 1) / pageBytes - each.begin / pageBytes + 1, nullptr);
  lastRange = 0;
}

void agon::emulator::endLaunchMemory() {
  forgetAtomics();
  for (Range &range : ranges)
    for (Page *page : range.pages)
      if (page)
        freePages.push_back(page);
  ranges.clear();
}

bool agon::emulator::check(const Thread &thread, const void *address, uint64_t bytes, uint64_t alignment, Access access,
                           bool isSharedAccess, const char *place) {
  auto number = reinterpret_cast<uintptr_t>(address);
  Checked now{thread, access, isSharedAccess || isShared(number), number, bytes, place, nullptr, 0};
  if (bytes == 0 || (!now.shared && isLocal(thread, number)))
    return true;
  if (!(now.shared ? checkShared(now) : checkGlobal(now)))
    return false;
  if (number % alignment != 0)
    return now.fail(fmt::format("misaligned: its address is no multiple of {}", alignment));
  return true;
}

void agon::emulator::markPending(const Thread &thread, const void *address, uint64_t bytes, bool pending) {
  auto offset = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(block->shared);
  if (offset >= sharedBufferBytes)
    return;
  visitRecords(sharedPage, offset, bytes, [&](Record &record) {
    record.write = {block->epoch, thread.clock, block->serial, static_cast<uint16_t>(thread.index), false, pending};
    return true;
  });
}

void agon_emu_check(const void *address, uint64_t bytes, uint64_t alignment, uint32_t access, uint32_t sharedAccess,
                    const char *place) {
  if (!launch.checked)
    return;
  if (!check(*current, address, bytes, alignment, static_cast<Access>(access), sharedAccess != 0, place))
    stop();
}
