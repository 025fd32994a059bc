#include "runtime/data/InputFile.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
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

InputFile::InputFile(const std::string &path, size_t ahead) : path(path) {
  // Without waiting for someone to write into a pipe.
  descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
  // Pictures are many small files.
  allBytes = size_t(status.st_size);
  buffer.resize(std::clamp<size_t>(allBytes, 512, std::max<size_t>(ahead, 512)));
  try {
    fill();
    unpacking = unpackingFor(left);
  } catch (...) {
    close(descriptor);
    throw;
  }
}

InputFile::~InputFile() { close(descriptor); }

bool InputFile::fill() {
  if (!left.empty())
    return true;
  ssize_t got;
  do
    got = read(descriptor, buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  if (got < 0)
    fail(ExitCode::InputOutput, "{}: {}", path, std::strerror(errno));
  consumed += size_t(got);
  left = Unpacking::Bytes(buffer).first(size_t(got));
  return got > 0;
}

bool InputFile::findMember() {
  if (inMember)
    return true;
  // Some programs fill a file up with zeros, which gzip takes for no data either.
  for (; fill(); left = left.subspan(1))
    if (left[0] != 0) {
      if (!unpacking->begins(left[0]))
        fail(ExitCode::BadData,
             "{}: from byte {} on there is something else behind the {} data; cut it off, or pack the file again", path,
             consumed - left.size(), unpacking->name());
      return inMember = true;
    }
  return false;
}

size_t InputFile::unpack(std::byte *to, size_t size) {
  if (!fill())
    fail(ExitCode::BadData, "{}: the {} data ends early", path, unpacking->name());
  std::span<std::byte> room(to, size);
  Unpacking::State state = unpacking->unpack(left, room);
  if (state == Unpacking::State::NoMemory)
    fail(ExitCode::Unavailable, "{}: to unpack its {} data takes too much memory", path, unpacking->name());
  if (state == Unpacking::State::Corrupt)
    fail(ExitCode::BadData, "{}: the {} data is corrupt", path, unpacking->name());
  inMember = state == Unpacking::State::Within;
  return size - room.size();
}

void InputFile::readTo(Bytes &content, size_t size) {
  size_t filled = content.size();
  if (ended() || size <= filled)
    return;
  content.resize(size);
  while (filled < size && (packed() ? findMember() : fill())) {
    std::byte *to = content.data() + filled;
    if (packed()) {
      filled += unpack(to, size - filled);
      continue;
    }
    size_t count = std::min(size - filled, left.size());
    std::memcpy(to, left.data(), count);
    left = left.subspan(count);
    filled += count;
  }
  content.resize(filled);
  isEnded = filled < size;
}

void InputFile::requireMemory(const Bytes &content, size_t bytes) const {
  constexpr size_t small = size_t(4) << 20;
  if (bytes <= small || isOnDisk(content))
    return;
  if (uint64_t available = availableMemory(); bytes > available)
    fail(ExitCode::Unavailable, "{}: does not fit in memory: {} or more are needed, {} are available; {}", path,
         bytesText(bytes), bytesText(available), cacheAdvice);
}
