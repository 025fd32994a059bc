#include "runtime/cli/Machine.h"

#include "runtime/cli/Numbers.h"
#include "runtime/cli/Run.h"
#include "runtime/core/Failure.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/CpuFeatures.h"
#include "runtime/cuda/CudaDevice.h"

#include <algorithm>
#include <cstdio>

using namespace agon::rt;

namespace {

Machine onProcessor(const agon_model &binary, int threads, bool isChosen) {
  return {chooseVariant(binary), openCpu(threadCount(threads)), isChosen, std::nullopt, nullptr};
}

/// The processor only calls functions, on one thread.
Machine onGpu(const agon_model &binary, const agon_model &table, const cuda::Gpu &gpu) {
  return {table, cuda::openCuda(table, gpu, openCpu(1)), true, gpu, &chooseVariant(binary)};
}

/// The first device that the binary has code for, or the processor.
Machine best(const agon_model &binary, int threads) {
  std::string why;
  std::vector<cuda::Gpu> gpus = cuda::findGpus(why);
  for (const cuda::Gpu &gpu : gpus)
    if (const agon_model *table = cuda::tableFor(binary, gpu))
      return onGpu(binary, *table, gpu);
  if (!gpus.empty())
    std::fprintf(stderr, "%s: note: on the processor: this binary has code for %s, none of which %s can run\n",
                 binary.name, cuda::codeOf(binary).c_str(), gpus.front().text().c_str());
  return onProcessor(binary, threads, true);
}

/// The number of `cuda:N`; 0 of `cuda`; -1 of anything else.
int64_t numberOf(const std::string &device) {
  if (device == "cuda")
    return 0;
  if (!device.starts_with("cuda:"))
    return -1;
  return parseWhole("--device cuda:N", device.substr(5), {0, 1 << 20});
}

} // namespace

Machine agon::rt::chooseMachine(const agon_model &binary, const std::string &device, int threads) {
  bool compiled = cuda::hasCudaTable(binary);
  if (device == "cpu" || (!compiled && (device.empty() || device == "auto")))
    return onProcessor(binary, threads, compiled);
  if (device.empty() || device == "auto")
    return best(binary, threads);
  int64_t number = numberOf(device);
  if (number < 0)
    fail(ExitCode::Usage, "--device expects cpu, cuda, cuda:N or auto, got '{}'", device);
  if (!compiled)
    fail(ExitCode::Usage,
         "--device {}: this binary has code for the processor alone; compile it with agonc "
         "--target=cuda",
         device);
  std::string why;
  std::vector<cuda::Gpu> gpus = cuda::findGpus(why);
  if (gpus.empty())
    fail(ExitCode::Unavailable, "--device {}: {}; --device cpu plays without", device, why);
  auto gpu = std::ranges::find(gpus, int(number), &cuda::Gpu::number);
  if (gpu == gpus.end())
    fail(ExitCode::Unavailable, "--device {}: NVIDIA devices here: {}, from cuda:0 on", device, gpus.size());
  const agon_model *table = cuda::tableFor(binary, *gpu);
  if (!table)
    fail(ExitCode::Unavailable,
         "--device {}: this binary has code for {}, none of which {} can run; what agonc --target=cuda makes runs on "
         "compute capability 8.0 and newer",
         device, cuda::codeOf(binary), gpu->text());
  return onGpu(binary, *table, *gpu);
}

std::unique_ptr<Instance> agon::rt::hostOf(const Machine &on) {
  try {
    return on.host ? std::make_unique<Instance>(*on.host, openCpu(1)) : nullptr;
  } catch (const Failure &) {
    return nullptr; // then the device is asked, and waited for
  }
}
