#include "runtime/io/File.h"

#include "runtime/core/Failure.h"
#include "support/InputFile.h"

#include <cstring>
#include <filesystem>
#include <sys/stat.h>

using namespace agon::rt;

/// Throws what a writer has to complain of.
static void check(const std::error_code &error, const std::string &path) {
  if (error)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, error.message());
}

AtomicFile::AtomicFile(std::string name) : path(std::move(name)) { check(file.open(path), path); }

void AtomicFile::write(const void *data, size_t bytes) { check(file.write(data, bytes), path); }

void AtomicFile::commit(Durability durability) { check(file.commit(durability == Durability::Synced), path); }

void agon::rt::writeFile(const std::string &path, std::span<const std::byte> content, Durability durability) {
  AtomicFile file(path);
  file.write(content.data(), content.size());
  file.commit(durability);
}

void agon::rt::writeFile(const std::string &path, std::string_view content, Durability durability) {
  writeFile(path, std::as_bytes(std::span(content.data(), content.size())), durability);
}

std::string agon::rt::readWholeFile(const std::string &path, uint64_t limit) {
  support::InputFile file(path);
  if (file.error())
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(file.error()));
  if (!file.isRegular())
    fail(ExitCode::BadData, "{} is a device or a pipe, expected a file", path);
  if (file.size() > limit)
    fail(ExitCode::BadData, "{} has {} bytes, expected at most {}", path, file.size(), limit);
  std::string content(size_t(file.size()), '\0');
  content.resize(file.read(content.data(), content.size()));
  if (file.error())
    fail(ExitCode::InputOutput, "cannot read {}: {}", path, std::strerror(file.error()));
  return content;
}

bool agon::rt::fileExists(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

bool agon::rt::isRegularFile(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

void agon::rt::makeDirectories(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    fail(ExitCode::InputOutput, "cannot create directory {}: {}", path, error.message());
}
