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
#include <utility>
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

/// One of the elements that begin at `from`, which may be unaligned.
template <typename T> T elementAt(const std::byte *from, int64_t index) {
  T value;
  std::memcpy(&value, from + size_t(index) * sizeof(T), sizeof(T));
  return value;
}

/// Records in row-major order and host byte order; the first axis counts them. Elements keep the file's type: a byte
/// stays a byte until it is drawn. Those of several files lie in `pieces`.
struct Array {
  std::string path;
  Element element = Element::U8;
  std::vector<int64_t> shape;
  Bytes storage;
  std::shared_ptr<Bytes> shared;          ///< not null: has the elements, with those of other pieces
  std::shared_ptr<const Mapping> mapping; ///< not null: has the elements
  size_t offset = 0;                      ///< of the first element in any of them; may be unaligned
  /// Of a text file: the line of each record, and the number of each column in the file, from 1.
  std::vector<int64_t> lines, fileColumns;
  /// Of records that are files: the path of each, for messages.
  std::shared_ptr<const std::vector<std::string>> names;
  std::vector<Array> pieces; ///< of several files: what each has, in order
  int64_t first = 0;         ///< of a piece: the number of its first record

  int64_t records() const { return shape.empty() ? 0 : shape[0]; }
  /// Elements of one record.
  int64_t recordElements() const {
    int64_t count = 1;
    for (size_t i = 1; i < shape.size(); ++i)
      count *= shape[i];
    return count;
  }
  size_t recordBytes() const { return size_t(recordElements()) * elementBytes(element); }
  /// The elements of an array that is not in pieces.
  const std::byte *data() const {
    return (mapping ? mapping->bytes().data() : shared ? shared->data() : storage.data()) + offset;
  }
  /// The elements of a record.
  const std::byte *record(int64_t index) const {
    return pieces.empty() ? data() + size_t(index) * recordBytes() : ofPiece(index);
  }
  /// To be changed, which those of a mapping must not be.
  std::byte *record(int64_t index) { return const_cast<std::byte *>(std::as_const(*this).record(index)); }
  /// "PATH: record 3", of a text file "PATH:4: column 1", of a file in a folder "PATH/NAME": how messages name an
  /// element of a record.
  std::string place(int64_t record, int64_t element) const;
  /// An element of a record as a number.
  double number(int64_t record, int64_t index) const {
    return dispatch(element, [&](auto zero) { return double(elementAt<decltype(zero)>(this->record(record), index)); });
  }

private:
  const std::byte *ofPiece(int64_t record) const;
};

/// The records of several files one after the other. Small ones are copied together, so that they lie where large
/// blocks do; the others stay as they are.
class Joining {
public:
  /// \param path how messages name them all.
  explicit Joining(std::string path) : path(std::move(path)) {}
  /// \throws Failure: BadData (its shape or type is not that of the others), Unavailable (memory).
  void add(Array array);
  /// \throws Failure (Unavailable).
  Array finish();

private:
  /// Copies the small ones since the last time together.
  void gather();

  std::string path;
  std::vector<Array> arrays;
  size_t gathered = 0, waiting = 0; ///< arrays that are done; bytes of the others
};

/// Number of elements that a shape has.
/// \throws Failure (BadData) naming `path` when an extent is negative or the
/// product does not fit in memory.
int64_t checkedElements(const std::vector<int64_t> &shape, Element element, const std::string &path);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_ARRAY_H
