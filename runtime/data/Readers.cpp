#include "runtime/data/Readers.h"

#include "runtime/core/Failure.h"

#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

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

/// The whole file, unpacked if it is gzip (zlib passes other files through).
static Bytes readFile(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (descriptor < 0)
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(errno));
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(descriptor);
    fail(ExitCode::NoInput, "{} is a directory, expected a data file", path);
  }
  gzFile file = gzdopen(descriptor, "rb");
  if (!file) {
    close(descriptor);
    fail(ExitCode::Internal, "out of memory while reading {}", path);
  }
  gzbuffer(file, 1 << 18);
  Bytes content;
  size_t filled = 0;
  try {
    content.resize(std::max<size_t>(1 << 16, size_t(status.st_size) + 1));
    for (;;) {
      if (filled == content.size())
        content.resize(content.size() + content.size() / 2);
      unsigned want = unsigned(std::min<size_t>(content.size() - filled, 1u << 30));
      int got = gzread(file, content.data() + filled, want);
      int code = Z_OK;
      if (got < 0) {
        std::string message = gzerror(file, &code);
        bool system = code == Z_ERRNO;
        gzclose_r(file);
        fail(system ? ExitCode::InputOutput : ExitCode::BadData, "{}: {}", path,
             system ? std::strerror(errno) : "the gzip data is corrupt");
      }
      if (got == 0) {
        gzerror(file, &code);
        break;
      }
      filled += size_t(got);
    }
  } catch (const std::bad_alloc &) {
    gzclose_r(file);
    fail(ExitCode::BadData, "{}: does not fit in memory", path);
  }
  // A gzip file that ends early reads as if it were whole; only closing tells.
  if (gzclose_r(file) != Z_OK)
    fail(ExitCode::BadData, "{}: the gzip data ends early", path);
  content.resize(filled);
  return content;
}

Array agon::rt::readArray(const std::string &path) {
  Bytes content = readFile(path);
  if (content.empty())
    fail(ExitCode::BadData, "{}: the file is empty", path);
  std::span<const std::byte> head(content.data(), std::min<size_t>(content.size(), 4096));
  for (const Reader *reader : {&npyReader, &idxReader, &csvReader})
    if (reader->accepts(head, path)) {
      Array array = reader->read(std::move(content), path);
      array.path = path;
      if (array.records() == 0)
        fail(ExitCode::BadData, "{}: holds no records", path);
      return array;
    }
  fail(ExitCode::BadData, "{}: expected an IDX, NPY or CSV file (each may be gzip), got neither", path);
}
