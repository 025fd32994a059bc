#include "runtime/data/Array.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/data/InputFile.h"

#include <algorithm>
#include <limits>

using namespace agon::rt;

size_t agon::rt::elementBytes(Element element) {
  return dispatch(element, [](auto zero) { return sizeof(zero); });
}

const char *agon::rt::elementName(Element element) {
  static const char *const names[] = {"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bool"};
  return names[size_t(element)];
}

bool agon::rt::isFloat(Element element) { return element == Element::F32 || element == Element::F64; }

int64_t agon::rt::checkedElements(const std::vector<int64_t> &shape, Element element, const std::string &path) {
  int64_t limit = std::numeric_limits<int64_t>::max() / int64_t(elementBytes(element)), count = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > limit / extent))
      fail(ExitCode::BadData, "{}: impossible shape [{}]", path, fmt::join(shape.begin(), shape.end(), ", "));
    count *= extent;
  }
  return count;
}

/// That of an array's pieces which has a record.
static const Array &pieceOf(const Array &array, int64_t record) {
  return *std::prev(std::ranges::upper_bound(array.pieces, record, {}, &Array::first));
}

const std::byte *Array::ofPiece(int64_t record) const {
  const Array &piece = pieceOf(*this, record);
  return piece.record(record - piece.first);
}

std::string Array::place(int64_t record, int64_t element) const {
  if (!pieces.empty()) {
    const Array &piece = pieceOf(*this, record);
    return piece.place(record - piece.first, element);
  }
  if (names)
    return (*names)[size_t(record)];
  if (lines.empty())
    return fmt::format("{}: record {}", path, record);
  return fmt::format("{}:{}: column {}", path, lines[size_t(record)], fileColumns[size_t(element)]);
}

void Joining::add(Array array) {
  constexpr size_t block = size_t(64) << 20;
  const Array &first = arrays.empty() ? array : arrays[0];
  if (array.element != first.element ||
      !std::equal(array.shape.begin() + 1, array.shape.end(), first.shape.begin() + 1, first.shape.end()))
    fail(ExitCode::BadData, "{}: holds {} [{}] a record, {} before it {} [{}]", array.path, elementName(array.element),
         fmt::join(array.shape.begin() + 1, array.shape.end(), ", "), first.path, elementName(first.element),
         fmt::join(first.shape.begin() + 1, first.shape.end(), ", "));
  array.first = arrays.empty() ? 0 : arrays.back().first + arrays.back().records();
  size_t bytes = size_t(array.records()) * array.recordBytes();
  bool isSmall = !array.mapping && bytes < block;
  if (!isSmall)
    gather();
  arrays.push_back(std::move(array));
  if (!isSmall)
    gathered = arrays.size();
  else if ((waiting += bytes) >= block)
    gather();
}

void Joining::gather() {
  if (arrays.size() - gathered > 1) {
    const Bytes &bytes = arrays[gathered].storage;
    if (uint64_t available = availableMemory(); waiting > available && !isOnDisk(bytes))
      fail(ExitCode::Unavailable, "{}: its files do not fit in memory together, {} are available; {}", path,
           bytesText(available), cacheAdvice);
    auto block = std::make_shared<Bytes>(waiting, bytes.get_allocator());
    size_t filled = 0;
    for (size_t i = gathered; i < arrays.size(); ++i) {
      size_t size = size_t(arrays[i].records()) * arrays[i].recordBytes();
      std::copy_n(arrays[i].data(), size, block->data() + filled);
      arrays[i].storage = Bytes();
      arrays[i].shared = block;
      arrays[i].offset = filled;
      filled += size;
    }
  }
  gathered = arrays.size();
  waiting = 0;
}

Array Joining::finish() {
  if (arrays.size() == 1)
    return std::move(arrays[0]);
  gather();
  Array all;
  all.path = path;
  all.element = arrays[0].element;
  all.shape = arrays[0].shape;
  all.shape[0] = arrays.back().first + arrays.back().records();
  all.pieces = std::move(arrays);
  return all;
}
