//===- Tar.h - Archives in tar's format -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_TAR_H
#define AGON_RUNTIME_DATA_TAR_H

#include <functional>
#include <span>
#include <string>

namespace agon::rt {

/// Headers take a block, contents whole ones.
constexpr size_t tarBlock = 512;

/// Whether a file of this beginning, unpacked, is an archive: POSIX's ustar and pax, or GNU's.
bool isTar(std::span<const std::byte> head);

/// What is called with the name of a file and what it holds.
using TarVisitor = std::function<void(std::string name, std::span<const std::byte> content)>;

/// Calls `visit` with each regular file of the archive `content`, in order; folders are passed over.
/// \throws Failure (BadData), naming the archive and the member: a header whose sum is wrong, contents that end early,
/// a link, a sparse file.
void visitTar(std::span<const std::byte> content, const std::string &path, const TarVisitor &visit);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_TAR_H
