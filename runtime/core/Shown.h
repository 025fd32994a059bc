//===- Shown.h - Text of files as a terminal may show it --------*- C++ -*-===//
#ifndef AGON_RUNTIME_CORE_SHOWN_H
#define AGON_RUNTIME_CORE_SHOWN_H

#include <string>
#include <string_view>

namespace agon::rt {

/// A message that may quote a file: what would move the cursor, colour the text
/// or turn its direction is escaped (`\x1b`, `\u{202e}`), and so are bytes that
/// are no UTF-8; a word that is too long to read is cut.
std::string shown(std::string_view text);

} // namespace agon::rt

#endif // AGON_RUNTIME_CORE_SHOWN_H
