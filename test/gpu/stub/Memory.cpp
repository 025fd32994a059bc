#include "test/gpu/stub/Stub.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

using namespace agon::stub;

namespace {

std::map<CuPointer, size_t> device;
std::map<uintptr_t, size_t> pinned;
int opened = 0;
int allocations = 0;

template <typename Map> bool contains(const Map &map, uintptr_t place, size_t bytes) {
  auto after = map.upper_bound(place);
  if (after == map.begin())
    return false;
  auto piece = std::prev(after);
  return place - piece->first <= piece->second && bytes <= piece->second - (place - piece->first);
}

void protect(int protection) {
  for (auto [memory, bytes] : device)
    mprotect(address(memory), bytes, protection);
}

/// What nobody has written yet.
constexpr int unwritten = 0xcd;

} // namespace

size_t agon::stub::bytesInAll() { return size_t(setting("AGON_STUB_MEMORY", int64_t(1) << 30)); }

size_t agon::stub::bytesInUse() {
  size_t bytes = 0;
  for (const auto &piece : device)
    bytes += piece.second;
  return bytes;
}

bool agon::stub::isDevice(CuPointer place, size_t bytes) { return contains(device, uintptr_t(place), bytes); }
bool agon::stub::isPinned(const void *place, size_t bytes) {
  return contains(pinned, reinterpret_cast<uintptr_t>(place), bytes);
}

CuResult agon::stub::allocate(size_t bytes, CuPointer &memory) {
  if (bytes == 0)
    return invalidValue;
  if (bytes > bytesInAll() - bytesInUse())
    return result::outOfMemory;
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return result::outOfMemory;
  std::memset(mapped, unwritten, bytes);
  if (!opened)
    mprotect(mapped, bytes, PROT_NONE);
  memory = CuPointer(reinterpret_cast<uintptr_t>(mapped));
  device[memory] = bytes;
  agon_emulator_register(mapped, bytes, fmt::format("allocation {}", ++allocations).c_str());
  return result::success;
}

CuResult agon::stub::release(CuPointer memory) {
  auto piece = device.find(memory);
  if (piece == device.end())
    return invalidValue;
  agon_emulator_unregister(address(memory));
  munmap(address(memory), piece->second);
  device.erase(piece);
  return result::success;
}

CuResult agon::stub::allocatePinned(size_t bytes, void *&memory) {
  memory = std::malloc(bytes);
  if (!memory || bytes == 0)
    return invalidValue;
  std::memset(memory, unwritten, bytes);
  pinned[reinterpret_cast<uintptr_t>(memory)] = bytes;
  return result::success;
}

CuResult agon::stub::releasePinned(void *memory) {
  if (!pinned.erase(reinterpret_cast<uintptr_t>(memory)))
    return invalidValue;
  std::free(memory);
  return result::success;
}

Opened::Opened() {
  if (opened++ == 0)
    protect(PROT_READ | PROT_WRITE);
}

Opened::~Opened() {
  if (--opened == 0)
    protect(PROT_NONE);
}
