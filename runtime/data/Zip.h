//===- Zip.h - Archives in zip's format -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_ZIP_H
#define AGON_RUNTIME_DATA_ZIP_H

#include "runtime/data/Bytes.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// Whether a file of this beginning is an archive.
bool isZip(std::span<const std::byte> head);

/// A file of an archive.
struct ZipMember {
  std::string name;
  bool isDeflated = false;
  uint32_t sum = 0; ///< CRC-32 of what it holds
  uint64_t size = 0;
  std::span<const std::byte> packed; ///< deflated, or as it is
};

/// The files that an archive's directory lists.
/// \throws Failure (BadData) that begins with `path`: damaged, cut off, encrypted, packed in another way.
std::vector<ZipMember> listZip(std::span<const std::byte> content, const std::string &path);

/// Unpacks a file into `to`, which is empty. \throws Failure (BadData) that begins with `place`.
Bytes unpackZip(const ZipMember &member, Bytes to, const std::string &place);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_ZIP_H
