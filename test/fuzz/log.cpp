//===- log.cpp - A log that is drawn, and that a run goes on with -----------===//
#include "runtime/io/Log.h"
#include "runtime/charts/Chart.h"
#include "runtime/core/Failure.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/io/Plot.h"
#include "test/unit/runtime/FakeGames.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <algorithm>

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static rt::Instance instance(rt::test::ringGame(), rt::openCpu(1));
  static rt::test::TemporaryDirectory directory;
  std::string path = directory.write("log.csv", std::string(reinterpret_cast<const char *>(data), size));
  try {
    rt::RunLog log = rt::readRunLog(directory.path());
    rt::ChartOptions options;
    options.columns = rt::columnsOf({&log, 1});
    options.columns.resize(std::min<size_t>(options.columns.size(), 3));
    options.logarithmic.assign(options.columns.begin(), options.columns.begin() + !options.columns.empty());
    rt::svgOf(rt::chartOf({&log, 1}, options).drawing);
  } catch (const rt::Failure &) {
  }
  try {
    rt::Log log(instance, path, [](int64_t step) { return step <= 20; });
    log.row(21, 1);
  } catch (const rt::Failure &) {
  }
  return 0;
}
