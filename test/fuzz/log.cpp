//===- log.cpp - A log that a run goes on with ------------------------------===//
#include "runtime/io/Log.h"
#include "runtime/core/Failure.h"
#include "runtime/cpu/CpuDevice.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static rt::Instance instance(rt::test::ringGame(), rt::openCpu(1));
  static rt::test::TemporaryDirectory directory;
  std::string path = directory.write("log.csv", std::string(reinterpret_cast<const char *>(data), size));
  try {
    rt::Log log(instance, path, [](int64_t step) { return step <= 20; });
    log.row(21, 1);
  } catch (const rt::Failure &) {
  }
  return 0;
}
