#include "runtime/core/Shown.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <vector>

using namespace agon::rt;

namespace {

/// Of a word without blanks: a path is rarely longer.
constexpr size_t longestWord = 200;

/// The code point that begins at `at` and its length; length 0: no UTF-8.
std::pair<uint32_t, size_t> decode(std::string_view text, size_t at) {
  auto byte = [&](size_t i) -> uint32_t { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0; };
  uint32_t first = byte(0);
  if (first < 0x80)
    return {first, 1};
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  uint32_t code = first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {0, 0};
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return first < 0xc2 || first > 0xf4 || code < least[length] || surrogate || code > 0x10ffff
             ? std::pair<uint32_t, size_t>{0, 0}
             : std::pair<uint32_t, size_t>{code, length};
}

/// Controls, separators of lines, marks of direction, and what has no width.
bool isUnsafe(uint32_t code) {
  for (auto [first, last] : {std::pair<uint32_t, uint32_t>{0, 0x1f},
                             {0x7f, 0x9f},
                             {0xad, 0xad},
                             {0x61c, 0x61c},
                             {0x180e, 0x180e},
                             {0x200b, 0x200f},
                             {0x2028, 0x202e},
                             {0x2060, 0x206f},
                             {0xfeff, 0xfeff},
                             {0xfff9, 0xfffb},
                             {0xe0000, 0xe0fff}})
    if (code >= first && code <= last)
      return true;
  return false;
}

} // namespace

std::string agon::rt::shown(std::string_view text) {
  std::string result;
  std::vector<std::string> word;
  auto endWord = [&] {
    bool tooLong = word.size() > longestWord;
    size_t head = tooLong ? longestWord * 3 / 4 : word.size(), tail = tooLong ? longestWord / 4 : 0;
    for (size_t i = 0; i < head; ++i)
      result += word[i];
    if (tooLong)
      result += "...";
    for (size_t i = word.size() - tail; i < word.size(); ++i)
      result += word[i];
    word.clear();
  };
  for (size_t i = 0; i < text.size();) {
    auto [code, length] = decode(text, i);
    if (length == 0)
      word.push_back(fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i])));
    else if (isUnsafe(code))
      word.push_back(code == '\n'     ? "\\n"
                     : code == '\t'   ? "\\t"
                     : code < 0x100 ? fmt::format("\\x{:02x}", code)
                                    : fmt::format("\\u{{{:x}}}", code));
    else
      word.emplace_back(text.substr(i, length));
    if (code == ' ' && length == 1)
      endWord();
    i += std::max<size_t>(length, 1);
  }
  endWord();
  return result;
}
