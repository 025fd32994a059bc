//===- Npy.cpp - NumPy's array files --------------------------------------===//
//
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

using namespace agon::rt;

namespace {

constexpr std::string_view magic = "\x93NUMPY";

bool accepts(std::span<const std::byte> content) {
  return content.size() >= magic.size() && std::memcmp(content.data(), magic.data(), magic.size()) == 0;
}

/// The text of a dictionary entry: what follows "'key':", up to the next entry.
std::optional<std::string_view> entry(std::string_view header, std::string_view key) {
  size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos)
    return std::nullopt;
  at = header.find(':', at);
  if (at == std::string_view::npos)
    return std::nullopt;
  header.remove_prefix(at + 1);
  header.remove_prefix(std::min(header.size(), header.find_first_not_of(' ')));
  size_t end = header.starts_with('(') ? header.find(')') : header.find_first_of(",}");
  return end == std::string_view::npos ? header : header.substr(0, end);
}

/// \p swap is set for big-endian elements wider than a byte.
std::optional<Element> parseDescription(std::string_view text, bool &swap) {
  if (text.size() < 4 || text.front() != '\'')
    return std::nullopt;
  text.remove_prefix(1);
  text = text.substr(0, text.find('\''));
  if (text.size() != 3)
    return std::nullopt;
  swap = text[0] == '>' && text[2] != '1';
  static constexpr std::pair<std::string_view, Element> types[] = {
      {"u1", Element::U8},  {"i1", Element::I8},  {"u2", Element::U16}, {"i2", Element::I16},
      {"u4", Element::U32}, {"i4", Element::I32}, {"u8", Element::U64}, {"i8", Element::I64},
      {"f4", Element::F32}, {"f8", Element::F64}, {"b1", Element::Bool}};
  for (auto [name, element] : types)
    if (text.substr(1) == name)
      return element;
  return std::nullopt;
}

/// Fortran order (first axis fastest) to C order.
void transposeToC(Array &array, int64_t count) {
  size_t width = elementBytes(array.element), rank = array.shape.size();
  Bytes result(size_t(count) * width, array.storage.get_allocator());
  std::vector<int64_t> index(rank, 0), stride(rank, 1);
  for (size_t i = 1; i < rank; ++i)
    stride[i] = stride[i - 1] * array.shape[i - 1];
  for (int64_t to = 0; to < count; ++to) {
    int64_t from = 0;
    for (size_t i = 0; i < rank; ++i)
      from += index[i] * stride[i];
    std::memcpy(result.data() + size_t(to) * width, array.data() + size_t(from) * width, width);
    for (size_t i = rank; i > 0; --i) {
      if (++index[i - 1] < array.shape[i - 1])
        break;
      index[i - 1] = 0;
    }
  }
  array.storage = std::move(result);
  array.offset = 0;
}

/// What stands before the elements.
struct Header {
  Array array; ///< without its elements, which begin at its `offset`
  bool swap = false, fortran = false;
};

Header readHeader(std::span<const std::byte> content, const std::string &path) {
  auto byte = [&](size_t i) { return size_t(content[i]); };
  if (content.size() < 10 || byte(6) < 1 || byte(6) > 3 || (byte(6) > 1 && content.size() < 12))
    fail(ExitCode::BadData, "{}: expected an NPY file of version 1, 2 or 3", path);
  size_t start = byte(6) == 1 ? 10 : 12;
  size_t length = byte(8) | byte(9) << 8;
  if (byte(6) > 1)
    length |= byte(10) << 16 | byte(11) << 24;
  if (content.size() - start < length)
    fail(ExitCode::BadData, "{}: the NPY header ends early", path);
  std::string_view header(reinterpret_cast<const char *>(content.data()) + start, length);

  Header result;
  Array &array = result.array;
  auto description = entry(header, "descr"), order = entry(header, "fortran_order"), extents = entry(header, "shape");
  if (!description || !order || !extents || !extents->starts_with('('))
    fail(ExitCode::BadData, "{}: the NPY header is malformed", path);
  std::optional<Element> element = parseDescription(*description, result.swap);
  if (!element)
    fail(ExitCode::BadData, "{}: expected real or integer elements, got dtype {}", path, *description);
  array.element = *element;
  const char *at = extents->data() + 1, *end = extents->data() + extents->size();
  while (at < end) {
    int64_t extent;
    auto [next, error] = std::from_chars(at, end, extent);
    if (error == std::errc()) {
      array.shape.push_back(extent);
      at = next;
    } else {
      ++at; // blanks, commas
    }
  }
  if (array.shape.empty())
    fail(ExitCode::BadData, "{}: expected an array whose first axis counts records, got a single number", path);

  array.offset = start + length;
  result.fortran = order->starts_with("True") && array.shape.size() > 1;
  return result;
}

size_t size(std::span<const std::byte> head, const std::string &path) {
  Array array = readHeader(head, path).array;
  return array.offset + size_t(checkedElements(array.shape, array.element, path)) * elementBytes(array.element);
}

/// Truth values are looked at one by one.
std::optional<Array> inPlace(std::span<const std::byte> head, const std::string &path) {
  Header header = readHeader(head, path);
  if (header.swap || header.fortran || header.array.element == Element::Bool)
    return std::nullopt;
  return std::move(header.array);
}

Array read(Bytes content, const std::string &path, const std::vector<std::string> &, Faults &) {
  auto [array, swap, fortran] = readHeader(content, path);
  size_t width = elementBytes(array.element);
  if (swap)
    for (size_t i = array.offset; i < content.size(); i += width)
      std::reverse(content.begin() + long(i), content.begin() + long(i + width));
  if (array.element == Element::Bool)
    for (size_t i = array.offset; i < content.size(); ++i)
      if (content[i] > std::byte(1))
        fail(ExitCode::BadData, "{}: expected truth values to be bytes of 0 and 1, got {} at element {}", path,
             int(content[i]), i - array.offset);
  array.storage = std::move(content);
  if (fortran)
    transposeToC(array, checkedElements(array.shape, array.element, path));
  return std::move(array);
}

} // namespace

namespace agon::rt {
extern const Reader npyReader;
const Reader npyReader = {"NPY", accepts, size, read, inPlace};
} // namespace agon::rt
