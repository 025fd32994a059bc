#include "runtime/data/Readers.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Memory.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Picture.h"

#include <algorithm>
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

/// The rest of a file that does not tell its size, looked at as it comes.
static void readAll(InputFile &file, Bytes &content, const Reader &reader, const std::string &path) {
  while (!file.ended()) {
    // Numbers take at most four times as much memory as their text, and twice that while they grow.
    file.requireMemory(content, 4 * content.size());
    size_t before = content.size();
    file.readTo(content, before + std::max<size_t>(before / 2, 1 << 20));
    if (!reader.accepts(std::span(content).subspan(before)))
      fail(ExitCode::BadData, "{}: begins as a {} file, and is none from byte {} on", path, reader.name, before);
  }
}

static void judgeSize(size_t got, size_t expected, const Reader &reader, const std::string &path) {
  if (got != expected)
    fail(ExitCode::BadData, "{}: expected {} bytes, as its {} header tells, got {}", path, expected, reader.name,
         got > expected ? "more" : std::to_string(got));
}

/// A file whose beginning tells its size.
static void readSized(InputFile &file, Bytes &content, const Reader &reader, const std::string &path) {
  size_t size = reader.size(content, path);
  file.requireMemory(content, size);
  file.readTo(content, size + 1);
  judgeSize(content.size(), size, reader, path);
}

/// The array of a file that does not fit into memory and need not lie there; none where it does, or must.
static std::optional<Array> mapArray(const InputFile &file, const Bytes &head, const Reader &reader,
                                     const std::string &path, bool isOneOfMany) {
  if (!reader.inPlace || file.packed() || isOnDisk(head) ||
      (!isOneOfMany && reader.size(head, path) <= availableMemory()))
    return std::nullopt;
  std::optional<Array> array = reader.inPlace(head, path);
  if (!array)
    return std::nullopt;
  array->mapping = std::make_shared<const Mapping>(path);
  judgeSize(array->mapping->bytes().size(), reader.size(head, path), reader, path);
  return array;
}

Array agon::rt::readArray(const std::string &path, const std::vector<std::string> &columns, Faults &faults,
                          const std::shared_ptr<const BlockStore> &store, bool isOneOfMany) {
  if (isNpz(path))
    return readNpz(path, columns, store);
  InputFile file(path);
  Bytes content{UnfilledAllocator<std::byte>(store)};
  try {
    file.readTo(content, 128 << 10);
    if (content.empty())
      fail(ExitCode::BadData, "{}: the file is empty", path);
    for (const Reader *reader : formats) {
      if (!reader->accepts(content))
        continue;
      if (!columns.empty() && reader != &csvReader)
        fail(ExitCode::BadData, "{}: expected a CSV file, whose columns have names, got {}", path, reader->name);
      std::optional<Array> mapped = mapArray(file, content, *reader, path, isOneOfMany);
      if (!mapped)
        (reader->size ? readSized : readAll)(file, content, *reader, path);
      Array array = mapped ? std::move(*mapped) : reader->read(std::move(content), path, columns, faults);
      array.path = path;
      if (array.records() == 0 && faults.count() == 0)
        fail(ExitCode::BadData, "{}: holds no records", path);
      return array;
    }
    if (isPicture(content))
      fail(ExitCode::BadData, "{}: is a single picture; give the folder or the archive that it lies in", path);
  } catch (const std::bad_alloc &) {
    fail(ExitCode::Unavailable, "{}: does not fit in memory; {}", path, cacheAdvice);
  }
  fail(ExitCode::BadData,
       "{}: expected an IDX, NPY, NPZ or CSV file or a tar archive (each may be packed by gzip or zstd), or a folder "
       "of pictures, got "
       "none of these",
       path);
}
