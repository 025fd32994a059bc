#include "runtime/cuda/Driver.h"

#include "runtime/core/Failure.h"

#include <dlfcn.h>

using namespace agon::rt;
using namespace agon::rt::cuda;

namespace {

constexpr const char *libraryName = "libcuda.so.1";

/// What somebody who meets this result can do about it.
const char *advice(CuResult code) {
  switch (code) {
  case result::outOfMemory:
    return "end what else uses the device, or take a smaller batch";
  case result::invalidImage:
  case result::noBinaryForGpu:
  case result::invalidPtx:
    return "compile the game again for this device, with agonc --target=cuda";
  case result::noJitCompiler:
  case result::unsupportedPtxVersion:
    return "install a newer driver, or compile with ptxas at hand, which makes code that needs no compiler";
  default:
    return "--device cpu plays without the device";
  }
}

/// The name and text of a result, by a driver that may lack it.
std::string described(const Driver &driver, CuResult code) {
  const char *name = nullptr, *text = nullptr;
  if (driver.cuGetErrorName(code, &name) != result::success || !name)
    return fmt::format("error {}", code);
  if (driver.cuGetErrorString(code, &text) != result::success || !text)
    return name;
  return fmt::format("{} ({})", name, text);
}

struct Opened {
  Driver driver{};
  std::string why; ///< it cannot be used; empty: it can
};

Opened open() {
  Opened opened;
  void *library = dlopen(libraryName, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    opened.why = fmt::format("no NVIDIA driver: {}", dlerror());
    return opened;
  }
#define AGON_CUDA(NAME, PARAMETERS)                                                                                    \
  if (void *found = dlsym(library, #NAME))                                                                             \
    opened.driver.NAME = reinterpret_cast<CuResult(*) PARAMETERS>(found);                                              \
  else {                                                                                                               \
    opened.why = "the NVIDIA driver is too old: it lacks " #NAME;                                                      \
    return opened;                                                                                                     \
  }
#include "runtime/cuda/DriverFunctions.def"
#undef AGON_CUDA
  int count = 0;
  if (CuResult code = opened.driver.cuInit(0); code != result::success)
    opened.why = code == result::noDevice ? "no NVIDIA device" : "cuInit: " + described(opened.driver, code);
  else if (code = opened.driver.cuDeviceGetCount(&count); code != result::success)
    opened.why = "cuDeviceGetCount: " + described(opened.driver, code);
  else if (count == 0)
    opened.why = "no NVIDIA device";
  return opened;
}

} // namespace

void Driver::check(CuResult code, const char *call) const {
  if (code == result::success)
    return;
  bool faulted = code == result::notFound || (code >= result::firstFault && code <= result::lastFault);
  fail(faulted ? ExitCode::Internal : ExitCode::Unavailable, "{}: {}; {}", call, described(*this, code), advice(code));
}

const Driver *agon::rt::cuda::findDriver(std::string &why) {
  static const Opened opened = open();
  why = opened.why;
  return why.empty() ? &opened.driver : nullptr;
}
