//===- Shown.cpp - Text of files as a terminal may show it ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "support/Shown.h"
#include "support/Utf8.h"
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

namespace agon::support {

static std::string hexadecimal(const char *format, uint32_t number) {
  char text[16];
  std::snprintf(text, sizeof(text), format, unsigned(number));
  return text;
}

static uint32_t codePoint(std::string_view text, size_t at, size_t length) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if (length == 1)
    return byte(0);
  uint32_t code = byte(0) & (0x7f >> length);
  for (size_t i = 1; i < length; ++i)
    code = code << 6 | (byte(i) & 0x3f);
  return code;
}

/// Controls, separators of lines, marks of direction, and what has no width.
static bool isUnsafe(uint32_t code) {
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

std::string shownCharacter(std::string_view text, size_t at, size_t length) {
  if (length == 0)
    return hexadecimal("\\x%02x", static_cast<unsigned char>(text[at]));
  uint32_t code = codePoint(text, at, length);
  if (!isUnsafe(code))
    return std::string(text.substr(at, length));
  if (code == '\n')
    return "\\n";
  if (code == '\t')
    return "\\t";
  return hexadecimal(code < 0x100 ? "\\x%02x" : "\\u{%x}", code);
}

/// The first and the last of the characters, where there are more than `most`.
static std::string cut(const std::vector<std::string> &characters, size_t begin, size_t end, size_t most) {
  std::string result;
  bool tooLong = end - begin > most;
  size_t tail = tooLong ? most / 4 : 0, head = tooLong ? most - tail : end - begin;
  for (size_t i = begin; i < begin + head; ++i)
    result += characters[i];
  if (tooLong)
    result += "...";
  for (size_t i = end - tail; i < end; ++i)
    result += characters[i];
  return result;
}

std::string shown(std::string_view text, size_t longestWord, size_t longestText) {
  std::vector<std::string> characters, words;
  auto endWord = [&] {
    if (!characters.empty())
      words.push_back(cut(characters, 0, characters.size(), longestWord));
    characters.clear();
  };
  for (size_t i = 0; i < text.size();) {
    size_t length = utf8Length(text, i);
    if (text[i] == ' ') {
      endWord();
      words.push_back(" ");
    } else {
      characters.push_back(shownCharacter(text, i, length));
    }
    i += std::max<size_t>(length, 1);
  }
  endWord();
  size_t width = 0;
  for (const std::string &word : words)
    width += word.size();
  return width <= longestText ? cut(words, 0, words.size(), words.size())
                              : cut(words, 0, words.size(), std::max<size_t>(4, words.size() * longestText / width));
}

} // namespace agon::support
