//===- Members.h - The files of a folder or an archive ----------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_MEMBERS_H
#define AGON_RUNTIME_DATA_MEMBERS_H

#include "runtime/data/Bytes.h"

#include <functional>
#include <span>
#include <string>

namespace agon::rt {

/// A file of a folder or of an archive.
struct Member {
  std::string name;                   ///< its path within
  std::span<const std::byte> content; ///< of one that is not wanted perhaps its beginning alone
};

/// Whether `path` is a folder, or an archive in tar's format, packed by gzip or not.
bool holdsMembers(const std::string &path);

/// Calls `visit` with each file of the folder or archive, those of a folder by name, those of an archive in its order.
/// \param wants whether a file of this beginning, 16 bytes of it or all, is to be read whole.
/// \throws Failure: NoInput, InputOutput, BadData (an archive that is damaged, or holds links), Unavailable (memory).
void visitMembers(const std::string &path, bool (*wants)(std::span<const std::byte> head),
                  const std::function<void(const Member &)> &visit);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_MEMBERS_H
