//===- Source.h - Source text and places in it ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SYNTAX_SOURCE_H
#define AGON_FRONTEND_SYNTAX_SOURCE_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace agon::syntax {

/// One file's text, kept alive by the SourceManager for the whole compilation.
struct SourceFile {
  std::string path;                 ///< As the user wrote it, or "<std>/layers.agon".
  std::string text;                 ///< The whole text.
  std::vector<uint32_t> lineStarts; ///< Offset of each line's first byte.
  bool isStandardLibrary = false;

  struct LineColumn {
    uint32_t line, column; ///< Both from 1; columns count bytes.
  };
  LineColumn lineColumn(uint32_t offset) const;
  std::string_view lineText(uint32_t line) const; ///< Without its newline.
};

/// Half-open byte range in one file. A default-constructed one is nowhere.
struct SourceRange {
  const SourceFile *file = nullptr;
  uint32_t begin = 0, end = 0;
  explicit operator bool() const { return file != nullptr; }
  /// From this range's begin to the other's end (same file).
  SourceRange to(SourceRange other) const { return {file, begin, other.end}; }
};

/// Owns every file that takes part in a compilation; addresses are stable.
class SourceManager {
public:
  const SourceFile &add(std::string path, std::string text, bool isStandardLibrary = false);

private:
  std::vector<std::unique_ptr<SourceFile>> files;
};

} // namespace agon::syntax
#endif
