#include "runtime/core/Memory.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

using namespace agon::rt;

namespace {

/// The file's first number; none where it begins with another word, such as "max".
std::optional<uint64_t> numberIn(const std::string &path) {
  std::ifstream file(path);
  uint64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

/// The number after a key at the beginning of a line: "MemAvailable:", "inactive_file".
uint64_t numberAfter(const std::string &path, std::string_view key) {
  std::ifstream file(path);
  uint64_t number = 0;
  for (std::string word; file >> word;) {
    if (word == key && file >> number)
      return number;
    std::string rest;
    std::getline(file, rest);
  }
  return 0;
}

/// What a control group's limit leaves, its caches counted as free.
uint64_t leftBy(const std::string &limitFile, const std::string &usageFile, const std::string &statFile) {
  std::optional<uint64_t> limit = numberIn(limitFile), usage = numberIn(usageFile);
  if (!limit || !usage)
    return UINT64_MAX;
  uint64_t cached = numberAfter(statFile, "inactive_file") + numberAfter(statFile, "active_file");
  uint64_t used = *usage - std::min(*usage, cached);
  return *limit - std::min(*limit, used);
}

uint64_t leftByGroups() {
  uint64_t left = leftBy("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
                         "/sys/fs/cgroup/memory/memory.stat");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::"))
      continue;
    for (std::string path = line.substr(3);; path.erase(path.rfind('/'))) {
      std::string folder = "/sys/fs/cgroup" + (path == "/" ? std::string() : path) + "/memory.";
      left = std::min(left, leftBy(folder + "max", folder + "current", folder + "stat"));
      if (path.find('/') == std::string::npos)
        break;
    }
  }
  return left;
}

/// What a limit of this process's leaves, of which it uses some pages.
uint64_t leftOf(decltype(RLIMIT_AS) resource, uint64_t pages) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return UINT64_MAX;
  return limit.rlim_cur - std::min<uint64_t>(limit.rlim_cur, pages * uint64_t(sysconf(_SC_PAGESIZE)));
}

uint64_t leftByRlimit() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident, shared, text, library, data = 0;
  file >> all >> resident >> shared >> text >> library >> data;
  return std::min(leftOf(RLIMIT_AS, all), leftOf(RLIMIT_DATA, data));
}

} // namespace

uint64_t agon::rt::availableMemory() {
  const std::string system = "/proc/meminfo";
  uint64_t kilobytes = numberAfter(system, "MemAvailable:");
  uint64_t left = kilobytes ? (kilobytes + numberAfter(system, "SwapFree:")) << 10 : UINT64_MAX;
  return std::min({left, leftByGroups(), leftByRlimit()});
}

std::string agon::rt::bytesText(uint64_t bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double number = double(bytes);
  size_t unit = 0;
  for (; number >= 1024 && unit < 6; ++unit)
    number /= 1024;
  return fmt::format("{:.{}f} {}", number, unit ? 1 : 0, units[unit]);
}
