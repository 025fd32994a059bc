// Modules and kernels: the code of an image is only looked at; its kernels are those of $AGON_EMULATED_KERNELS.
#include "test/gpu/emulator/KernelLibrary.h"
#include "test/gpu/stub/Stub.h"

#include <cstring>

using namespace agon::stub;

namespace agon::rt::cuda {
struct CuModuleData {
  std::unique_ptr<emulator::KernelLibrary> kernels;
};
struct CuFunctionData {
  const AgonEmulatedKernel *kernel;
  int dynamicSharedBytes = 48 * 1024;
};
} // namespace agon::rt::cuda

namespace {

/// The number after `.target sm_`; 0 if there is none.
int targetOf(std::string_view ptx) {
  size_t at = ptx.find(".target sm_");
  return at == std::string_view::npos ? 0 : std::atoi(ptx.data() + at + 11);
}

/// Whether the driver would take it, and what it says if not.
CuResult judge(const char *image, std::string &said) {
  std::string capability = text("AGON_STUB_CAPABILITY").empty() ? "8.0" : text("AGON_STUB_CAPABILITY");
  int device = 10 * std::atoi(capability.c_str()) + std::atoi(capability.c_str() + capability.find('.') + 1);
  if (std::memcmp(image,
                  "\x7f"
                  "ELF",
                  4) == 0)
    return result::success;
  if (!std::strstr(image, ".version") || targetOf(image) == 0) {
    said = "ptxas fatal : there is neither a .version nor a .target";
    return result::invalidImage;
  }
  return targetOf(image) <= device ? result::success : result::noBinaryForGpu;
}

} // namespace

extern "C" {

CuResult cuModuleLoadDataEx(CuModule *module, const void *image, unsigned count, int *options, void **values) {
  if (CuResult code = begin("cuModuleLoadDataEx", ""); code != result::success)
    return code;
  if (CuResult code = forbidCapture(); code != result::success)
    return code;
  std::string said;
  CuResult code = judge(static_cast<const char *>(image), said);
  auto made = std::make_unique<agon::rt::cuda::CuModuleData>();
  if (code == result::success) {
    made->kernels = std::make_unique<agon::emulator::KernelLibrary>(text("AGON_EMULATED_KERNELS"));
    said = made->kernels->error();
    code = said.empty() ? result::success : result::invalidImage;
  }
  for (unsigned i = 0; code != result::success && i + 1 < count; ++i)
    if (options[i] == jitErrorLog && options[i + 1] == jitErrorLogBytes)
      std::snprintf(static_cast<char *>(values[i]), size_t(reinterpret_cast<uintptr_t>(values[i + 1])), "%s",
                    said.c_str());
  if (code == result::success)
    *module = made.release();
  return code;
}

CuResult cuModuleUnload(CuModule module) {
  if (CuResult code = begin("cuModuleUnload", ""); code != result::success)
    return code;
  runAll();
  delete module;
  return result::success;
}

CuResult cuModuleGetFunction(CuFunction *function, CuModule module, const char *name) {
  if (CuResult code = begin("cuModuleGetFunction", name); code != result::success)
    return code;
  const AgonEmulatedKernel *kernel = module->kernels->find(name);
  if (!kernel)
    return result::notFound;
  *function = new agon::rt::cuda::CuFunctionData{kernel}; // for as long as the process lives
  return result::success;
}

CuResult cuFuncSetAttribute(CuFunction function, int attribute, int value) {
  if (CuResult code = begin("cuFuncSetAttribute", fmt::format("{} {} = {}", function->kernel->name, attribute, value));
      code != result::success)
    return code;
  if (attribute != maxDynamicSharedBytes || value > 163 * 1024)
    return invalidValue;
  function->dynamicSharedBytes = value;
  return result::success;
}

CuResult cuLaunchKernel(CuFunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CuStream raw, void **arguments,
                        void **extra) {
  const AgonEmulatedKernel *kernel = function->kernel;
  auto &stream = *reinterpret_cast<Stream *>(raw);
  if (CuResult code =
          begin("cuLaunchKernel", fmt::format("{} grid={} block={} shared={} stream={}{}", kernel->name, gridX, blockX,
                                              sharedBytes, stream.number, stream.capturing ? " captured" : ""));
      code != result::success)
    return code;
  if (extra || gridX * gridY * gridZ == 0 || blockX * blockY * blockZ == 0 || blockX * blockY * blockZ > 1024 ||
      int64_t(sharedBytes) > function->dynamicSharedBytes)
    return invalidValue;
  // Every argument is an address.
  std::vector<uint64_t> values;
  for (uint32_t i = 0; i < kernel->parameters; ++i)
    values.push_back(*static_cast<uint64_t *>(arguments[i]));
  enqueue(stream, [=]() mutable {
    const uint32_t grid[] = {gridX, gridY, gridZ}, block[] = {blockX, blockY, blockZ};
    std::vector<void *> places;
    for (uint64_t &value : values)
      places.push_back(&value);
    if (agon_emulator_launch(kernel, grid, block, sharedBytes, places.data()) != AGON_EMULATOR_OK)
      breakDown(illegalAddress, agon_emulator_fault());
  });
  return result::success;
}
}
