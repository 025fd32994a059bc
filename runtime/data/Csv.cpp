//===- Csv.cpp - Numbers in columns ---------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

using namespace agon::rt;

namespace {

/// Text without control characters. Nothing else is known to begin this way, so
/// the reader is asked last.
bool accepts(std::span<const std::byte> content, const std::string &) {
  return std::all_of(content.begin(), content.end(), [](std::byte b) {
    auto c = uint8_t(b);
    return c >= 32 || c == '\n' || c == '\r' || c == '\t';
  });
}

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r\"");
  size_t end = text.find_last_not_of(" \t\r\"");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

char separatorOf(std::string_view line) {
  for (char candidate : {',', ';', '\t'})
    if (line.find(candidate) != std::string_view::npos)
      return candidate;
  return ' ';
}

/// Calls `body` with each column of a line; runs of blanks count once.
template <typename Body> void forEachColumn(std::string_view line, char separator, Body &&body) {
  while (!line.empty()) {
    if (separator == ' ') {
      size_t begin = line.find_first_not_of(' ');
      if (begin == std::string_view::npos)
        return;
      line.remove_prefix(begin);
    }
    size_t end = line.find(separator);
    body(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos)
      return;
    line.remove_prefix(end + 1);
    if (line.empty() && separator != ' ')
      body(std::string_view()); // "1,2," has an empty third column
  }
}

bool parseNumber(std::string_view text, double &value) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

Array read(Bytes content, const std::string &path) {
  std::string_view rest(reinterpret_cast<const char *>(content.data()), content.size());
  if (rest.starts_with("\xEF\xBB\xBF"))
    rest.remove_prefix(3);
  std::vector<double> values;
  int64_t lineNumber = 0, columns = 0, rows = 0;
  bool integral = true, first = true;
  char separator = ',';
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++lineNumber;
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (trimmed(line).empty() || line.starts_with('#'))
      continue;
    if (first)
      separator = separatorOf(trimmed(line));

    int64_t found = 0;
    std::string_view wrong;
    size_t before = values.size();
    bool bad = false;
    forEachColumn(separator == ' ' ? trimmed(line) : line, separator, [&](std::string_view text) {
      double value = 0;
      if (!parseNumber(text, value) && !bad) {
        bad = true;
        wrong = text;
      }
      integral &= bad || value == std::floor(value);
      values.push_back(value);
      ++found;
    });
    if (first) {
      columns = found;
      first = false;
      if (bad) { // a header
        values.resize(before);
        continue;
      }
    }
    if (bad)
      fail(ExitCode::BadData, "{}:{}: expected a number, got '{}'", path, lineNumber, wrong.substr(0, 40));
    if (found != columns)
      fail(ExitCode::BadData, "{}:{}: expected {} columns, got {}", path, lineNumber, columns, found);
    ++rows;
  }

  Array array;
  array.element = Element::F64;
  array.integral = integral;
  array.shape = {rows, columns};
  array.storage.resize(values.size() * sizeof(double));
  if (!values.empty())
    std::memcpy(array.storage.data(), values.data(), array.storage.size());
  return array;
}

} // namespace

const Reader agon::rt::csvReader = {"CSV", accepts, read};
