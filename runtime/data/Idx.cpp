//===- Idx.cpp - The format of the MNIST database -------------------------===//
//
// Two zero bytes, the element type, the rank, the extents (big-endian 32-bit),
// the elements (big-endian). http://yann.lecun.com/exdb/mnist/
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"

#include <algorithm>

using namespace agon::rt;

namespace {

bool idxElement(std::byte code, Element &element) {
  switch (uint8_t(code)) {
  case 0x08:
    element = Element::U8;
    return true;
  case 0x09:
    element = Element::I8;
    return true;
  case 0x0B:
    element = Element::I16;
    return true;
  case 0x0C:
    element = Element::I32;
    return true;
  case 0x0D:
    element = Element::F32;
    return true;
  case 0x0E:
    element = Element::F64;
    return true;
  default:
    return false;
  }
}

bool accepts(std::span<const std::byte> content) {
  Element element;
  return content.size() >= 4 && content[0] == std::byte(0) && content[1] == std::byte(0) &&
         idxElement(content[2], element);
}

/// The array without its elements, which begin at its `offset`.
Array readHeader(std::span<const std::byte> content, const std::string &path) {
  Array array;
  idxElement(content[2], array.element);
  size_t rank = size_t(content[3]);
  array.offset = 4 + 4 * rank;
  if (rank == 0 || content.size() < array.offset)
    fail(ExitCode::BadData, "{}: the IDX header ends early", path);
  for (size_t i = 0; i < rank; ++i) {
    uint32_t extent = 0;
    for (size_t b = 0; b < 4; ++b)
      extent = extent << 8 | uint32_t(content[4 + 4 * i + b]);
    array.shape.push_back(extent);
  }
  return array;
}

size_t size(std::span<const std::byte> head, const std::string &path) {
  Array array = readHeader(head, path);
  return array.offset + size_t(checkedElements(array.shape, array.element, path)) * elementBytes(array.element);
}

/// Bytes have no order.
std::optional<Array> inPlace(std::span<const std::byte> head, const std::string &path) {
  Array array = readHeader(head, path);
  return elementBytes(array.element) == 1 ? std::optional(std::move(array)) : std::nullopt;
}

Array read(Bytes content, const std::string &path, const std::vector<std::string> &, Faults &) {
  Array array = readHeader(content, path);
  size_t width = elementBytes(array.element);
  if (width > 1)
    for (size_t at = array.offset; at < content.size(); at += width)
      std::reverse(content.begin() + long(at), content.begin() + long(at + width));
  array.storage = std::move(content);
  return array;
}

} // namespace

namespace agon::rt {
extern const Reader idxReader;
const Reader idxReader = {"IDX", accepts, size, read, inPlace};
} // namespace agon::rt
