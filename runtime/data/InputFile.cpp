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

static constexpr unsigned char gzipMagic[] = {0x1f, 0x8b};

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
  isPacked = fill() && stream.avail_in >= 2 && buffer[0] == gzipMagic[0] && buffer[1] == gzipMagic[1];
  if (isPacked && inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
    fail(ExitCode::Unavailable, "out of memory while reading {}", path);
}

InputFile::~InputFile() {
  if (isPacked)
    inflateEnd(&stream);
  close(descriptor);
}

bool InputFile::fill() {
  if (stream.avail_in > 0)
    return true;
  ssize_t got;
  do
    got = read(descriptor, buffer.data(), buffer.size());
  while (got < 0 && errno == EINTR);
  if (got < 0)
    fail(ExitCode::InputOutput, "{}: {}", path, std::strerror(errno));
  consumed += size_t(got);
  stream.next_in = buffer.data();
  stream.avail_in = uInt(got);
  return got > 0;
}

bool InputFile::findMember() {
  if (inMember)
    return true;
  // Some programs fill a file up with zeros, which gzip takes for no data either.
  for (; fill(); ++stream.next_in, --stream.avail_in)
    if (*stream.next_in != 0) {
      if (*stream.next_in != gzipMagic[0])
        fail(ExitCode::BadData,
             "{}: from byte {} on there is something else behind the gzip data; cut it off, or pack the file again",
             path, consumed - stream.avail_in);
      inflateReset(&stream);
      return inMember = true;
    }
  return false;
}

size_t InputFile::unpack(std::byte *to, size_t size) {
  if (!fill())
    fail(ExitCode::BadData, "{}: the gzip data ends early", path);
  auto room = uInt(std::min<size_t>(size, 1u << 30));
  stream.next_out = reinterpret_cast<Bytef *>(to);
  stream.avail_out = room;
  int code = inflate(&stream, Z_NO_FLUSH);
  if (code == Z_MEM_ERROR)
    fail(ExitCode::Unavailable, "out of memory while reading {}", path);
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
    fail(ExitCode::BadData, "{}: the gzip data is corrupt", path);
  inMember = code != Z_STREAM_END;
  return room - stream.avail_out;
}

void InputFile::readTo(Bytes &content, size_t size) {
  size_t filled = content.size();
  if (ended() || size <= filled)
    return;
  content.resize(size);
  while (filled < size && (isPacked ? findMember() : fill())) {
    std::byte *to = content.data() + filled;
    if (isPacked) {
      filled += unpack(to, size - filled);
      continue;
    }
    size_t count = std::min<size_t>(size - filled, stream.avail_in);
    std::memcpy(to, stream.next_in, count);
    stream.next_in += count;
    stream.avail_in -= uInt(count);
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
