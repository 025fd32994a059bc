#include "runtime/io/File.h"

#include "runtime/core/Failure.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::rt;

void agon::rt::writeAll(int descriptor, const void *data, size_t bytes, const std::string &path) {
  auto *at = static_cast<const char *>(data);
  while (bytes > 0) {
    ssize_t written = ::write(descriptor, at, bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
    at += written;
    bytes -= size_t(written);
  }
}

AtomicFile::AtomicFile(std::string name) : path(std::move(name)) {
  struct stat status;
  bool exists = stat(path.c_str(), &status) == 0;
  std::string opened = path;
  if (!exists || S_ISREG(status.st_mode)) {
    std::filesystem::path file(path);
    temporary = (file.parent_path() / fmt::format(".{}.{}.tmp", file.filename().string(), getpid())).string();
    opened = temporary;
  }
  descriptor = open(opened.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    temporary.clear();
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

void AtomicFile::write(const void *data, size_t bytes) { writeAll(descriptor, data, bytes, path); }

void AtomicFile::commit(Durability durability) {
  auto check = [&](bool ok) {
    if (!ok)
      fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
  };
  bool synced = durability == Durability::Synced;
  if (!temporary.empty() && synced)
    check(fsync(descriptor) == 0);
  int result = close(descriptor);
  descriptor = -1;
  check(result == 0);
  if (temporary.empty())
    return;
  check(rename(temporary.c_str(), path.c_str()) == 0);
  temporary.clear();
  if (!synced)
    return;
  // The rename itself must survive a crash; some file systems cannot sync a
  // directory, and then there is nothing more to do.
  std::string parent = std::filesystem::path(path).parent_path().string();
  if (int directory = open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
    (void)fsync(directory);
    close(directory);
  }
}

void agon::rt::writeFile(const std::string &path, std::span<const std::byte> content, Durability durability) {
  AtomicFile file(path);
  file.write(content.data(), content.size());
  file.commit(durability);
}

void agon::rt::writeFile(const std::string &path, std::string_view content, Durability durability) {
  writeFile(path, std::as_bytes(std::span(content.data(), content.size())), durability);
}

std::vector<std::byte> agon::rt::readWholeFile(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0)
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(errno));
  std::vector<std::byte> content(size_t(status.st_size));
  size_t filled = 0;
  while (filled < content.size()) {
    ssize_t got = ::read(descriptor, content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      int error = errno;
      close(descriptor);
      fail(ExitCode::InputOutput, "cannot read {}: {}", path, std::strerror(error));
    }
    if (got == 0)
      break;
    filled += size_t(got);
  }
  close(descriptor);
  content.resize(filled);
  return content;
}

bool agon::rt::fileExists(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

void agon::rt::makeDirectories(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    fail(ExitCode::InputOutput, "cannot create directory {}: {}", path, error.message());
}
