//===- Faults.h - Records that are wrong ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_FAULTS_H
#define AGON_RUNTIME_DATA_FAULTS_H

#include <cstdint>
#include <string>
#include <vector>

namespace agon::rt {

/// What is wrong with records: the first fault ends the reading, or all are collected to be told together, and
/// a record that cannot be read is left out; or this is done with pictures that cannot be decoded alone.
class Faults {
public:
  enum class Told { First, All, Undecodable };
  explicit Faults(Told told) : told(told) {}

  /// One record's fault, with its place. \throws Failure (BadData) where the first one is told.
  void add(const std::string &text);

  bool areCollected() const { return told == Told::All; }
  bool undecodableAreCollected() const { return told != Told::First; }
  int64_t count() const { return number; }
  /// The first of them, as many as are worth reading.
  const std::vector<std::string> &first() const { return texts; }

private:
  Told told;
  int64_t number = 0;
  std::vector<std::string> texts;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_FAULTS_H
