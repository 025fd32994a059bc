//===- InputFile.h - A data file, unpacked as it is read --------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_INPUTFILE_H
#define AGON_RUNTIME_DATA_INPUTFILE_H

#include "runtime/data/Bytes.h"
#include "runtime/data/Unpacking.h"

#include <string>
#include <vector>

namespace agon::rt {

/// What helps where memory does not suffice.
inline constexpr const char *cacheAdvice = "with --data-cache DIRECTORY it lies in a file there";

/// A regular file, read from its beginning; gzip and zstd are unpacked, all members one after the other.
class InputFile {
public:
  /// \throws Failure (NoInput) when it cannot be opened or is a directory, a pipe or a device.
  /// \param ahead as many bytes are read at once, at most and where the file has them.
  explicit InputFile(const std::string &path, size_t ahead = size_t(1) << 18);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  /// Reads on until `content` has `size` bytes or the file has ended.
  /// \throws Failure: BadData (packed data that is corrupt, ends early or is followed by something else), InputOutput.
  void readTo(Bytes &content, size_t size);
  bool ended() const { return isEnded; }
  /// Bytes of the file, packed as they may be.
  size_t fileBytes() const { return allBytes; }
  bool packed() const { return unpacking != nullptr; }

  /// \throws Failure (Unavailable) when `content` is to grow to so many bytes, which do not fit in memory, in which it
  /// lies. What is small is taken to fit: to ask takes longer than to read it.
  void requireMemory(const Bytes &content, size_t bytes) const;

private:
  /// Reads ahead where nothing is left of what was read. \returns whether there is something.
  bool fill();
  /// Goes on to the next member of a packed file, unless one is begun. \returns whether there is one.
  bool findMember();
  /// Unpacks up to `size` bytes of the member. \returns how many.
  size_t unpack(std::byte *to, size_t size);

  std::string path;
  int descriptor;
  size_t allBytes = 0;
  std::vector<unsigned char> buffer;
  size_t consumed = 0;   ///< bytes of the file that were read into the buffer
  Unpacking::Bytes left; ///< of the buffer
  std::unique_ptr<Unpacking> unpacking;
  bool inMember = false, isEnded = false;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_INPUTFILE_H
