//===- Codec.h - Kinds of picture files -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_CODEC_H
#define AGON_RUNTIME_DATA_CODEC_H

#include "runtime/data/Picture.h"

namespace agon::rt {

/// A kind of picture file. A new one is a file of its own and a row in the table of Picture.cpp.
struct Codec {
  const char *name;
  /// Whether a file of this beginning, 16 bytes or all, is of the kind.
  bool (*accepts)(std::span<const std::byte> head);
  /// Fills `picture`, and calls what it did to it by its remarks; or is false, with the reason in `why`.
  bool (*decode)(std::span<const std::byte> content, Picture &picture, std::string &why);
};

/// Makes room for a picture's pixels; false if there are none, or more than a picture may have.
bool makeRoom(Picture &picture, uint64_t height, uint64_t width, uint64_t channels);

/// The bytes as the libraries take them.
inline const unsigned char *bytesOf(std::span<const std::byte> content) {
  return reinterpret_cast<const unsigned char *>(content.data());
}

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_CODEC_H
