#include "test/gpu/stub/Stub.h"

#include <cstdio>
#include <cstdlib>
#include <map>

using namespace agon::stub;

namespace {
CuResult broken = result::success;
}

std::string agon::stub::text(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

int64_t agon::stub::setting(const char *name, int64_t otherwise) {
  std::string value = text(name);
  return value.empty() ? otherwise : std::atoll(value.c_str());
}

void agon::stub::write(const std::string &line) {
  static FILE *file = text("AGON_STUB_LOG").empty() ? nullptr : std::fopen(text("AGON_STUB_LOG").c_str(), "a");
  if (file) {
    std::fprintf(file, "%s\n", line.c_str());
    std::fflush(file);
  }
}

CuResult agon::stub::begin(const char *call, const std::string &arguments) {
  static std::map<std::string, int64_t> calls;
  write(arguments.empty() ? call : fmt::format("{} {}", call, arguments));
  int64_t count = ++calls[call];
  // CALL:N or CALL:N:CODE
  std::string wanted = text("AGON_STUB_FAIL");
  if (std::string prefix = std::string(call) + ":"; wanted.starts_with(prefix)) {
    char *end = nullptr;
    if (std::strtoll(wanted.c_str() + prefix.size(), &end, 10) == count)
      return *end == ':' ? std::atoi(end + 1) : launchFailed;
  }
  return broken;
}

CuResult agon::stub::state() { return broken; }

void agon::stub::breakDown(CuResult code, const std::string &why) {
  if (broken == result::success) {
    broken = code;
    write("fault " + why);
    std::fprintf(stderr, "stub driver: %s\n", why.c_str());
  }
}

CuResult agon::stub::forbidCapture() { return anyCaptures() ? captureUnsupported : result::success; }
