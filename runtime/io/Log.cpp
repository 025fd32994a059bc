#include "runtime/io/Log.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Finite.h"
#include "runtime/io/File.h"
#include "support/Shown.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

using namespace agon::rt;

static constexpr uint64_t maxBytes = uint64_t(1) << 32;

std::string agon::rt::exactNumber(const Instance &instance, const agon_cell &cell) {
  double value = shownNumber(instance.read(cell));
  return cell.dtype == AGON_F32 ? fmt::format("{}", float(value)) : fmt::format("{}", value);
}

Log::Log(const Instance &instance, const std::string &path) : instance(instance), path(path) {
  begin();
  writeFile(path, header, Durability::Lazy);
  append();
}

Log::Log(const Instance &instance, const std::string &path, const std::function<bool(int64_t)> &keep)
    : instance(instance), path(path) {
  begin();
  rewrite(keep);
}

void Log::cut(int64_t step) {
  rewrite([&](int64_t each) { return each <= step; });
}

void Log::rewrite(const std::function<bool(int64_t)> &keep) {
  std::string kept = header;
  lastKept = 0;
  if (isRegularFile(path)) {
    std::string before = readWholeFile(path, maxBytes);
    std::string_view rest(before), columns = rest.substr(0, rest.find('\n'));
    std::string blanks = adopt(columns);
    kept = header;
    rest.remove_prefix(std::min(rest.size(), columns.size() + 1));
    int64_t last = -1, number = 1;
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      std::string_view row = rest.substr(0, end);
      last = stepOf(row, last, std::count(columns.begin(), columns.end(), ','), ++number);
      if (!keep(last))
        continue;
      lastKept = last;
      size_t rate = row.rfind(',');
      kept += fmt::format("{}{}{}\n", row.substr(0, rate), blanks, row.substr(rate));
    }
  }
  writeFile(path, kept);
  append();
  if (json)
    json.emplace(jsonPath, path);
}

int64_t Log::stepOf(std::string_view row, int64_t before, int64_t commas, int64_t number) const {
  int64_t step = 0;
  auto [at, error] = std::from_chars(row.data(), row.data() + row.size(), step);
  bool isRow = error == std::errc() && at < row.data() + row.size() && *at == ',' &&
               std::count(row.begin(), row.end(), ',') == commas;
  if (!isRow || step <= before)
    fail(ExitCode::BadData, "{}:{}: {}, got '{}'; mend the file, or remove it, and its rows begin anew", path, number,
         isRow ? fmt::format("expected a step after {}", before)
               : fmt::format("expected a row of {} columns, the first a step", commas + 1),
         support::shown(row));
  return step;
}

Log::~Log() {
  if (descriptor >= 0)
    close(descriptor);
}

void Log::begin() {
  for (uint32_t kind : {AGON_CELL_OBJECTIVE, AGON_CELL_METRIC})
    for (uint32_t index : instance.cellsOf(kind)) {
      cells.push_back(index);
      names.push_back(instance.cell(index).name);
    }
  writeHeader();
}

void Log::writeHeader() {
  header = fmt::format("step{}{},steps_per_s\n", names.empty() ? "" : ",", fmt::join(names, ","));
}

std::string Log::adopt(std::string_view before) {
  if (before.empty() || header == fmt::format("{}\n", before))
    return {};
  if (!before.starts_with("step,") || !before.ends_with(",steps_per_s"))
    fail(ExitCode::BadData, "{}: expected the columns {}, got others", path,
         std::string_view(header).substr(0, header.size() - 1));
  std::vector<std::string> columns;
  std::vector<int64_t> sources;
  auto cellOf = [&](std::string_view name) {
    auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? noCell : cells[size_t(found - names.begin())];
  };
  before.remove_prefix(std::string_view("step").size());
  while (before != ",steps_per_s") {
    before.remove_prefix(1);
    columns.emplace_back(before.substr(0, before.find(',')));
    sources.push_back(cellOf(columns.back()));
    before.remove_prefix(columns.back().size());
  }
  std::string blanks;
  for (size_t i = 0; i < names.size(); ++i)
    if (std::find(columns.begin(), columns.end(), names[i]) == columns.end()) {
      columns.push_back(names[i]);
      sources.push_back(cells[i]);
      blanks += ',';
    }
  names = std::move(columns);
  cells = std::move(sources);
  writeHeader();
  return blanks;
}

