#include "runtime/io/JsonLines.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/JsonNumber.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace agon::rt;

static constexpr uint64_t maxBytes = uint64_t(1) << 32;

/// The text before the next separator, which is taken away with it.
static std::string_view next(std::string_view &rest, char separator) {
  std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

/// A cell's number in the digits that log.csv has; what is none, as a text.
static std::string valueOf(std::string_view cell) {
  if (nlohmann::json::parse(cell, nullptr, false).is_number())
    return std::string(cell);
  double number = 0;
  auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  bool isNumber = error == std::errc() && end == cell.data() + cell.size();
  return (isNumber ? jsonNumber(number) : nlohmann::ordered_json(cell)).dump();
}

static std::string objectOf(std::string_view header, std::string_view row) {
  std::string object;
  while (!header.empty()) {
    std::string_view name = next(header, ','), cell = next(row, ',');
    if (!cell.empty())
      object += fmt::format("{}{}: {}", object.empty() ? "" : ", ", nlohmann::json(name).dump(), valueOf(cell));
  }
  return fmt::format("{{{}}}\n", object);
}

JsonLines::JsonLines(std::string path, std::string log) : path(std::move(path)), log(std::move(log)) { rewrite(); }

JsonLines::~JsonLines() {
  if (descriptor >= 0)
    close(descriptor);
}

void JsonLines::rewrite() {
  std::string rows = readWholeFile(log, maxBytes), lines;
  std::string_view rest(rows), header = next(rest, '\n');
  while (!rest.empty())
    lines += objectOf(header, next(rest, '\n'));
  writeFile(path, lines, Durability::Lazy);
  if (descriptor >= 0)
    close(descriptor);
  descriptor = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
  written = int64_t(lines.size());
}

bool JsonLines::isWhole() const {
  struct stat open, named;
  if (fstat(descriptor, &open) != 0 || stat(path.c_str(), &named) != 0)
    return false;
  if (open.st_dev != named.st_dev || open.st_ino != named.st_ino)
    fail(ExitCode::InputOutput, "{} was replaced by another file", path);
  return open.st_size == written;
}

std::string JsonLines::row(std::string_view header, std::string_view row) {
  if (!isWhole()) {
    rewrite();
    return fmt::format("{} was deleted or changed; it is written again, with the rows of {}", path, log);
  }
  std::string line = objectOf(header, row);
  if (std::error_code error = agon::support::writeAll(descriptor, line.data(), line.size()))
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, error.message());
  written += int64_t(line.size());
  return {};
}
