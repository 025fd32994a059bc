#include "runtime/data/Bytes.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace agon::rt;

static void *allocateMemory(size_t bytes) {
  constexpr size_t hugePage = size_t(2) << 20;
  void *block = std::aligned_alloc(hugePage, (bytes + hugePage - 1) / hugePage * hugePage);
  if (!block)
    throw std::bad_alloc();
  (void)madvise(block, bytes, MADV_HUGEPAGE); // advice only
  return block;
}

void *BlockStore::allocate(size_t bytes) const {
  if (!isOnDisk())
    return allocateMemory(bytes);
  // Not every file system has files without names (O_TMPFILE).
  std::string name = folder + "/agon-data-XXXXXX";
  int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot write into {}: {}", folder, std::strerror(errno));
  unlink(name.c_str());
  // All of it is reserved: a page that found no room later would end the program.
  int error = posix_fallocate(descriptor, 0, off_t(bytes));
  void *block = error ? nullptr : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (block == MAP_FAILED)
    error = errno;
  close(descriptor);
  if (error)
    fail(ExitCode::InputOutput, "cannot keep {} of data in {}: {}", bytesText(bytes), folder, std::strerror(error));
  return block;
}

void BlockStore::release(void *block, size_t bytes) const {
  if (isOnDisk())
    munmap(block, bytes);
  else
    std::free(block);
}
