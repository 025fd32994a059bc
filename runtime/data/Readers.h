//===- Readers.h - File formats of data sets --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_READERS_H
#define AGON_RUNTIME_DATA_READERS_H

#include "runtime/data/Array.h"

#include <span>
#include <string>

namespace agon::rt {

/// A file format. A new one is a reader in the table of Readers.cpp.
struct Reader {
  const char *name;
  /// Whether a file of this beginning (some kilobytes, unpacked) is this format.
  bool (*accepts)(std::span<const std::byte> content, const std::string &path);
  /// Takes over `content`, the whole file unpacked.
  /// \throws Failure (BadData) that begins with the path.
  Array (*read)(Bytes content, const std::string &path);
};

extern const Reader idxReader; ///< IDX, as MNIST's files
extern const Reader npyReader; ///< NumPy's .npy, versions 1 to 3
extern const Reader csvReader; ///< numbers in columns: commas, semicolons, tabs or blanks

/// Reads a data file, unpacking gzip where needed; the content decides the
/// format, not the file's name.
/// \throws Failure: NoInput (cannot be opened), InputOutput, BadData.
Array readArray(const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_READERS_H
