#include "runtime/charts/RunLog.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "support/Shown.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

using namespace agon::rt;

namespace {

constexpr uint64_t maxBytes = uint64_t(1) << 32;

std::vector<std::string_view> cellsOf(std::string_view row) {
  std::vector<std::string_view> cells;
  for (size_t end; (end = row.find(',')) != std::string_view::npos; row.remove_prefix(end + 1))
    cells.push_back(row.substr(0, end));
  cells.push_back(row);
  return cells;
}

/// Reads a cell that is a number, or empty. \returns whether it is.
bool readCell(std::string_view cell, RunLog::Column &column) {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (!cell.empty()) {
    auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (end != cell.data() + cell.size() || error == std::errc::invalid_argument)
      return false;
    if (error == std::errc::result_out_of_range)
      value = cell.find("e-") != std::string_view::npos ? 0 : HUGE_VAL;
    column.notFinite += !std::isfinite(value);
  }
  column.values.push_back(value);
  return true;
}

/// Adds a row's numbers. \returns whether it is a row that may follow those before it.
bool readRow(std::string_view row, RunLog &log) {
  std::vector<std::string_view> cells = cellsOf(row);
  int64_t step = 0;
  auto [end, error] = std::from_chars(cells[0].data(), cells[0].data() + cells[0].size(), step);
  if (cells.size() != log.columns.size() + 1 || error != std::errc() || end != cells[0].data() + cells[0].size() ||
      (!log.steps.empty() && double(step) <= log.steps.back()))
    return false;
  log.steps.push_back(double(step));
  for (size_t i = 0; i < log.columns.size(); ++i)
    if (!readCell(cells[i + 1], log.columns[i]))
      return false;
  return true;
}

} // namespace

const RunLog::Column *RunLog::find(std::string_view column) const {
  auto found = std::ranges::find(columns, column, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

RunLog agon::rt::readRunLog(const std::string &directory) {
  std::string path = directory + "/log.csv";
  if (!isRegularFile(path))
    fail(ExitCode::NoInput, "{} holds no log.csv; give the directory of a run", directory);
  std::string text = readWholeFile(path, maxBytes);
  std::string_view rest = text;
  RunLog log;
  for (int64_t number = 1; rest.find('\n') != std::string_view::npos; ++number) {
    std::string_view row = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(row.size() + 1);
    if (number > 1) {
      if (!readRow(row, log))
        fail(ExitCode::BadData, "{}:{}: expected a later step and {} numbers, got '{}'", path, number,
             log.columns.size(), support::shown(row));
      continue;
    }
    std::vector<std::string_view> names = cellsOf(row);
    if (names[0] != "step")
      fail(ExitCode::BadData, "{} is no log of a run: expected its first column to be step, got '{}'", path,
           support::shown(names[0]));
    for (size_t i = 1; i < names.size(); ++i)
      log.columns.push_back({std::string(names[i]), {}, 0});
  }
  return log;
}

std::vector<std::string> agon::rt::namesOfRuns(std::span<const std::string> directories) {
  std::vector<std::string> names;
  for (const std::string &directory : directories) {
    std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
    std::string last = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
    names.push_back(last.empty() || last == "." || last == ".." ? directory : last);
  }
  if (std::set<std::string>(names.begin(), names.end()).size() < names.size())
    names.assign(directories.begin(), directories.end());
  return names;
}
