//===- MemoryFile.h - A fuzzer's input as a file ----------------*- C++ -*-===//
#ifndef AGON_TEST_FUZZ_MEMORYFILE_H
#define AGON_TEST_FUZZ_MEMORYFILE_H

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace agon::fuzz {

/// A regular file in memory that goes away with the object.
class MemoryFile {
public:
  MemoryFile(const uint8_t *data, size_t size) : descriptor(memfd_create("input", MFD_CLOEXEC)) {
    if (descriptor < 0 || write(descriptor, data, size) != ssize_t(size))
      std::abort();
  }
  ~MemoryFile() { close(descriptor); }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }

private:
  int descriptor;
};

} // namespace agon::fuzz

#endif // AGON_TEST_FUZZ_MEMORYFILE_H
