//===- AsyncCopy.cpp - cp.async -------------------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// cp.async: nothing has arrived before the thread that asked for it has waited.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulator/Device.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include <cstring>
#include <fmt/format.h>

using namespace agon::emulator;

void agon::emulator::completeCopies(Thread &thread, uint32_t newest) {
  auto &copies = thread.copies;
  size_t done = 0;
  for (; done < copies.size() && copies[done].group + newest < thread.group; ++done) {
    const AsyncCopy &copy = copies[done];
    std::memcpy(copy.to, copy.from, copy.sourceBytes);
    std::memset(copy.to + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
    markPending(thread, copy.to, copy.bytes, false);
  }
  copies.erase(copies.begin(), copies.begin() + static_cast<std::ptrdiff_t>(done));
}

void agon_emu_copy_async(void *to, const void *from, uint32_t bytes, uint32_t sourceBytes, uint32_t checked,
                         const char *place) {
  Thread &thread = *current;
  if (sourceBytes > bytes)
    fault(fmt::format("cp.async of {} bytes from {} bytes", bytes, sourceBytes), place);
  bool look = checked && launch.checked;
  if (look && sourceBytes && !check(thread, from, sourceBytes, bytes, Access::Read, false, place))
    stop();
  if (look && !check(thread, to, bytes, bytes, Access::Write, true, place))
    stop();
  if (look) {
    std::memset(to, 0xff, bytes);
    markPending(thread, to, bytes, true);
  }
  thread.copies.push_back({static_cast<char *>(to), static_cast<const char *>(from), bytes, sourceBytes, thread.group});
}

void agon_emu_commit_copies() { ++current->group; }

void agon_emu_wait_copies(uint32_t newest) { completeCopies(*current, newest); }

void agon_emu_wait_all_copies() {
  ++current->group;
  completeCopies(*current, 0);
}
