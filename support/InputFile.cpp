#include "support/InputFile.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::support;

InputFile::InputFile(const std::string &path, bool wait) : wait(wait) {
  descriptor = open(path.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    problem = errno;
    return;
  }
  if (S_ISDIR(status.st_mode))
    problem = EISDIR;
  regular = S_ISREG(status.st_mode);
  pipe = S_ISFIFO(status.st_mode);
  bytes = regular ? uint64_t(status.st_size) : 0;
}

InputFile::~InputFile() {
  if (descriptor >= 0)
    close(descriptor);
}

static void awaitData(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  (void)poll(&waiting, 1, /*timeout=*/-1);
}

size_t InputFile::read(void *data, size_t count) {
  constexpr size_t most = size_t(1) << 30; // Linux reads at most 2 GiB at once
  size_t filled = 0;
  while (filled < count && problem == 0) {
    ssize_t got = ::read(descriptor, static_cast<char *>(data) + filled, std::min(count - filled, most));
    if (got == 0)
      break;
    if (got > 0)
      filled += size_t(got);
    else if (errno == EAGAIN && wait)
      awaitData(descriptor);
    else if (errno != EINTR)
      problem = errno;
  }
  return filled;
}
