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
#include <exception>

namespace {
struct Call {
  int argc;
  char **argv;
  int code;
};
} // namespace

int main(int argc, char **argv) {
  agon::support::prepareProcess();
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
