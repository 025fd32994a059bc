//===- Mapping.h - A file as memory -----------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_MAPPING_H
#define AGON_RUNTIME_DATA_MAPPING_H

#include <cstddef>
#include <span>
#include <string>

namespace agon::rt {

/// A regular file's bytes, which the system reads when they are looked at and may forget again.
class Mapping {
public:
  /// \throws Failure: NoInput, InputOutput.
  explicit Mapping(const std::string &path);
  ~Mapping();
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  std::span<const std::byte> bytes() const { return content; }

private:
  std::span<const std::byte> content;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_MAPPING_H
