#include "runtime/cpu/Arena.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"

#include <sys/mman.h>

using namespace agon::rt;

Arena::Arena(uint64_t bytes) : bytes(bytes) {
  if (uint64_t available = availableMemory(); bytes > available)
    fail(ExitCode::Unavailable, "the model needs {} of memory, {} are there", bytesText(bytes), bytesText(available));
  constexpr uint64_t hugePage = uint64_t(2) << 20;
  mappingBytes = (bytes + hugePage - 1) / hugePage * hugePage + hugePage;
  mapping = mmap(nullptr, mappingBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED || mappingBytes < bytes) {
    mapping = nullptr;
    fail(ExitCode::Unavailable, "the model needs {} of memory, which the system refused", bytesText(bytes));
  }
  auto address = reinterpret_cast<uintptr_t>(mapping);
  address = (address + hugePage - 1) / hugePage * hugePage;
  base = reinterpret_cast<std::byte *>(address);
  // Advice only: without huge pages everything still works.
  if (bytes >= hugePage)
    (void)madvise(base, mappingBytes - hugePage, MADV_HUGEPAGE);
}

Arena::~Arena() {
  if (mapping)
    munmap(mapping, mappingBytes);
}
