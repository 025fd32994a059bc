#include "runtime/data/Mapping.h"

#include "runtime/core/Failure.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::rt;

Mapping::Mapping(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(errno));
  struct stat status;
  void *start = nullptr;
  bool failed = fstat(descriptor, &status) != 0;
  if (!failed && status.st_size > 0) {
    start = mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0);
    failed = start == MAP_FAILED;
  }
  int error = errno;
  close(descriptor);
  if (failed)
    fail(ExitCode::InputOutput, "{}: {}", path, std::strerror(error));
  content = {static_cast<const std::byte *>(start), size_t(status.st_size)};
}

Mapping::~Mapping() {
  if (!content.empty())
    munmap(const_cast<std::byte *>(content.data()), content.size());
}
