//===- InputFile.h - Files judged before they are read ----------*- C++ -*-===//
#ifndef AGON_SUPPORT_INPUTFILE_H
#define AGON_SUPPORT_INPUTFILE_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace agon::support {

/// A file opened for reading; the caller looks at its kind and size before the first byte.
class InputFile {
public:
  /// Opening never blocks. \param wait for what the writer of a pipe has yet to write; without it
  /// reading does not block either. A pipe without a writer is at its end.
  explicit InputFile(const std::string &path, bool wait = false);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  /// errno of opening, or of the last read; 0 if all went well. A directory is EISDIR.
  int error() const { return problem; }
  bool isRegular() const { return regular; }
  bool isPipe() const { return pipe; }
  /// Of a regular file when it was opened.
  uint64_t size() const { return bytes; }
  /// Reads until there are `count` bytes, the file ends, or error(). \returns the bytes read.
  size_t read(void *data, size_t count);

private:
  int descriptor = -1, problem = 0;
  bool wait, regular = false, pipe = false;
  uint64_t bytes = 0;
};

} // namespace agon::support

#endif // AGON_SUPPORT_INPUTFILE_H
