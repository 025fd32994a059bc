#include "runtime/embed/Guarded.h"

#include "runtime/core/Failure.h"
#include "runtime/cpu/ThreadPool.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>

using namespace agon::rt;

int agon::rt::guarded(std::string &error, const std::function<void()> &body) {
  try {
    body();
    error.clear();
    return int(ExitCode::Done);
  } catch (const Failure &failure) {
    error = failure.what();
    return int(failure.exitCode());
  } catch (const std::bad_alloc &) {
    error = "there is not enough memory";
    return int(ExitCode::Unavailable);
  } catch (const std::exception &other) {
    error = other.what();
    return int(ExitCode::Internal);
  }
}

int agon::rt::threadsOf(int asked) {
  constexpr int most = 4096;
  if (asked < 0 || asked > most)
    fail(ExitCode::Usage, "expected 0 to {} threads, 0 for all cores, got {}", most, asked);
  return asked > 0 ? asked : availableCores();
}

std::string agon::rt::weightsFileOf(const std::string &path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error) ? path + "/checkpoint.safetensors" : path;
}

void agon::rt::copyText(const std::string &text, char *to, size_t size) {
  if (!to || size == 0)
    return;
  size_t length = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}
