//===- File.h - Writing files whole or not at all ---------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_FILE_H
#define AGON_RUNTIME_IO_FILE_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// Whether a file waits for the disk. What begins a run need not: training
/// would wait with it, and nothing is lost yet.
enum class Durability { Synced, Lazy };

/// A file that appears under its name complete or not at all: written beside
/// it, flushed to the disk (unless Lazy), renamed. What is not a regular file (a device, a
/// pipe) is written directly. Every error throws Failure (InputOutput) and
/// leaves the old file as it was.
class AtomicFile {
public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  void write(const void *data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Makes the file appear; without it the destructor discards what was written.
  void commit(Durability durability = Durability::Synced);

private:
  std::string path, temporary;
  int descriptor = -1;
};

/// All of it at once.
void writeFile(const std::string &path, std::span<const std::byte> content,
               Durability durability = Durability::Synced);
void writeFile(const std::string &path, std::string_view content, Durability durability = Durability::Synced);

/// write(2) until done. \throws Failure (InputOutput) naming `path`.
void writeAll(int descriptor, const void *data, size_t bytes, const std::string &path);

/// \throws Failure: NoInput when it cannot be opened, InputOutput.
std::vector<std::byte> readWholeFile(const std::string &path);

bool fileExists(const std::string &path);

/// Creates the directory and its parents. \throws Failure (InputOutput).
void makeDirectories(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_FILE_H
