//===- FailingCalls.cpp - A library that lets system calls fail -----------===//
///
/// For LD_PRELOAD. AGON_FAIL=KIND:N lets the N-th call of a kind fail, as on a full disk (`write`, `open`, `rename`),
/// a broken one (`fsync`) or without memory (`malloc`); `short` writes half of what was asked for.
/// AGON_FAIL_COUNTS=FILE writes how many calls of each kind there were.
///
//===----------------------------------------------------------------------===//
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

enum Kind { Write, Short, Open, Fsync, Rename, Malloc, kinds };
constexpr const char *names[kinds] = {"write", "short", "open", "fsync", "rename", "malloc"};
std::atomic<long> counts[kinds];
int failing = -1;
long failsAt = 0;
std::atomic<bool> begun; ///< what comes before `main` is the hand-written table's
int (*realMain)(int, char **, char **);

/// Counts a call. \returns whether it is the one that fails.
bool fails(Kind kind) { return begun && ++counts[kind] == failsAt && failing == kind; }

/// The function of this name that this library hides.
template <typename Function> Function *next(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

__attribute__((constructor)) void begin() {
  const char *text = std::getenv("AGON_FAIL");
  for (int kind = 0; text && kind < kinds; ++kind)
    if (size_t length = std::strlen(names[kind]); !std::strncmp(text, names[kind], length) && text[length] == ':') {
      failing = kind;
      failsAt = std::atol(text + length + 1);
    }
}

__attribute__((destructor)) void end() {
  const char *path = std::getenv("AGON_FAIL_COUNTS");
  int file = path ? int(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) : -1;
  if (file < 0)
    return;
  char text[64];
  for (int kind = 0; kind < kinds; ++kind) {
    int length = std::snprintf(text, sizeof text, "%s %ld\n", names[kind], counts[kind].load());
    syscall(SYS_write, file, text, length);
  }
  syscall(SYS_close, file);
}

int openAt(int directory, const char *path, int flags, mode_t mode) {
  if (fails(Open)) {
    errno = flags & O_CREAT ? ENOSPC : EMFILE;
    return -1;
  }
  return int(syscall(SYS_openat, directory, path, flags, mode));
}

mode_t modeOf(int flags, va_list arguments) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; }

} // namespace

extern "C" {

// NOLINTNEXTLINE(bugprone-reserved-identifier): the C library's name
int __libc_start_main(int (*main)(int, char **, char **), int count, char **words, void (*init)(), void (*fini)(),
                      void (*linkerFini)(), void *stack) {
  realMain = main;
  auto counted = [](int count, char **words, char **environment) {
    begun = true;
    return realMain(count, words, environment);
  };
  return next<int(int (*)(int, char **, char **), int, char **, void (*)(), void (*)(), void (*)(), void *)>(
      "__libc_start_main")(counted, count, words, init, fini, linkerFini, stack);
}

ssize_t write(int file, const void *data, size_t bytes) {
  bool whole = !fails(Write), half = fails(Short);
  if (!whole) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_write, file, data, half && bytes > 1 ? bytes / 2 : bytes);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openAt(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openAt(directory, path, flags, mode);
}

int fsync(int file) {
  if (fails(Fsync)) {
    errno = EIO;
    return -1;
  }
  return int(syscall(SYS_fsync, file));
}

int rename(const char *from, const char *to) {
  if (fails(Rename)) {
    errno = ENOSPC;
    return -1;
  }
  return int(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

void *malloc(size_t bytes) {
  static auto *real = next<void *(size_t)>("malloc");
  if (fails(Malloc)) {
    errno = ENOMEM;
    return nullptr;
  }
  return real(bytes);
}
}
