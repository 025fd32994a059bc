//===- CsvCells.cpp - The cells of a text in columns ----------------------===//
//
// https://www.rfc-editor.org/rfc/rfc4180
//
//===----------------------------------------------------------------------===//
#include "runtime/data/CsvCells.h"

#include "runtime/core/Failure.h"

using namespace agon::rt;

CsvCells::CsvCells(std::string_view text, std::string name, char separator)
    : text(text), name(std::move(name)), separator(separator), lines(separator == 0) {}

void CsvCells::skipBlanks() {
  while (!atEnd() && (text[at] == ' ' || (text[at] == '\t' && separator != '\t')))
    ++at;
}

/// CRLF is one end of a line.
void CsvCells::skipBreak() {
  if (atEnd())
    return;
  at += text.substr(at).starts_with("\r\n") ? 2 : 1;
  ++line;
}

/// Passes over lines that hold nothing; false at the end of the text.
bool CsvCells::skipToRecord() {
  while (lines && !atEnd()) {
    size_t begin = at;
    bool comment = text[at] == '#';
    skipBlanks();
    while (comment && !atBreak())
      ++at;
    if (!atBreak()) {
      at = begin;
      break;
    }
    skipBreak();
  }
  return !atEnd();
}

/// What separates the cells of the line that begins here. What stands in quotes does not count.
char CsvCells::separatorOfLine() const {
  for (char candidate : {',', ';', '\t'}) {
    bool quoted = false;
    for (char c : text.substr(at)) {
      quoted ^= c == '"';
      if (!quoted && c == candidate)
        return candidate;
      if (!quoted && (c == '\n' || c == '\r'))
        break;
    }
  }
  return ' ';
}

std::string_view CsvCells::plainCell(size_t column) {
  size_t begin = at;
  while (!atBreak() && !atSeparator()) {
    if (text[at] == '"')
      fail(ExitCode::BadData, "{}:{}: column {}: expected quotes around a whole cell, got quotes within one", name,
           line, column);
    ++at;
  }
  std::string_view cell = text.substr(begin, at - begin);
  size_t last = cell.find_last_not_of(separator == '\t' ? " " : " \t");
  return cell.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view CsvCells::quotedCell(size_t column) {
  const int64_t first = line;
  size_t begin = ++at;
  std::string *copy = nullptr;
  std::string_view cell;
  for (;;) {
    size_t end = text.find('"', at);
    if (end == std::string_view::npos)
      fail(ExitCode::BadData, "{}:{}: column {}: expected quotes to end the cell, got the end of the text", name, first,
           column);
    for (; at < end; ++at)
      line += text[at] == '\n' || (text[at] == '\r' && text[at + 1] != '\n');
    at = end + 1;
    bool twice = !atEnd() && text[at] == '"';
    if (copy || twice) {
      if (!copy)
        copy = &unescaped.emplace_back();
      copy->append(text.substr(begin, end - begin + twice));
      begin = end + 2;
    } else {
      cell = text.substr(begin, end - begin);
    }
    if (!twice)
      break;
    ++at;
  }
  if (separator != ' ')
    skipBlanks();
  if (!atBreak() && !atSeparator())
    fail(ExitCode::BadData, "{}:{}: column {}: expected the end of the cell after its quotes, got '{}'", name, line,
         column, text[at]);
  return copy ? std::string_view(*copy) : cell;
}

bool CsvCells::next(std::vector<Cell> &cells) {
  cells.clear();
  unescaped.clear();
  if (!skipToRecord())
    return false;
  if (separator == 0)
    separator = separatorOfLine();
  for (;;) {
    skipBlanks();
    if (separator == ' ' && atBreak())
      break;
    const int64_t from = line;
    size_t column = cells.size() + 1;
    bool quoted = !atEnd() && text[at] == '"';
    std::string_view cell = quoted ? quotedCell(column) : plainCell(column);
    cells.push_back({cell, from});
    if (!atSeparator())
      break;
    if (separator != ' ')
      ++at;
  }
  skipBreak();
  return true;
}
