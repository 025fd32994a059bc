#include "runtime/data/Binding.h"

#include "runtime/core/Failure.h"
#include "runtime/data/CsvCells.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <glob.h>
#include <sys/stat.h>

using namespace agon::rt;

[[noreturn]] static void failUsage(const std::string &text) {
  fail(ExitCode::Usage, "expected --data FIELD=PATH or FIELD=PATH:COLUMNS, got '{}'", text);
}

/// The paths that fit a pattern, sorted by their bytes.
static std::vector<std::string> fitting(const std::string &pattern) {
  std::vector<std::string> paths;
  glob_t found;
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::sort(paths.begin(), paths.end());
  return paths;
}

static bool exists(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

bool agon::rt::isThere(const std::string &path) { return exists(path) || !fitting(path).empty(); }

std::vector<std::string> agon::rt::filesOf(const std::string &path) {
  if (exists(path))
    return {path};
  std::vector<std::string> paths = fitting(path);
  if (paths.empty())
    fail(ExitCode::NoInput, "cannot open {}: {}", path, std::strerror(ENOENT));
  return paths;
}

/// Takes the columns off the path: after the last colon before which there is a file, if the whole is none.
static void splitColumns(Binding &binding, const std::string &text) {
  const std::string whole = binding.path;
  size_t colon = std::string::npos;
  for (size_t at = whole.find(':'); at != std::string::npos && !isThere(whole); at = whole.find(':', at + 1))
    if (at > 0 && isThere(whole.substr(0, at)))
      colon = at;
  if (colon == std::string::npos)
    return;
  binding.path = whole.substr(0, colon);
  try {
    std::vector<CsvCells::Cell> names;
    CsvCells(std::string_view(whole).substr(colon + 1), "--data", ',').next(names);
    for (const CsvCells::Cell &name : names)
      binding.columns.emplace_back(name.text);
  } catch (const Failure &) {
    failUsage(text);
  }
  if (binding.columns.empty() || std::count(binding.columns.begin(), binding.columns.end(), ""))
    failUsage(text);
}

Binding agon::rt::parseBinding(const std::string &text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    failUsage(text);
  Binding binding;
  binding.path = text.substr(equals + 1);
  for (size_t at = 0; at <= equals;) {
    size_t end = std::min(text.find(',', at), equals);
    std::string name = text.substr(at, end - at);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (name.empty())
      failUsage(text);
    binding.fields.push_back(name);
    at = end + 1;
  }
  splitColumns(binding, text);
  return binding;
}
