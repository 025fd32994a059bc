//===- runfile.cpp - run.json ----------------------------------------------===//
#include "runtime/io/RunFile.h"
#include "runtime/core/Failure.h"
#include "runtime/io/Identity.h"
#include "test/fuzz/MemoryFile.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  try {
    if (std::optional<rt::RunFile> run = rt::readRunFile(file.path())) {
      rt::gameOf(run->model);
      rt::differences(run->model, "{}");
    }
  } catch (const rt::Failure &) {
  }
  return 0;
}
