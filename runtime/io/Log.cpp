#include "runtime/io/Log.h"

#include "runtime/core/Failure.h"
#include "runtime/io/File.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

using namespace agon::rt;

std::string agon::rt::exactNumber(const Instance &instance, const agon_cell &cell) {
  double value = instance.read(cell);
  return cell.dtype == AGON_F32 ? fmt::format("{}", float(value)) : fmt::format("{}", value);
}

Log::Log(const Instance &instance, const std::string &path) : instance(instance), path(path) {
  begin();
  writeFile(path, line, Durability::Lazy);
  append();
}

Log::Log(const Instance &instance, const std::string &path, const std::function<bool(int64_t)> &keep)
    : instance(instance), path(path) {
  begin();
  std::string kept = line;
  if (fileExists(path)) {
    std::vector<std::byte> content = readWholeFile(path);
    std::string_view rest(reinterpret_cast<const char *>(content.data()), content.size());
    std::string blanks = adopt(rest.substr(0, rest.find('\n')));
    kept = line;
    rest.remove_prefix(rest.empty() ? 0 : std::min(rest.size(), rest.find('\n') + 1));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      int64_t step = 0;
      auto [at, error] = std::from_chars(rest.data(), rest.data() + end, step);
      if (error != std::errc() || !keep(step))
        continue;
      size_t last = rest.substr(0, end).rfind(',');
      kept += fmt::format("{}{}{}\n", rest.substr(0, last), blanks, rest.substr(last, end - last));
    }
  }
  writeFile(path, kept);
  append();
}

Log::~Log() {
  if (descriptor >= 0)
    close(descriptor);
}

void Log::begin() {
  const agon_model &model = instance.model();
  for (uint32_t p = 0; p < model.num_players; ++p) {
    cells.push_back(model.players[p].objective);
    names.push_back(model.players[p].name);
  }
  for (uint32_t index : instance.cellsOf(AGON_CELL_METRIC)) {
    cells.push_back(index);
    names.push_back(instance.cell(index).name);
  }
  writeHeader();
}

void Log::writeHeader() {
  line = fmt::format("step{}{},steps_per_s\n", names.empty() ? "" : ",", fmt::join(names, ","));
}

std::string Log::adopt(std::string_view header) {
  if (header.empty() || line.starts_with(fmt::format("{}\n", header)))
    return {};
  if (!header.starts_with("step,") || !header.ends_with(",steps_per_s"))
    fail(ExitCode::BadData, "{}: expected the columns {}, got others", path,
         std::string_view(line).substr(0, line.size() - 1));
  std::vector<std::string> columns;
  std::vector<int64_t> sources;
  auto cellOf = [&](std::string_view name) {
    auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? noCell : cells[size_t(found - names.begin())];
  };
  header.remove_prefix(std::string_view("step").size());
  while (!header.starts_with(",steps_per_s")) {
    header.remove_prefix(1);
    columns.emplace_back(header.substr(0, header.find(',')));
    sources.push_back(cellOf(columns.back()));
    header.remove_prefix(columns.back().size());
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

void Log::append() {
  descriptor = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
}

void Log::row(int64_t step, double stepsPerSecond) {
  line = std::to_string(step);
  for (int64_t index : cells)
    line += "," + (index == noCell ? std::string() : exactNumber(instance, instance.cell(uint32_t(index))));
  line += fmt::format(",{:.6g}\n", stepsPerSecond);
  writeAll(descriptor, line.data(), line.size(), path);
}

std::string Log::summary() const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i)
    if (cells[i] != noCell)
      text += fmt::format("{}{} {:.5g}", text.empty() ? "" : "  ", names[i],
                          instance.read(instance.cell(uint32_t(cells[i]))));
  return text;
}
