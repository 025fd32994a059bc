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
    if (!rest.empty() && !rest.starts_with(line))
      fail(ExitCode::BadData, "{}: expected the columns {}, got others", path,
           std::string_view(line).substr(0, line.size() - 1));
    rest.remove_prefix(std::min(rest.size(), line.size()));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
      int64_t step = 0;
      auto [at, error] = std::from_chars(rest.data(), rest.data() + end, step);
      if (error == std::errc() && keep(step))
        kept += rest.substr(0, end + 1);
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
  line = "step";
  for (const std::string &name : names)
    line += "," + name;
  line += ",steps_per_s\n";
}

void Log::append() {
  descriptor = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot write {}: {}", path, std::strerror(errno));
}

void Log::row(int64_t step, double stepsPerSecond) {
  line = std::to_string(step);
  for (uint32_t index : cells)
    line += "," + exactNumber(instance, instance.cell(index));
  line += fmt::format(",{:.6g}\n", stepsPerSecond);
  writeAll(descriptor, line.data(), line.size(), path);
}

std::string Log::summary() const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i)
    text += fmt::format("{}{} {:.5g}", i ? "  " : "", names[i], instance.read(instance.cell(cells[i])));
  return text;
}
