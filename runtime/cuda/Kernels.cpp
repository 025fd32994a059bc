#include "runtime/cuda/Kernels.h"

#include "runtime/core/Failure.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>

using namespace agon::rt;
using namespace agon::rt::cuda;

namespace {
/// What a block may have of shared memory without asking.
constexpr uint64_t sharedBytesUnasked = 48u << 10;
/// Parameters of a kernel take 4 KB at most.
constexpr size_t mostArguments = 512;
} // namespace

Kernels::Kernels(Session &session, const agon_model &table) : session(session), workspace(session, true) {
  std::string why;
  for (const agon_image *image : imagesFor(table, session.gpu.major, session.gpu.minor))
    if (!module && load(*image, why))
      loaded = fmt::format("{} ({})", image->architecture, image->kind == AGON_IMAGE_CUBIN ? "cubin" : "ptx");
  if (!module)
    fail(ExitCode::Unavailable, "the driver takes none of this binary's code for {}: {}", session.gpu.text(), why);
  CuDevice device = 0;
  session.driver.check(session.driver.cuDeviceGet(&device, session.gpu.number), "cuDeviceGet");
  session.driver.check(session.driver.cuDeviceGetAttribute(&sharedLimit, attribute::sharedBytesOfBlock, device),
                       "cuDeviceGetAttribute");
  for (const agon_function &function : std::span(table.functions, table.num_functions))
    for (const agon_region &region : std::span(function.regions, function.num_regions))
      if (region.launch)
        find(*region.launch);
  for (const agon_field &field : std::span(table.fields, table.num_fields))
    if (field.expand)
      find(*field.expand);
  if (table.not_finite)
    find(*table.not_finite);
}

Kernels::~Kernels() {
  if (module)
    session.driver.cuModuleUnload(module);
}

void Kernels::allocate() {
  allocated = true;
  lendWorkspace();
}

/// Kernels leave zeros in it where they find them, and count there.
void Kernels::lendWorkspace() {
  if (workspace.grow(workspaceNeeded))
    session.driver.check(session.driver.cuMemsetD8Async(workspace.at(), 0, workspaceNeeded, session.compute),
                         "cuMemsetD8Async");
}

/// Loads an image; false if the driver refuses it, with the reason.
bool Kernels::load(const agon_image &image, std::string &why) {
  const Driver &driver = session.driver;
  std::array<char, 4096> log{};
  std::array<int, 2> options{jitErrorLog, jitErrorLogBytes};
  std::array<void *, 2> values{log.data(), reinterpret_cast<void *>(uintptr_t(log.size() - 1))};
  CuResult code =
      driver.cuModuleLoadDataEx(&module, image.data, unsigned(options.size()), options.data(), values.data());
  if (code == result::success)
    return true;
  module = nullptr;
  try {
    driver.check(code, "cuModuleLoadDataEx");
  } catch (const Failure &failure) {
    std::string_view said(log.data());
    said = said.substr(0, said.find('\n'));
    why = fmt::format("{}: {}{}{}", image.architecture, failure.what(), said.empty() ? "" : "; it says: ", said);
  }
  return false;
}

void Kernels::find(const agon_launch &how) {
  if (functions.count(&how))
    return;
  const Driver &driver = session.driver;
  if (!how.symbol || how.arguments >= mostArguments || how.grid > std::numeric_limits<int32_t>::max())
    fail(ExitCode::Internal, "the model's table is inconsistent: launch of '{}'", how.symbol ? how.symbol : "");
  if (how.scratch > uint64_t(sharedLimit))
    fail(ExitCode::Unavailable, "{} needs {} bytes of shared memory, a block of {} has {} at most", how.symbol,
         how.scratch, session.gpu.text(), sharedLimit);
  CuFunction function = nullptr;
  driver.check(driver.cuModuleGetFunction(&function, module, how.symbol),
               fmt::format("cuModuleGetFunction of {}", how.symbol).c_str());
  if (uint64_t &asked = sharedAsked[function]; how.scratch > std::max(sharedBytesUnasked, asked)) {
    driver.check(driver.cuFuncSetAttribute(function, maxDynamicSharedBytes, int(how.scratch)), "cuFuncSetAttribute");
    asked = how.scratch;
  }
  functions[&how] = function;
  workspaceNeeded = std::max(workspaceNeeded, how.workspace);
  if (allocated)
    lendWorkspace();
}

/// Runs a kernel by as many blocks, whatever its launch says of them.
void Kernels::run(const agon_launch &how, uint64_t blocks, void *const *args) const {
  if (blocks == 0)
    return;
  std::array<void *, mostArguments> parameters{};
  for (uint32_t i = 0; i < how.arguments; ++i)
    parameters[i] = const_cast<void **>(&args[i]);
  CuPointer place = workspace.at();
  if (how.workspace)
    parameters[how.arguments] = &place;
  const Driver &driver = session.driver;
  if (CuResult code = driver.cuLaunchKernel(functions.at(&how), unsigned(blocks), 1, 1, how.block, 1, 1,
                                            unsigned(how.scratch), session.compute, parameters.data(), nullptr);
      code != result::success)
    driver.check(code, fmt::format("cuLaunchKernel of {}", how.symbol).c_str());
}

/// Runs a kernel that no region asks for, with these places on the device as its arguments.
void Kernels::run(const agon_launch &how, uint64_t blocks, std::initializer_list<CuPointer> places) const {
  std::array<void *, mostArguments> args{};
  std::ranges::transform(places, args.begin(),
                         [](CuPointer place) { return reinterpret_cast<void *>(uintptr_t(place)); });
  run(how, blocks, args.data());
}

void Kernels::expand(const agon_launch &how, CuPointer cell, CuPointer bytes, CuPointer numbers) const {
  run(how, uint64_t(how.grid), {cell, bytes, numbers});
}

void Kernels::findNotFinite(const agon_launch &how, uint64_t count, CuPointer runs, CuPointer found) const {
  run(how, count, {runs, found});
}
