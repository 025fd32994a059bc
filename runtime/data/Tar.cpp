//===- Tar.cpp - Archives in tar's format ---------------------------------===//
//
// POSIX.1-2017, pax: "ustar Interchange Format", "pax Extended Header"; GNU tar's manual, "The Standard Format",
// for long names and numbers beyond octal digits.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Tar.h"

#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <charconv>
#include <string_view>

using namespace agon::rt;

namespace {

/// A field of a header: where it begins, and its bytes.
struct Part {
  size_t begin, length;
};
constexpr Part namePart{0, 100}, sizePart{124, 12}, sumPart{148, 8}, magicPart{257, 5}, prefixPart{345, 155};
constexpr size_t typeAt = 156;

class Archive {
public:
  Archive(std::span<const std::byte> content, const std::string &path) : content(content), path(path) {}
  void visit(const TarVisitor &visitor);

private:
  [[noreturn]] void refuse(const std::string &what) const {
    fail(ExitCode::BadData, "{}: member {} at byte {}: {}", path, number, at, what);
  }
  /// Text up to its first zero.
  std::string_view text(Part part) const {
    auto all = std::string_view(reinterpret_cast<const char *>(content.data()) + at + part.begin, part.length);
    return all.substr(0, all.find('\0'));
  }
  /// Octal digits with blanks around them; or where the first bit is set, the number itself, highest byte first.
  uint64_t numberIn(Part part) const;
  void checkSum() const;
  bool isEnd() const {
    auto block = content.subspan(at, tarBlock);
    return std::all_of(block.begin(), block.end(), [](std::byte byte) { return byte == std::byte(0); });
  }
  /// What a pax header says of the next member.
  void readPax(std::string_view records);
  std::string nameOf() const;

  std::span<const std::byte> content;
  const std::string &path;
  size_t at = 0, number = 0;
  std::string longName; ///< of the next member, told before its header
  bool hasSize = false; ///< told there, too
  uint64_t longSize = 0;
};

uint64_t Archive::numberIn(Part part) const {
  const std::byte *bytes = content.data() + at + part.begin;
  uint64_t value = 0;
  if ((bytes[0] & std::byte(0x80)) != std::byte(0)) {
    for (size_t i = 1; i < part.length; ++i) {
      if (value >> 56)
        refuse("a number is too large");
      value = value << 8 | uint64_t(bytes[i]);
    }
    return value;
  }
  std::string_view digits = text(part);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  digits = digits.substr(0, digits.find(' '));
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (error != std::errc() || end != digits.data() + digits.size())
    refuse(fmt::format("expected octal digits in its header, got {}", shownText(digits)));
  return value;
}

void Archive::checkSum() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < tarBlock; ++i)
    sum += i >= sumPart.begin && i < sumPart.begin + sumPart.length ? uint64_t(' ') : uint64_t(content[at + i]);
  if (sum != numberIn(sumPart))
    refuse("the sum of its header is wrong: the archive is damaged");
}

void Archive::readPax(std::string_view records) {
  // "LENGTH KEY=VALUE\n", one after the other.
  while (!records.empty() && records[0] != '\0') {
    size_t length = 0;
    auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    size_t digits = size_t(end - records.data());
    if (error != std::errc() || digits + 2 > length || length > records.size() || *end != ' ' ||
        records[length - 1] != '\n')
      refuse("its pax header is damaged");
    std::string_view record = records.substr(digits + 1, length - digits - 2);
    size_t equals = record.find('=');
    if (equals == std::string_view::npos)
      refuse("its pax header is damaged");
    std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path")
      longName = value;
    if (key == "size") {
      auto [last, wrong] = std::from_chars(value.data(), value.data() + value.size(), longSize);
      if (wrong != std::errc() || last != value.data() + value.size())
        refuse("its pax header is damaged");
      hasSize = true;
    }
    if (key.starts_with("GNU.sparse"))
      refuse("it is a sparse file, which is not read");
    records.remove_prefix(length);
  }
}

std::string Archive::nameOf() const {
  if (!longName.empty())
    return longName;
  std::string_view prefix = text(magicPart) == "ustar" ? text(prefixPart) : std::string_view();
  return (prefix.empty() ? "" : std::string(prefix) + "/") + std::string(text(namePart));
}

void Archive::visit(const TarVisitor &visitor) {
  for (;; ++number) {
    if (at >= content.size() || content.size() - at < tarBlock)
      refuse("neither its header is there nor the zeros that end an archive: it is cut off");
    if (isEnd())
      return;
    checkSum();
    uint64_t size = hasSize ? longSize : numberIn(sizePart);
    char type = char(content[at + typeAt]);
    std::string name = nameOf();
    if (size > content.size() - at - tarBlock)
      refuse(fmt::format("{} has {} bytes, and the archive ends before: it is cut off", shownText(name), size));
    auto bytes = content.subspan(at + tarBlock, size_t(size));
    std::string_view asText(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    bool forNext = type == 'x' || type == 'L';
    if (type == 'x')
      readPax(asText);
    else if (type == 'L')
      longName = asText.substr(0, asText.find('\0'));
    else if (type == '1' || type == '2')
      refuse(fmt::format("{} is a link; pack the files themselves (tar --hard-dereference --dereference)",
                         shownText(name)));
    else if (type == 'S')
      refuse(fmt::format("{} is a sparse file, which is not read", shownText(name)));
    else if (type == '0' || type == '\0' || type == '7')
      visitor(name, bytes);
    if (!forNext) {
      longName.clear();
      hasSize = false;
    }
    at += tarBlock + (bytes.size() + tarBlock - 1) / tarBlock * tarBlock;
  }
}

} // namespace

bool agon::rt::isTar(std::span<const std::byte> head) {
  constexpr std::string_view magic = "ustar";
  return head.size() >= tarBlock &&
         std::equal(magic.begin(), magic.end(), reinterpret_cast<const char *>(head.data()) + magicPart.begin);
}

void agon::rt::visitTar(std::span<const std::byte> content, const std::string &path, const TarVisitor &visit) {
  Archive(content, path).visit(visit);
}
