//===- Agreement.cpp - Kernels of a GPU against level 0 -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The very module that goes to the NVPTX back end runs on the emulated device, whose checks find accesses out
// of bounds, races and threads that do not meet.
//
//===----------------------------------------------------------------------===//
#include "test/unit/gpu/Agreement.h"
#include "compiler/gpu/Emit.h"
#include "compiler/gpu/GpuTarget.h"
#include "compiler/gpu/Machine.h"
#include "compiler/gpu/PartialSums.h"
#include "compiler/kernel/KernelBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/cpu/Harness.h"
#include "test/unit/gpu/Emulation.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace mlir;
using namespace agon::test;

namespace {

/// The one region of a module as a kernel on the emulated device.
class Emulated {
public:
  Emulated(const std::string &module, bool inPlace, const char *precision);

  bool valid() const { return emulation && emulation->find("kernel"); }
  bool sharesBuffers() const { return shares; }
  /// Whether a GPU has no form for the region.
  bool isDeclined() const { return declined; }
  std::vector<Array> run(const std::vector<Array> &inputs, AgonEmulatorOrder order) const;

private:
  std::vector<Array> results;
  std::vector<unsigned> bufferOf;
  unsigned bufferCount = 0;
  bool shares = false, declined = false;
  uint32_t blocks = 1, threads = 1, scratch = 0;
  size_t workspace = 0;
  std::unique_ptr<Emulation> emulation;
};

Array describe(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  std::string name;
  llvm::raw_string_ostream(name) << tensor.getElementType();
  return {name, tensor.getShape().vec(), std::vector<double>(tensor.getNumElements())};
}

} // namespace

Emulated::Emulated(const std::string &text, bool inPlace, const char *precision) {
  agon::targets::registerTarget(agon::gpu::createGpuTarget());
  DialectRegistry registry;
  registry.insert<agon::AgonDialect, mlir::linalg::LinalgDialect, mlir::tensor::TensorDialect>();
  agon::gpu::registerKernelDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> source = parseSourceString<ModuleOp>(text, &context);
  agon::RegionOp region;
  if (source)
    source->walk([&](agon::RegionOp op) { region = op; });
  if (!region)
    return;
  for (size_t i = 0; i != region.getInputs().size(); ++i)
    bufferOf.push_back(bufferCount++);
  std::vector<bool> taken(bufferCount);
  for (auto [r, type] : llvm::enumerate(region.getResultTypes())) {
    results.push_back(describe(type));
    unsigned buffer = bufferCount;
    for (unsigned i = 0; inPlace && i != taken.size() && buffer == bufferCount; ++i)
      if (!taken[i] && agon::kernels::canUpdateInPlace(region, i, r)) {
        taken[i] = shares = true;
        buffer = i;
      }
    bufferOf.push_back(buffer);
    bufferCount = std::max(bufferCount, buffer + 1);
  }
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  agon::targets::Options options{agon::gpu::withPrecision(agon::gpu::describeMachine("sm_80", &context), precision), 3};
  declined = !agon::gpu::planRegion(region, options);
  if (declined)
    return;
  auto kernel = agon::gpu::emitKernel(region, bufferOf, "kernel", *module, options);
  if (failed(kernel) || failed(module->verify()))
    return;
  blocks = kernel->tasks;
  threads = kernel->block;
  scratch = kernel->scratch;
  workspace = kernel->workspace;
  if (getenv("AGON_TEST_DUMP"))
    module->dump();
  emulation = std::make_unique<Emulation>(*module, options);
}

std::vector<Array> Emulated::run(const std::vector<Array> &inputs, AgonEmulatorOrder order) const {
  struct Aligned {
    alignas(64) uint8_t bytes[64];
  };
  std::vector<std::vector<Aligned>> memory(bufferCount);
  std::vector<void *> buffers(bufferCount), arguments;
  auto prepare = [&](unsigned position, const Array &array) {
    unsigned buffer = bufferOf[position];
    size_t size = array.values.size() * bytesOf(array.element);
    if (!buffers[buffer]) {
      memory[buffer].resize(size / 64 + 1);
      buffers[buffer] = memory[buffer].data();
      EXPECT_EQ(agon_emulator_register(buffers[buffer], size, ("buffer " + std::to_string(buffer)).c_str()), 0);
    }
    std::memset(buffers[buffer], 0xa5, size);
    return buffers[buffer];
  };
  for (size_t r = 0; r != results.size(); ++r)
    prepare(inputs.size() + r, results[r]);
  for (size_t i = 0; i != inputs.size(); ++i)
    pack(inputs[i], prepare(i, inputs[i]));
  for (void *&buffer : buffers)
    arguments.push_back(&buffer);
  // Its counters are zeros before and after; what else it holds is anything.
  std::vector<Aligned> lent(workspace / 64 + 1);
  void *place = lent.data();
  size_t counters = std::min<size_t>(workspace, agon::gpu::PartialSums::mostSums * sizeof(int32_t));
  std::memset(place, 0xa5, lent.size() * 64);
  std::memset(place, 0, counters);
  if (workspace) {
    EXPECT_EQ(agon_emulator_register(place, workspace, "workspace"), 0);
    arguments.push_back(&place);
  }
  uint32_t grid[3] = {blocks, 1, 1}, block[3] = {threads, 1, 1};
  agon_emulator_set_order(order, /*seed=*/7);
  if (agon_emulator_launch(emulation->find("kernel"), grid, block, scratch, arguments.data()))
    ADD_FAILURE() << agon_emulator_fault();
  for (void *buffer : buffers)
    agon_emulator_unregister(buffer);
  if (workspace)
    agon_emulator_unregister(place);
  const auto *counted = static_cast<const uint8_t *>(place);
  EXPECT_TRUE(std::all_of(counted, counted + counters, [](uint8_t byte) { return byte == 0; })) << "counters are left";
  std::vector<Array> actual = results;
  for (size_t r = 0; r != actual.size(); ++r)
    unpack(buffers[bufferOf[inputs.size() + r]], actual[r]);
  return actual;
}

