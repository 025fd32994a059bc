#include "runtime/data/InputFile.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::rt;

static const char *kindOf(mode_t mode) {
  if (S_ISDIR(mode))
    return "a directory";
  if (S_ISFIFO(mode) || S_ISSOCK(mode))
    return "a pipe";
  return "a device";
}

InputFile::InputFile(const std::string &path) : path(path) {
  // Without waiting for someone to write into a pipe.
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(errno));
  struct stat status;
  if (fstat(descriptor, &status) != 0) {
    int error = errno;
    close(descriptor);
    fail(ExitCode::InputOutput, "{}: {}", path, std::strerror(error));
  }
  // Runs read their data again when they are resumed, and devices need not end.
  if (!S_ISREG(status.st_mode)) {
    close(descriptor);
    fail(ExitCode::NoInput, "{} is {}, expected a data file", path, kindOf(status.st_mode));
  }
  file = gzdopen(descriptor, "rb");
  if (!file) {
    close(descriptor);
    fail(ExitCode::Unavailable, "out of memory while reading {}", path);
  }
  gzbuffer(file, 1 << 18);
}

InputFile::~InputFile() {
  if (file)
    gzclose_r(file);
}

void InputFile::readTo(Bytes &content, size_t size) {
  size_t filled = content.size();
  if (ended() || size <= filled)
    return;
  content.resize(size);
  while (filled < size) {
    int got = gzread(file, content.data() + filled, unsigned(std::min<size_t>(size - filled, 1u << 30)));
    if (got < 0) {
      int code = Z_OK, error = errno;
      gzerror(file, &code);
      fail(code == Z_ERRNO ? ExitCode::InputOutput : ExitCode::BadData, "{}: {}", path,
           code == Z_ERRNO ? std::strerror(error) : "the gzip data is corrupt");
    }
    if (got == 0)
      break;
    filled += size_t(got);
  }
  content.resize(filled);
  if (filled == size)
    return;
  // A gzip file that ends early reads as if it were whole; only closing tells.
  if (gzclose_r(std::exchange(file, nullptr)) != Z_OK)
    fail(ExitCode::BadData, "{}: the gzip data ends early", path);
}

size_t InputFile::availableMemory() {
  size_t available = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  std::ifstream information("/proc/meminfo");
  for (std::string word; information >> word;)
    if (size_t kibibytes; word == "MemAvailable:" && information >> kibibytes)
      return std::min(available, kibibytes << 10);
  return available;
}

void InputFile::requireMemory(size_t bytes) const {
  if (size_t available = availableMemory(); bytes > available)
    fail(ExitCode::Unavailable, "{}: does not fit in memory: {:.1f} GiB or more are needed, {:.1f} GiB are available",
         path, double(bytes) / (1 << 30), double(available) / (1 << 30));
}
