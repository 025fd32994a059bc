//===- Array.h - An array as a file holds it --------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_ARRAY_H
#define AGON_RUNTIME_DATA_ARRAY_H

#include "runtime/data/Bytes.h"
#include "runtime/data/Mapping.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace agon::rt {

/// Element types that data files have.
enum class Element { U8, I8, U16, I16, U32, I32, U64, I64, F32, F64, Bool };

size_t elementBytes(Element element);
const char *elementName(Element element);
bool isFloat(Element element);

/// Calls `body` with a value of the C++ type of `element`.
template <typename Body> decltype(auto) dispatch(Element element, Body &&body) {
  switch (element) {
  case Element::U8:
  case Element::Bool:
    return body(uint8_t());
  case Element::I8:
    return body(int8_t());
  case Element::U16:
    return body(uint16_t());
  case Element::I16:
    return body(int16_t());
  case Element::U32:
    return body(uint32_t());
  case Element::I32:
    return body(int32_t());
  case Element::U64:
    return body(uint64_t());
  case Element::I64:
    return body(int64_t());
  case Element::F32:
    return body(float());
  case Element::F64:
    break;
  }
  return body(double());
}

/// A dense row-major array in host byte order; the first axis counts records.
/// Elements keep the file's type: a byte stays a byte until it is drawn.
struct Array {
  std::string path;
  Element element = Element::U8;
  std::vector<int64_t> shape;
  Bytes storage;
  std::shared_ptr<const Mapping> mapping; ///< null: `storage` has the elements
  size_t offset = 0;                      ///< of the first element in either; may be unaligned
  /// Of a text file: the line of each record, and the number of each column in the file, from 1.
  std::vector<int64_t> lines, fileColumns;
  /// Of records that are files: the path of each, for messages.
  std::shared_ptr<const std::vector<std::string>> names;
  /// Of several files: where the records of each begin.
  struct Part {
    int64_t first;
    std::string path;
  };
  std::vector<Part> parts;

  int64_t records() const { return shape.empty() ? 0 : shape[0]; }
  /// Elements of one record.
  int64_t recordElements() const {
    int64_t count = 1;
    for (size_t i = 1; i < shape.size(); ++i)
      count *= shape[i];
    return count;
  }
  const std::byte *data() const { return (mapping ? mapping->bytes().data() : storage.data()) + offset; }

  template <typename T> T load(int64_t index) const {
    T value;
    std::memcpy(&value, data() + size_t(index) * sizeof(T), sizeof(T));
    return value;
  }
  /// "PATH: record 3", of a text file "PATH:4: column 1", of a file in a folder "PATH/NAME": how messages name an
  /// element of a record.
  std::string place(int64_t record, int64_t element) const;
  /// Any element as a number.
  double number(int64_t index) const {
    return dispatch(element, [&](auto zero) { return double(load<decltype(zero)>(index)); });
  }
};

/// The records of several files one after the other. \throws Failure (BadData): their shapes or types differ.
Array concatenate(std::vector<Array> arrays, const std::string &path);

/// Number of elements that a shape has.
/// \throws Failure (BadData) naming `path` when an extent is negative or the
/// product does not fit in memory.
int64_t checkedElements(const std::vector<int64_t> &shape, Element element, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_ARRAY_H
