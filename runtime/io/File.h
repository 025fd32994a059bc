//===- File.h - Reading and writing a run's files ---------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_FILE_H
#define AGON_RUNTIME_IO_FILE_H

#include "support/AtomicFile.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// Whether a file waits for the disk. What begins a run need not: training
/// would wait with it, and nothing is lost yet.
enum class Durability { Synced, Lazy };

/// support::AtomicFile, whose errors throw Failure (InputOutput).
class AtomicFile {
public:
  explicit AtomicFile(std::string path);

  void write(const void *data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Makes the file appear; without it the destructor discards what was written.
  void commit(Durability durability = Durability::Synced);

private:
  std::string path;
  support::AtomicFile file;
};

/// All of it at once.
void writeFile(const std::string &path, std::span<const std::byte> content, Durability durability = Durability::Synced);
void writeFile(const std::string &path, std::string_view content, Durability durability = Durability::Synced);

/// The content of a regular file. \throws Failure: NoInput when it cannot be opened, BadData when
/// it is none or larger than `limit`, InputOutput.
std::string readWholeFile(const std::string &path, uint64_t limit);

bool fileExists(const std::string &path);
bool isRegularFile(const std::string &path);

using support::namesIn;

/// Creates the directory and its parents. \throws Failure (InputOutput).
void makeDirectories(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_FILE_H
