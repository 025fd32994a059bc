//===- Members.h - The files of a folder or an archive ----------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_MEMBERS_H
#define AGON_RUNTIME_DATA_MEMBERS_H

#include "runtime/data/Bytes.h"
#include "runtime/data/Mapping.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// Whether `path` is a folder, or an archive in tar's format, packed or not.
bool holdsMembers(const std::string &path);

/// The files of a folder, with all folders in it, or of an archive, in the order of their names; hidden ones (.name)
/// are the system's and left out. Of files of one name in an archive the last one counts, as tar has it.
class Members {
public:
  /// \param store where an archive lies when it is unpacked.
  /// \throws Failure: NoInput, InputOutput, BadData (an archive that is damaged, or holds links), Unavailable (memory).
  Members(const std::string &path, const std::shared_ptr<const BlockStore> &store);

  const std::string &path() const { return where; }
  size_t size() const { return files.size(); }
  /// The path of a file within.
  const std::string &name(size_t i) const { return files[i].name; }
  /// Path and name, for messages.
  std::string place(size_t i) const { return where + (where.ends_with('/') ? "" : "/") + files[i].name; }
  /// Names that more than one file of the archive had.
  size_t replaced() const { return sameNames; }

  /// Links of the folder that lead nowhere, in the order of their names.
  const std::vector<std::string> &deadLinks() const { return links; }

  /// What a file holds.
  struct Content {
    Bytes owned; ///< empty where the archive has it in memory
    std::span<const std::byte> bytes;
  };
  /// The whole of a file, or its first `most` bytes. Threads may call it at once.
  /// \throws Failure: NoInput, InputOutput, BadData (packed, and damaged), Unavailable (memory).
  Content read(size_t i, size_t most = SIZE_MAX) const;

private:
  struct File {
    std::string name;
    std::span<const std::byte> content; ///< in the archive
  };
  void listFolder();
  void listArchive();

  std::string where;
  bool isFolder = false;
  std::vector<File> files;
  std::vector<std::string> links; ///< see deadLinks
  size_t sameNames = 0;
  Bytes unpacked;                  ///< an archive that was packed
  std::unique_ptr<Mapping> mapped; ///< one that was not
};

/// The folder that holds a member, without those outside it; empty if there is none.
std::string folderOf(const std::string &name);

/// A member's name without folders.
std::string_view baseName(std::string_view name);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_MEMBERS_H
