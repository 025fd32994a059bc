//===- AtomicFile.h - Files that appear whole or not at all -----*- C++ -*-===//
#ifndef AGON_SUPPORT_ATOMICFILE_H
#define AGON_SUPPORT_ATOMICFILE_H

#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <vector>

namespace agon::support {

/// A file that appears under its name complete or not at all: written beside
/// it under a name of its own, then renamed. Symbolic links are followed to their target;
/// what is no regular file (a device, a pipe) is written in place. Every error
/// leaves the old file as it was. While it is written it is locked (flock), so that one whose
/// writer was killed is known.
class AtomicFile {
public:
  AtomicFile() = default;
  /// Discards what was not committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;

  /// \param access of a new file, less the umask. An existing one keeps its own, and becomes
  /// executable for its readers where `access` says so.
  std::error_code open(const std::string &path, mode_t access = 0666);
  /// Writes all of it.
  std::error_code write(const void *data, size_t bytes);
  /// Makes the file appear. \param synced waits until it would survive a crash of the machine.
  std::error_code commit(bool synced);

  /// What is written now; empty when there is nothing to remove.
  const std::string &temporaryPath() const { return temporary; }

private:
  std::error_code create(mode_t access);

  std::string target, temporary;
  int descriptor = -1;
};

/// write(2) until done.
std::error_code writeAll(int descriptor, const void *data, size_t bytes);

/// The file that writing to `path` would replace: `path` with its symbolic links followed. Empty for
/// what is written in place.
std::string replacedFile(const std::string &path);

/// The name that an unfinished file called `entry` was to get; empty when `entry` is no name of one.
std::string_view nameOfUnfinished(std::string_view entry);

/// The names of a directory's entries; none if it cannot be read. \throws std::bad_alloc, where the iterators of the
/// C++ library end the program.
std::vector<std::string> namesIn(const std::string &directory);

/// Removes what killed writers of `path` have left beside it.
void removeAbandoned(const std::string &path);

} // namespace agon::support

#endif // AGON_SUPPORT_ATOMICFILE_H
