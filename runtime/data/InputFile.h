//===- InputFile.h - A data file, unpacked as it is read --------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_INPUTFILE_H
#define AGON_RUNTIME_DATA_INPUTFILE_H

#include "runtime/data/Bytes.h"

#include <string>
#include <zlib.h>

namespace agon::rt {

/// A regular file, read from its beginning; gzip is unpacked (zlib passes other files through).
class InputFile {
public:
  /// \throws Failure (NoInput) when it cannot be opened or is a directory, a pipe or a device.
  explicit InputFile(const std::string &path);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  /// Reads on until `content` has `size` bytes or the file has ended.
  /// \throws Failure: BadData (gzip that is corrupt or ends early), InputOutput.
  void readTo(Bytes &content, size_t size);
  bool ended() const { return !file; }

  /// \throws Failure (Unavailable) when so many bytes do not fit in memory.
  void requireMemory(size_t bytes) const;
  /// Memory that can be had.
  static size_t availableMemory();

private:
  std::string path;
  gzFile file = nullptr; ///< null once it has ended
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_INPUTFILE_H
