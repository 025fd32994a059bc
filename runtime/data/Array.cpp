#include "runtime/data/Array.h"

#include "runtime/core/Failure.h"

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

std::string Array::place(int64_t record, int64_t element) const {
  if (names)
    return (*names)[size_t(record)];
  auto part =
      std::ranges::find_if(parts.rbegin(), parts.rend(), [&](const Part &each) { return each.first <= record; });
  const std::string &file = part == parts.rend() ? path : part->path;
  if (lines.empty())
    return fmt::format("{}: record {}", file, part == parts.rend() ? record : record - part->first);
  return fmt::format("{}:{}: column {}", file, lines[size_t(record)], fileColumns[size_t(element)]);
}

Array agon::rt::concatenate(std::vector<Array> arrays, const std::string &path) {
  if (arrays.size() == 1)
    return std::move(arrays[0]);
  Array all;
  const Array &first = arrays[0];
  all.path = path;
  all.element = first.element;
  all.shape = first.shape;
  all.fileColumns = first.fileColumns;
  all.shape[0] = 0;
  for (const Array &array : arrays) {
    if (array.element != first.element ||
        !std::equal(array.shape.begin() + 1, array.shape.end(), first.shape.begin() + 1, first.shape.end()))
      fail(ExitCode::BadData, "{}: holds {} [{}] a record, {} before it {} [{}]", array.path,
           elementName(array.element), fmt::join(array.shape.begin() + 1, array.shape.end(), ", "), first.path,
           elementName(first.element), fmt::join(first.shape.begin() + 1, first.shape.end(), ", "));
    all.parts.push_back({all.shape[0], array.path});
    all.shape[0] += array.shape[0];
    all.lines.insert(all.lines.end(), array.lines.begin(), array.lines.end());
  }
  size_t recordBytes = size_t(all.recordElements()) * elementBytes(all.element);
  all.storage = Bytes(size_t(all.shape[0]) * recordBytes, first.storage.get_allocator());
  std::byte *to = all.storage.data();
  for (Array &array : arrays) {
    to = std::copy_n(array.data(), size_t(array.shape[0]) * recordBytes, to);
    array = Array(); // its memory is free
  }
  return all;
}
