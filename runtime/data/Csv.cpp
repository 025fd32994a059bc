//===- Csv.cpp - Numbers in columns ---------------------------------------===//
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "runtime/data/CsvCells.h"
#include "runtime/data/Readers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

using namespace agon::rt;

namespace {

/// Text without control characters. Nothing else is known to begin this way, so
/// the reader is asked last.
bool accepts(std::span<const std::byte> content) {
  return std::all_of(content.begin(), content.end(), [](std::byte b) {
    auto c = uint8_t(b);
    return c >= 32 || c == '\n' || c == '\r' || c == '\t';
  });
}

enum class Parsed { Number, TooLarge, Text };

/// A number below the smallest is 0.
Parsed parseNumber(std::string_view text, double &value) {
  if (text.starts_with('+') && !text.starts_with("+-"))
    text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument)
    return Parsed::Text;
  if (error == std::errc())
    return Parsed::Number;
  value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(value) ? Parsed::Number : Parsed::TooLarge;
}

/// Reads one file.
class Table {
public:
  /// \param numbers where they are kept.
  Table(std::string_view text, const std::string &path, const std::vector<std::string> &names, Faults &faults,
        Bytes numbers)
      : cells(text, path), path(path), names(names), faults(faults) {
    array.storage = std::move(numbers);
  }

  Array read();

private:
  bool isHeader() const;
  void choose();
  void addRecord();

  CsvCells cells;
  const std::string &path;
  const std::vector<std::string> &names; ///< of the chosen columns; none: all
  Faults &faults;
  std::vector<CsvCells::Cell> record;
  std::vector<size_t> chosen; ///< indices of columns
  size_t width = 0;           ///< cells of every record
  size_t filled = 0;          ///< bytes of numbers
  Array array;
};

/// A header has no numeric cell, and names something.
bool Table::isHeader() const {
  double value;
  bool named = false;
  for (const CsvCells::Cell &cell : record) {
    if (parseNumber(cell.text, value) != Parsed::Text)
      return false;
    named |= !cell.text.empty();
  }
  return named;
}

/// Finds the columns to read, by the header when `record` is one.
void Table::choose() {
  for (size_t i = 0; names.empty() && i < width; ++i)
    chosen.push_back(i);
  if (!names.empty() && !isHeader())
    fail(ExitCode::BadData, "{}:{}: expected a header that names the columns {}, got a record", path, record[0].line,
         shownText(fmt::format("{}", fmt::join(names, ","))));
  std::vector<std::string> header;
  for (const CsvCells::Cell &cell : record)
    header.emplace_back(cell.text);
  for (const std::string &name : names) {
    auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end())
      fail(ExitCode::BadData, "{}:{}: expected a column {}, got {}{}", path, record[0].line, shownText(name),
           shownText(fmt::format("{}", fmt::join(header, ", ")), 200), suggestion(name, header));
    if (std::find(found + 1, header.end(), name) != header.end())
      fail(ExitCode::BadData, "{}:{}: expected one column {}, got several", path, record[0].line, shownText(name));
    chosen.push_back(size_t(found - header.begin()));
  }
}

void Table::addRecord() {
  if (record.size() != width)
    return faults.add(fmt::format("{}:{}: expected {} columns, got {}", path, record[0].line, width, record.size()));
  size_t bytes = chosen.size() * sizeof(double);
  if (array.storage.size() < filled + bytes)
    array.storage.resize(std::max(filled + bytes, 2 * filled));
  size_t at = filled;
  for (size_t column : chosen) {
    const CsvCells::Cell &cell = record[column];
    double value = 0;
    Parsed parsed = parseNumber(cell.text, value);
    if (parsed != Parsed::Number)
      return faults.add(fmt::format("{}:{}: column {}: expected {}, got {}", path, cell.line, column + 1,
                                    parsed == Parsed::Text ? "a number" : "a number that a double can hold",
                                    shownText(cell.text)));
    std::memcpy(array.storage.data() + at, &value, sizeof(double));
    at += sizeof(double);
  }
  filled = at;
  array.lines.push_back(record[0].line);
}

Array Table::read() {
  array.element = Element::F64;
  array.path = path;
  if (cells.next(record)) {
    width = record.size();
    choose();
    const CsvCells::Cell first = {record[0].text, record[0].line};
    std::string shown = shownText(first.text);
    if (!isHeader())
      addRecord();
    else if (!cells.next(record))
      fail(ExitCode::BadData, "{}:{}: column 1: expected a number, or records after a header, got {}", path, first.line,
           shown);
    else
      addRecord();
    while (cells.next(record))
      addRecord();
  }
  array.storage.resize(filled);
  array.shape = {int64_t(array.lines.size()), int64_t(chosen.size())};
  for (size_t column : chosen)
    array.fileColumns.push_back(int64_t(column) + 1);
  return std::move(array);
}

Array read(Bytes content, const std::string &path, const std::vector<std::string> &columns, Faults &faults) {
  std::string_view text(reinterpret_cast<const char *>(content.data()), content.size());
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  return Table(text, path, columns, faults, Bytes(content.get_allocator())).read();
}

} // namespace

namespace agon::rt {
extern const Reader csvReader;
const Reader csvReader = {"CSV", accepts, nullptr, read, nullptr};
} // namespace agon::rt
