//===- Pickle.h - What Python 2 pickled -------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_PICKLE_H
#define AGON_RUNTIME_DATA_PICKLE_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// A value of a pickle. Texts lie in the file.
struct PickleValue {
  enum class Kind { None, Integer, Text, List, Tuple, Dictionary, Name, Object };
  Kind kind = Kind::None;
  int64_t integer = 0;   ///< truth values, too
  std::string_view text; ///< of a Name "MODULE\nNAME"
  /// Of a list or tuple its items, of a dictionary keys and values in turn, of an object what it was made by and of,
  /// and then its state.
  std::vector<PickleValue *> items;

  /// The value of a text key, or null.
  const PickleValue *at(std::string_view key) const;
};

/// A pickle's values, however they are nested, and the one that is the whole.
struct Pickle {
  std::deque<PickleValue> values;
  const PickleValue *whole = nullptr;
};

/// Reads a pickle of protocol 2 with the operations that CIFAR's archives have: numbers, texts, lists, tuples,
/// dictionaries, arrays. Nothing is called: what a pickle wants to be made stays a description.
/// \throws Failure (BadData) that begins with `place`: another operation, by its name; a file that is damaged.
Pickle readPickle(std::span<const std::byte> content, const std::string &place);

/// An array of bytes, with rows and columns.
struct PickledBytes {
  int64_t rows = 0, columns = 0;
  std::string_view bytes;
};

/// A two-dimensional NumPy array of u8 in C order. \throws Failure (BadData) that begins with `place` where it is none.
PickledBytes bytesIn(const PickleValue *value, const std::string &place);

/// A list of integers. \throws Failure (BadData) that begins with `place` where it is none.
std::vector<int32_t> integersIn(const PickleValue *value, const std::string &place);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_PICKLE_H
