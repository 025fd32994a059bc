//===- Zip.cpp - Archives in zip's format ---------------------------------===//
//
// PKWARE's APPNOTE.TXT 6.3.10: 4.3.7 local headers, 4.3.12 central directory, 4.3.14 to 4.3.16 its end, 4.5.3 sizes
// beyond 32 bits, as NumPy writes them. A format of two pages, so no library.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Zip.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <string_view>
#include <zlib.h>

using namespace agon::rt;

namespace {

/// Numbers at places of the archive, the lowest byte first.
class Reading {
public:
  Reading(std::span<const std::byte> content, const std::string &path) : content(content), path(path) {}

  [[noreturn]] void refuse(const char *what) const { fail(ExitCode::BadData, "{}: {}", path, what); }
  std::span<const std::byte> part(uint64_t at, uint64_t count) const {
    if (at > content.size() || count > content.size() - at)
      refuse("the zip archive is damaged or cut off");
    return content.subspan(size_t(at), size_t(count));
  }
  uint64_t number(uint64_t at, unsigned count) const {
    uint64_t value = 0;
    auto bytes = part(at, count);
    for (unsigned i = count; i-- > 0;)
      value = value << 8 | uint64_t(bytes[i]);
    return value;
  }
  bool hasMark(uint64_t at, uint32_t mark) const {
    return at <= content.size() && content.size() - at >= 4 && number(at, 4) == mark;
  }
  void expectMark(uint64_t at, uint32_t mark) const {
    if (!hasMark(at, mark))
      refuse("the zip archive is damaged or cut off");
  }

  std::span<const std::byte> content;
  const std::string &path;
};

constexpr uint32_t localMark = 0x04034b50, centralMark = 0x02014b50, endMark = 0x06054b50, end64Mark = 0x06064b50,
                   locatorMark = 0x07064b50;
constexpr uint64_t endSize = 22, locatorSize = 20, centralSize = 46, localSize = 30;

/// Where the directory begins, and how many files it lists.
std::pair<uint64_t, uint64_t> findDirectory(const Reading &reading) {
  uint64_t size = reading.content.size(), mostComment = 0xffff;
  for (uint64_t comment = 0; comment <= mostComment && endSize + comment <= size; ++comment) {
    uint64_t at = size - endSize - comment;
    if (!reading.hasMark(at, endMark) || reading.number(at + 20, 2) != comment)
      continue;
    if (at < locatorSize || !reading.hasMark(at - locatorSize, locatorMark))
      return {reading.number(at + 16, 4), reading.number(at + 10, 2)};
    uint64_t end64 = reading.number(at - locatorSize + 8, 8);
    reading.expectMark(end64, end64Mark);
    return {reading.number(end64 + 48, 8), reading.number(end64 + 32, 8)};
  }
  reading.refuse("the directory that ends a zip archive is missing: it is cut off");
}

/// Replaces the numbers that are too large for 32 bits by those of the extra field, where they stand in order.
void widen(const Reading &reading, uint64_t at, uint64_t length, std::initializer_list<uint64_t *> numbers) {
  for (uint64_t end = at + length; at + 4 <= end;) {
    uint64_t kind = reading.number(at, 2), size = reading.number(at + 2, 2);
    at += 4;
    uint64_t from = at;
    for (uint64_t *number : numbers)
      if (kind == 1 && *number == 0xffffffff && from + 8 <= at + size) {
        *number = reading.number(from, 8);
        from += 8;
      }
    at += size;
  }
}

} // namespace

bool agon::rt::isZip(std::span<const std::byte> head) {
  static const std::string path;
  Reading reading(head, path);
  return reading.hasMark(0, localMark) || (head.size() == endSize && reading.hasMark(0, endMark));
}

std::vector<ZipMember> agon::rt::listZip(std::span<const std::byte> content, const std::string &path) {
  Reading reading(content, path);
  auto [at, count] = findDirectory(reading);
  std::vector<ZipMember> members;
  for (uint64_t i = 0; i < count; ++i) {
    reading.expectMark(at, centralMark);
    uint64_t flags = reading.number(at + 8, 2), method = reading.number(at + 10, 2);
    uint64_t packed = reading.number(at + 20, 4), size = reading.number(at + 24, 4), local = reading.number(at + 42, 4);
    uint64_t nameLength = reading.number(at + 28, 2), extraLength = reading.number(at + 30, 2);
    auto name = reading.part(at + centralSize, nameLength);
    widen(reading, at + centralSize + nameLength, extraLength, {&size, &packed, &local});
    ZipMember member;
    member.name.assign(reinterpret_cast<const char *>(name.data()), name.size());
    if (flags & 1)
      reading.refuse("the zip archive is encrypted");
    if (method != 0 && method != 8)
      reading.refuse("the zip archive is packed in a way that is not read; save it by numpy.savez or savez_compressed");
    member.isDeflated = method == 8;
    member.sum = uint32_t(reading.number(at + 16, 4));
    member.size = size;
    reading.expectMark(local, localMark);
    uint64_t begin = local + localSize + reading.number(local + 26, 2) + reading.number(local + 28, 2);
    member.packed = reading.part(begin, packed);
    // Deflate shrinks at most 1032 times (zlib's "Technical Details").
    if (member.isDeflated ? size / 1032 > packed + 8 : size != packed)
      reading.refuse("the zip archive is damaged: a size in its directory is impossible");
    members.push_back(std::move(member));
    at += centralSize + nameLength + extraLength + reading.number(at + 32, 2);
  }
  return members;
}

Bytes agon::rt::unpackZip(const ZipMember &member, Bytes to, const std::string &place) {
  to.resize(size_t(member.size));
  if (!member.isDeflated) {
    std::copy(member.packed.begin(), member.packed.end(), to.begin());
  } else {
    z_stream stream = {};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      fail(ExitCode::Unavailable, "out of memory while reading {}", place);
    size_t in = 0, out = 0;
    int code = Z_OK;
    while (code == Z_OK) {
      constexpr size_t most = size_t(1) << 30;
      size_t given = std::min(most, member.packed.size() - in), room = std::min(most, to.size() - out);
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(member.packed.data() + in));
      stream.avail_in = uInt(given);
      stream.next_out = reinterpret_cast<Bytef *>(to.data() + out);
      stream.avail_out = uInt(room);
      code = inflate(&stream, Z_NO_FLUSH);
      in += given - stream.avail_in;
      out += room - stream.avail_out;
    }
    inflateEnd(&stream);
    if (code != Z_STREAM_END || out != to.size())
      fail(ExitCode::BadData, "{}: the deflated data is corrupt", place);
  }
  if (crc32_z(0, reinterpret_cast<const Bytef *>(to.data()), to.size()) != member.sum)
    fail(ExitCode::BadData, "{}: the checksum is wrong: the archive is damaged", place);
  return to;
}