/// Throws what the log has to complain of.
static void check(const std::error_code &error, const std::string &path) {
  if (error)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, error.message());
}

static std::error_code lastError() { return {errno, std::generic_category()}; }

void Log::append() {
  if (descriptor >= 0)
    close(descriptor);
  // Read too: a file that has lost its name can still be copied.
  int access = isRegularFile(path) ? O_RDWR : O_WRONLY | O_NOCTTY;
  descriptor = open(path.c_str(), access | O_APPEND | O_CLOEXEC);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0)
    check(lastError(), path);
  written = status.st_size;
}

bool Log::isWhole() const {
  struct stat open, named;
  return fstat(descriptor, &open) == 0 && stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino && open.st_size >= written;
}

std::string Log::content() const {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
    return {};
  std::string text(size_t(status.st_size), '\0');
  ssize_t got = pread(descriptor, text.data(), text.size(), 0);
  if (got < 0)
    fail(ExitCode::InputOutput, "cannot read {}: {}", path, std::strerror(errno));
  text.resize(size_t(got));
  return text;
}

std::string Log::repair() {
  struct stat open, named;
  if (stat(path.c_str(), &named) != 0) {
    writeFile(path, content(), Durability::Lazy);
    append();
    return fmt::format("{} was deleted; it is written again, with all its rows", path);
  }
  bool cut = fstat(descriptor, &open) == 0 && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
  append();
  std::string found = content();
  if (!found.starts_with(header) && !header.starts_with(found))
    fail(ExitCode::InputOutput, "{} was replaced by a file with other columns", path);
  // What is left of a row, or of the header, goes.
  size_t whole = found.starts_with(header) ? found.rfind('\n') + 1 : 0;
  if (whole < found.size() && ftruncate(descriptor, off_t(whole)) != 0)
    check(lastError(), path);
  if (whole == 0)
    check(agon::support::writeAll(descriptor, header.data(), header.size()), path);
  return cut ? fmt::format("{} was cut by another program; rows are missing", path)
             : fmt::format("{} was replaced by another file; rows go on there", path);
}

bool Log::isKnown(int64_t index) const {
  if (index == noCell)
    return false;
  const agon_cell &cell = instance.cell(uint32_t(index));
  return cell.kind != AGON_CELL_OBJECTIVE || !std::isnan(instance.read(cell));
}

std::string Log::row(int64_t step, double stepsPerSecond) {
  std::string news = isWhole() ? std::string() : repair();
  line = std::to_string(step);
  for (int64_t index : cells)
    line += "," + (isKnown(index) ? exactNumber(instance, instance.cell(uint32_t(index))) : std::string());
  line += fmt::format(",{:.6g}\n", stepsPerSecond);
  check(agon::support::writeAll(descriptor, line.data(), line.size()), path);
  struct stat status;
  if (fstat(descriptor, &status) == 0)
    written = status.st_size;
  if (json)
    if (std::string more = json->row(std::string_view(header).substr(0, header.size() - 1),
                                     std::string_view(line).substr(0, line.size() - 1));
        !more.empty())
      news += (news.empty() ? "" : "; ") + more;
  return news;
}

std::string Log::summary(uint32_t kind) const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i)
    if (isKnown(cells[i]) && instance.cell(uint32_t(cells[i])).kind == kind)
      text += fmt::format("{}{} {:.5g}", text.empty() ? "" : "  ", names[i],
                          shownNumber(instance.read(instance.cell(uint32_t(cells[i])))));
  return text;
}

std::vector<std::pair<std::string, double>> Log::numbers() const {
  std::vector<std::pair<std::string, double>> numbers;
  for (size_t i = 0; i < cells.size(); ++i)
    if (isKnown(cells[i]))
      numbers.emplace_back(names[i], instance.read(instance.cell(uint32_t(cells[i]))));
  return numbers;
}