/// What the region is held to: without the plan, which is a GPU's, and of contractions, whose sums have an order of
/// their own on every target, the same module with all numbers in f64.
static std::string referenceOf(std::string module) {
  if (size_t plan = module.find("attributes {plan = "); plan != std::string::npos)
    module.erase(plan, module.find('}', plan) + 1 - plan);
  if (module.find("agon.region contraction") == std::string::npos || module.find("f64") != std::string::npos)
    return module;
  for (size_t at = 0; (at = module.find("f32", at)) != std::string::npos;)
    module.replace(at, 3, "f64");
  return module;
}

void agon::test::expectAgreement(const std::string &module, double tolerance, const char *precision) {
  Compiled reference(referenceOf(module), {256, 0, false});
  ASSERT_TRUE(reference.valid()) << module;
  std::vector<Array> inputs = reference.inputs();
  bool isExact = precision == std::string("f32");
  for (size_t i = 0; i != inputs.size(); ++i) {
    fillRandomly(inputs[i], 17 * i + 1);
    // Exact in less precision, too, and after a prologue that scales by a function of a number.
    if (!isExact)
      for (double &value : inputs[i].values)
        value = inputs[i].shape.empty() ? 0 : std::round(value * 4) / 4;
  }
  std::vector<Array> expected = reference.run(inputs);
  if (module.find("f64") == std::string::npos)
    for (Array &input : inputs)
      if (input.element == "f64")
        input.element = "f32";
  for (bool inPlace : {false, true}) {
    if (inPlace && !isExact)
      continue;
    Emulated kernel(module, inPlace, precision);
    // Products whose results overlap, which no game makes: the CPU alone has plain loops for anything.
    if (kernel.isDeclined() && module.find("agon.region mode_product") != std::string::npos)
      return;
    ASSERT_TRUE(kernel.valid()) << module;
    if (inPlace && !kernel.sharesBuffers())
      continue;
    std::vector<Array> actual = kernel.run(inputs, AGON_EMULATOR_FORWARD);
    ASSERT_FALSE(testing::Test::HasFailure()) << module;
    for (size_t r = 0; r != actual.size(); ++r)
      // A comparison of what was rounded may turn out either way.
      for (size_t i = 0; i != actual[r].values.size() && (isExact || actual[r].element != "i1"); ++i) {
        double a = actual[r].values[i], b = expected[r].values[i];
        if (a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= tolerance * (1 + std::abs(b)))
          continue;
        FAIL() << "result " << r << ", element " << i << ": expected " << b << ", got " << a << " (" << precision
               << (inPlace ? ", in place" : "") << ")\n"
               << module;
      }
    // The order of threads changes no bit; that it does not is seen on small tensors.
    size_t elements = 0;
    for (const Array &input : inputs)
      elements += input.values.size();
    if (elements > 20000)
      continue;
    std::vector<Array> again = kernel.run(inputs, AGON_EMULATOR_RANDOM);
    for (size_t r = 0; r != actual.size(); ++r)
      ASSERT_EQ(0,
                std::memcmp(again[r].values.data(), actual[r].values.data(), actual[r].values.size() * sizeof(double)))
          << module;
  }
}

void agon::test::expectAgreement(const std::string &module, double tolerance) {
  expectAgreement(module, tolerance, "f32");
  if (testing::Test::HasFailure() || module.find("agon.region contraction") == std::string::npos ||
      module.find("f64") != std::string::npos)
    return;
  // One of the two each time, since each takes as long as f32.
  static bool takesHalf = false;
  takesHalf = !takesHalf;
  expectAgreement(module, 1e-2, takesHalf ? "bf16" : "tf32");
}
