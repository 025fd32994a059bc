//===- Shown.h - Text of files as a terminal may show it --------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_SUPPORT_SHOWN_H
#define AGON_SUPPORT_SHOWN_H

#include <string>
#include <string_view>

namespace agon::support {

/// The character that begins at `at`, `length` bytes of well-formed UTF-8 or 0
/// for a malformed byte, as a terminal may show it: what would move the cursor,
/// colour the text or turn its direction is escaped (`\x1b`, `\u{202e}`).
std::string shownCharacter(std::string_view text, size_t at, size_t length);

/// A message that may quote a file: escaped, and cut where a word has more than
/// `longestWord` characters, or the whole about more than `longestText`.
std::string shown(std::string_view text, size_t longestWord = 200, size_t longestText = std::string_view::npos);

} // namespace agon::support
#endif
