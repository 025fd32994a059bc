#include "runtime/data/Readers.h"

#include "runtime/core/Failure.h"
#include "runtime/data/InputFile.h"

#include <algorithm>
#include <limits>
#include <new>

namespace agon::rt {
// The formats, by the files that read them.
extern const Reader npyReader; // NumPy's .npy, versions 1 to 3
extern const Reader idxReader; // IDX, as MNIST's files
extern const Reader csvReader; // numbers in columns: commas, semicolons, tabs or blanks
} // namespace agon::rt

using namespace agon::rt;

/// In the order in which they are asked: a CSV file is what is none of the others.
static const Reader *const formats[] = {&npyReader, &idxReader, &csvReader};

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

std::string agon::rt::shownText(std::string_view text, size_t most) {
  std::string shown = "'";
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = uint8_t(text[i]);
    bool inside = (c & 0xC0) == 0x80; // of a character of several bytes
    if (i >= most && !inside)
      return shown + "...'";
    if (c < 32 || c == 127)
      shown += fmt::format("\\x{:02x}", c);
    else
      shown += char(c);
  }
  return shown + "'";
}

std::string Array::place(int64_t record, int64_t element) const {
  if (lines.empty())
    return fmt::format("{}: record {}", path, record);
  return fmt::format("{}:{}: column {}", path, lines[size_t(record)], fileColumns[size_t(element)]);
}

/// The rest of a file that does not tell its size, looked at as it comes.
static void readAll(InputFile &file, Bytes &content, const Reader &reader, const std::string &path) {
  while (!file.ended()) {
    // Numbers take at most four times as much memory as their text, and twice that while they grow.
    file.requireMemory(4 * content.size());
    size_t before = content.size();
    file.readTo(content, before + std::max<size_t>(before / 2, 1 << 20));
    if (!reader.accepts(std::span(content).subspan(before)))
      fail(ExitCode::BadData, "{}: begins as a {} file, and is none from byte {} on", path, reader.name, before);
  }
}

/// A file whose beginning tells its size.
static void readSized(InputFile &file, Bytes &content, const Reader &reader, const std::string &path) {
  size_t size = reader.size(content, path);
  file.requireMemory(size);
  file.readTo(content, size + 1);
  if (content.size() > size)
    fail(ExitCode::BadData, "{}: expected {} bytes, as its {} header tells, got more", path, size, reader.name);
  if (content.size() < size)
    fail(ExitCode::BadData, "{}: expected {} bytes, as its {} header tells, got {}", path, size, reader.name,
         content.size());
}

Array agon::rt::readArray(const std::string &path, const std::vector<std::string> &columns, Faults &faults) {
  InputFile file(path);
  Bytes content;
  try {
    file.readTo(content, 128 << 10);
    if (content.empty())
      fail(ExitCode::BadData, "{}: the file is empty", path);
    for (const Reader *reader : formats) {
      if (!reader->accepts(content))
        continue;
      if (!columns.empty() && reader != &csvReader)
        fail(ExitCode::BadData, "{}: expected a CSV file, whose columns have names, got {}", path, reader->name);
      (reader->size ? readSized : readAll)(file, content, *reader, path);
      Array array = reader->read(std::move(content), path, columns, faults);
      array.path = path;
      if (array.records() == 0 && faults.count() == 0)
        fail(ExitCode::BadData, "{}: holds no records", path);
      return array;
    }
  } catch (const std::bad_alloc &) {
    fail(ExitCode::Unavailable, "{}: does not fit in memory", path);
  }
  fail(ExitCode::BadData,
       "{}: expected an IDX, NPY or CSV file or a tar archive (each may be gzip), or a folder of pictures, got "
       "none of these",
       path);
}
