#include "support/AtomicFile.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <memory>
#include <new>
#include <string_view>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace agon::support;

namespace {

constexpr std::string_view ending = ".tmp";
constexpr size_t digits = 16;   // of the random number in a temporary name
constexpr size_t maxName = 255; // of a directory's entry

std::error_code lastError() { return {errno, std::generic_category()}; }

/// What the temporary name of a file called `name` begins with, and its length.
std::string temporaryStem(const std::string &name) {
  return "." + name.substr(0, maxName - digits - ending.size() - 2) + ".";
}
size_t temporaryLength(const std::string &stem) { return stem.size() + digits + ending.size(); }

/// A name beside `target` that nobody can foresee.
std::string temporaryName(const std::string &target) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != ssize_t(sizeof(number)))
    number = uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()) * 0x9e3779b97f4a7c15u ^
             uint64_t(getpid());
  char text[digits + 1];
  std::snprintf(text, sizeof(text), "%016llx", (unsigned long long)number);
  std::filesystem::path file(target);
  return (file.parent_path() / (temporaryStem(file.filename().string()) + text + std::string(ending))).string();
}

/// Whether a link belongs to /proc, whose links name open files.
bool isOfProc(const std::string &link) {
  int descriptor = ::open(link.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct statfs status;
  bool result = descriptor >= 0 && fstatfs(descriptor, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
  if (descriptor >= 0)
    close(descriptor);
  return result;
}

/// Makes the result of opening and closing survive a crash; some file systems cannot sync a
/// directory, and then there is nothing more to do.
void syncDirectory(const std::string &path) {
  if (int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); descriptor >= 0) {
    (void)fsync(descriptor);
    close(descriptor);
  }
}

} // namespace

std::error_code agon::support::writeAll(int descriptor, const void *data, size_t bytes) {
  auto *at = static_cast<const char *>(data);
  while (bytes > 0) {
    ssize_t written = ::write(descriptor, at, bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return lastError();
    at += written;
    bytes -= size_t(written);
  }
  return {};
}

std::string agon::support::replacedFile(const std::string &path) {
  namespace fs = std::filesystem;
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return {};
  fs::path target(path);
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(target, error); ++links) {
    if (isOfProc(target.string()))
      return {};
    fs::path next = fs::read_symlink(target, error);
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target.string();
}

std::string_view agon::support::nameOfUnfinished(std::string_view entry) {
  if (!entry.starts_with('.') || !entry.ends_with(ending))
    return {};
  entry.remove_suffix(ending.size());
  size_t dot = entry.rfind('.');
  std::string_view number = entry.substr(dot + 1);
  // Older versions had a process number there.
  std::string_view allowed = number.size() == digits ? "0123456789abcdef" : "0123456789";
  if (dot == 0 || number.empty() || number.size() > digits ||
      number.find_first_not_of(allowed) != std::string_view::npos)
    return {};
  return entry.substr(1, dot - 1);
}

std::error_code AtomicFile::open(const std::string &path, mode_t access) {
  struct stat old;
  bool exists = stat(path.c_str(), &old) == 0;
  if (!exists && errno != ENOENT)
    return lastError();
  if (exists && S_ISDIR(old.st_mode))
    return std::make_error_code(std::errc::is_a_directory);
  target = replacedFile(path);
  if (target.empty()) {
    if (path.empty())
      return std::make_error_code(std::errc::no_such_file_or_directory);
    // Somebody else's open file, such as a redirected standard output, goes on at its end.
    descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    return descriptor < 0 ? lastError() : std::error_code();
  }
  if (exists && faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0 && errno != ETXTBSY)
    return lastError();
  if (std::error_code error = create(exists ? 0600 : access))
    return error;
  if (!exists)
    return {};
  if ((old.st_uid != geteuid() || old.st_gid != getegid()) && fchown(descriptor, old.st_uid, old.st_gid) != 0) {
    // Only the superuser may give files away; the file is then the writer's.
  }
  mode_t mode = old.st_mode & 0777;
  mode |= access & 0111 & (mode >> 2);
  return fchmod(descriptor, mode) == 0 ? std::error_code() : lastError();
}

/// Creates the temporary file, and locks it.
std::error_code AtomicFile::create(mode_t access) {
  for (;;) {
    temporary = temporaryName(target);
    descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, access);
    if (descriptor < 0 && errno == EEXIST)
      continue;
    if (descriptor < 0) {
      std::error_code error = lastError();
      temporary.clear();
      return error;
    }
    // Where a file system knows no locks nobody can take one, and nothing is removed.
    while (flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat status;
    if (fstat(descriptor, &status) != 0 || status.st_nlink > 0)
      return {};
    close(descriptor); // taken for abandoned before it was locked
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

std::vector<std::string> agon::support::namesIn(const std::string &directory) {
  auto end = [](DIR *open) { closedir(open); };
  std::unique_ptr<DIR, decltype(end)> open(opendir(directory.c_str()));
  if (!open && errno == ENOMEM)
    throw std::bad_alloc();
  std::vector<std::string> names;
  while (const dirent *entry = open ? readdir(open.get()) : nullptr)
    if (std::string_view name = entry->d_name; name != "." && name != "..")
      names.emplace_back(name);
  return names;
}

void agon::support::removeAbandoned(const std::string &path) {
  namespace fs = std::filesystem;
  fs::path target(replacedFile(path));
  if (!target.has_filename())
    return;
  std::string stem = temporaryStem(target.filename().string());
  std::vector<fs::path> unfinished;
  fs::path directory = target.has_parent_path() ? target.parent_path() : fs::path(".");
  for (const std::string &name : namesIn(directory.string()))
    if (name.starts_with(stem) && name.size() == temporaryLength(stem) && !nameOfUnfinished(name).empty())
      unfinished.push_back(directory / name);
  for (const fs::path &file : unfinished) {
    int descriptor = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
      continue;
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
      unlink(file.c_str());
    close(descriptor);
  }
}

std::error_code AtomicFile::write(const void *data, size_t bytes) { return writeAll(descriptor, data, bytes); }

std::error_code AtomicFile::commit(bool synced) {
  if (!temporary.empty() && synced && fsync(descriptor) != 0)
    return lastError();
  // Keeps the file locked until it has its name.
  int lock = temporary.empty() ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  int result = close(descriptor);
  descriptor = lock;
  if (result != 0 && errno != EINTR) // Linux has closed it even so
    return lastError();
  if (temporary.empty())
    return {};
  if (rename(temporary.c_str(), target.c_str()) != 0)
    return lastError();
  temporary.clear();
  close(std::exchange(descriptor, -1));
  if (synced)
    syncDirectory(std::filesystem::path(target).parent_path().string());
  return {};
}
