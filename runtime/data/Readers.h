//===- Readers.h - File formats of data sets --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_READERS_H
#define AGON_RUNTIME_DATA_READERS_H

#include "runtime/data/Array.h"
#include "runtime/data/Faults.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// A file format. A new one is a file of its own and a row in the table of Readers.cpp.
struct Reader {
  const char *name;
  /// Whether a file of this beginning, unpacked, is this format. Where there is no `size`, every further part
  /// of the file is asked as well, so that what is none is not read to its end.
  bool (*accepts)(std::span<const std::byte> content);
  /// Bytes of the whole file, unpacked, as its beginning (128 KiB, or all of it) tells; null where it does not.
  /// \throws Failure (BadData) that begins with the path.
  size_t (*size)(std::span<const std::byte> head, const std::string &path);
  /// Takes over `content`, the whole file unpacked; of columns with names, those to take, in order (none: all).
  /// \throws Failure (BadData) that begins with the path.
  Array (*read)(Bytes content, const std::string &path, const std::vector<std::string> &columns, Faults &faults);
  /// The array that a file of this beginning holds, without its elements, which begin at its `offset`, if they lie in
  /// the file as in memory; null where they never do.
  std::optional<Array> (*inPlace)(std::span<const std::byte> head, const std::string &path);
};

/// Reads a data file, unpacking gzip and zstd where needed; the content decides the
/// format, not the file's name. \param columns names of the columns to take, in
/// this order; none: all. Of a NPZ file the one array to take. \param faults of records.
/// A file that does not fit into memory is mapped, if its elements lie there as in memory, else it needs a `store`.
/// \param isOneOfMany it is read with others, and together they do not fit.
/// \throws Failure: NoInput (cannot be opened, no regular file), InputOutput, BadData, Unavailable (memory).
Array readArray(const std::string &path, const std::vector<std::string> &columns, Faults &faults,
                const std::shared_ptr<const BlockStore> &store = nullptr, bool isOneOfMany = false);

/// Whether a file is NumPy's .npz: several arrays, each with a name.
bool isNpz(const std::string &path);

/// One of its arrays, whose name `columns` has; no name is needed where there is one only.
/// \throws Failure: NoInput, InputOutput, Unavailable (memory), BadData.
Array readNpz(const std::string &path, const std::vector<std::string> &columns,
              const std::shared_ptr<const BlockStore> &store);

/// The names of its arrays, in the file's order. \throws Failure: NoInput, InputOutput, BadData.
std::vector<std::string> npzNames(const std::string &path);

/// Text of a file in a message: in quotes, control characters escaped, cut to `most` characters.
std::string shownText(std::string_view text, size_t most = 40);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_READERS_H
