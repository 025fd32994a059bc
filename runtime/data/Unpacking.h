//===- Unpacking.h - Packed files, part by part -----------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_UNPACKING_H
#define AGON_RUNTIME_DATA_UNPACKING_H

#include <cstddef>
#include <memory>
#include <span>

namespace agon::rt {

/// A way in which files are packed, as a stream of members one after the other. A new one is a file of its own and a
/// line in `unpackingFor`.
class Unpacking {
public:
  enum class State {
    Within,   ///< a member
    Between,  ///< a member has ended, and another one may begin
    Corrupt,  ///< what was packed
    NoMemory, ///< to unpack it
  };
  using Bytes = std::span<const unsigned char>;

  virtual ~Unpacking() = default;
  /// How messages call it.
  virtual const char *name() const = 0;
  /// Whether a member may begin with this byte.
  virtual bool begins(unsigned char first) const = 0;
  /// Goes on, or begins a member after the last one has ended: unpacks from `in`, which is shortened by what was used,
  /// to `out`, which is shortened by what was filled.
  virtual State unpack(Bytes &in, std::span<std::byte> &out) = 0;
};

/// For a file of this beginning; null: it is not packed. \throws std::bad_alloc.
std::unique_ptr<Unpacking> unpackingFor(Unpacking::Bytes head);

/// Each for its files, or null.
std::unique_ptr<Unpacking> gzipFor(Unpacking::Bytes head);
std::unique_ptr<Unpacking> zstdFor(Unpacking::Bytes head);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_UNPACKING_H
