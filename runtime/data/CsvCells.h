//===- CsvCells.h - The cells of a text in columns --------------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_CSVCELLS_H
#define AGON_RUNTIME_DATA_CSVCELLS_H

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// Takes the cells of a text apart as RFC 4180 has it: a cell may stand in
/// quotes, which may hold separators, ends of lines, and quotes, written twice.
/// Beyond the RFC, the separator may be another than a comma, blanks around a
/// cell do not count, and lines end in LF, CRLF or CR.
class CsvCells {
public:
  /// `name` begins the messages about the text. \param separator 0: what the
  /// first line uses of comma, semicolon and tab, or else blanks; empty lines
  /// and lines that begin with # are passed over.
  CsvCells(std::string_view text, std::string name, char separator = 0);

  struct Cell {
    std::string_view text; ///< without quotes; valid until the next call
    int64_t line;          ///< on which it begins, from 1
  };
  /// The cells of the next record; false at the end.
  /// \throws Failure (BadData): quotes that do not end, or surround less than a cell.
  bool next(std::vector<Cell> &cells);

private:
  bool atEnd() const { return at == text.size(); }
  bool atBreak() const { return atEnd() || text[at] == '\n' || text[at] == '\r'; }
  bool atSeparator() const { return !atEnd() && (text[at] == separator || (separator == ' ' && text[at] == '\t')); }
  void skipBlanks();
  void skipBreak();
  bool skipToRecord();
  std::string_view plainCell(size_t column);
  std::string_view quotedCell(size_t column);
  char separatorOfLine() const;

  std::string_view text;
  std::string name;
  char separator;
  bool lines;                        ///< a file rather than one record
  size_t at = 0;                     ///< of the next character
  int64_t line = 1;                  ///< its line
  std::deque<std::string> unescaped; ///< cells that differ from the text
};

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_CSVCELLS_H
