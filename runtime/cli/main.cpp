//===- main.cpp - A training binary's entry -------------------------------===//
//
// With runtime/embed the only object of the library that needs a compiled model. Everything runs
// on a thread with a large stack, since kernels keep their scratch there
// (AGON_STACK_BYTES).
//
//===----------------------------------------------------------------------===//
#include "runtime/cli/Cli.h"
#include "runtime/cpu/ThreadPool.h"
#include "support/Process.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace {
struct Call {
  int argc;
  char **argv;
  int code;
};
} // namespace

/// What cannot be thrown any further, such as want of memory while something is destroyed, is one line, too.
[[noreturn]] static void endAtOnce() {
  int code = 70;
  try {
    if (std::exception_ptr error = std::current_exception())
      std::rethrow_exception(error);
  } catch (const std::bad_alloc &) {
    code = 69;
  } catch (...) {
  }
  std::fprintf(stderr, "%s: error: %s\n", agon_model_v1.name, code == 69 ? "out of memory" : "internal error");
  std::_Exit(code);
}

int main(int argc, char **argv) {
  agon::support::prepareProcess();
  std::set_terminate(endAtOnce);
  Call call{argc, argv, 70};
  try {
    agon::rt::runWithStack(
        size_t(64) << 20,
        [](void *raw) {
          auto *call = static_cast<Call *>(raw);
          call->code = agon::rt::runCommandLine(agon_model_v1, call->argc, call->argv);
        },
        &call);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: error: %s\n", agon_model_v1.name, error.what());
  }
  return call.code;
}
