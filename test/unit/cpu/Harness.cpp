//===- Harness.cpp - Regions compiled and run in memory -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/cpu/Harness.h"
#include "compiler/cpu/Bf16.h"
#include "compiler/cpu/ContractionPlan.h"
#include "compiler/cpu/Emit.h"
#include "compiler/cpu/Machine.h"
#include "compiler/cpu/ToLLVM.h"
#include "compiler/kernel/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace agon::test;

namespace {
std::string nameOf(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

template <typename T> void write(void *to, const std::vector<double> &values) {
  for (size_t i = 0; i != values.size(); ++i)
    static_cast<T *>(to)[i] = T(values[i]);
}
template <typename T> void read(const void *from, std::vector<double> &values) {
  for (size_t i = 0; i != values.size(); ++i)
    values[i] = double(static_cast<const T *>(from)[i]);
}

} // namespace

size_t agon::test::bytesOf(const std::string &element) {
  return element == "i1" ? 1 : element == "f64" || element == "i64" ? 8 : 4;
}

void agon::test::pack(const Array &array, void *to) {
  if (array.element == "f32")
    write<float>(to, array.values);
  else if (array.element == "f64")
    write<double>(to, array.values);
  else if (array.element == "i1")
    write<int8_t>(to, array.values);
  else if (array.element == "i32")
    write<int32_t>(to, array.values);
  else
    write<int64_t>(to, array.values);
}

void agon::test::unpack(const void *from, Array &array) {
  if (array.element == "f32")
    read<float>(from, array.values);
  else if (array.element == "f64")
    read<double>(from, array.values);
  else if (array.element == "i1")
    read<int8_t>(from, array.values);
  else if (array.element == "i32")
    read<int32_t>(from, array.values);
  else
    read<int64_t>(from, array.values);
}

namespace {
Array describe(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return {nameOf(tensor.getElementType()), tensor.getShape().vec(), std::vector<double>(tensor.getNumElements())};
}

std::unique_ptr<llvm::TargetMachine> machineFor(unsigned vectorBits) {
  [[maybe_unused]] static bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  auto builder = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  if (vectorBits == 256) {
    builder.setCPU("x86-64-v3");
    builder.getFeatures() = llvm::SubtargetFeatures();
  }
  builder.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return llvm::cantFail(builder.createTargetMachine());
}

/// Of this process's processor time, which other processes do not lengthen.
double millisecondsSince(std::clock_t start) { return 1e3 * double(std::clock() - start) / CLOCKS_PER_SEC; }
} // namespace

/// The machine that a variant is for.
agon::TargetAttr targetOf(const Variant &variant, MLIRContext *context) {
  agon::TargetAttr target = agon::cpu::portableMachine(context, variant.vectorBits == 512 ? 4 : 3);
  if (variant.products != Products::Full)
    target = agon::cpu::withPrecision(target, "bf16");
  if (variant.products != Products::Bf16)
    return target;
  Builder b(context);
  SmallVector<Attribute> needs(target.getNeeds().getAsRange<Attribute>());
  needs.push_back(b.getStringAttr(agon::cpu::bf16Feature));
  return agon::TargetAttr::get(context, target.getKind(), target.getProcessor(), target.getFeatures(),
                               target.getLanes(), target.getRegisters(), target.getCaches(), target.getSharers(),
                               target.getWorkers(), target.getMultiplyAdds(), b.getArrayAttr(needs));
}

struct Compiled::Implementation {
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<ExecutionEngine> engine;
  void (*entry)(void **) = nullptr;
  int64_t tasks = 1;
  bool shares = false;
  double emitMs = 0, llvmMs = 0;
  std::vector<Array> inputs, results;
  std::vector<unsigned> bufferOf;
  unsigned bufferCount = 0;

  bool compile(const std::string &text, const Variant &variant);
  void call(const std::vector<void *> &buffers, int64_t begin, int64_t end);
};

bool Compiled::Implementation::compile(const std::string &text, const Variant &variant) {
  DialectRegistry registry;
  registry.insert<agon::AgonDialect, linalg::LinalgDialect, tensor::TensorDialect>();
  agon::cpu::registerKernelDialects(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  OwningOpRef<ModuleOp> source = parseSourceString<ModuleOp>(text, context.get());
  if (!source)
    return false;
  agon::RegionOp region;
  source->walk([&](agon::RegionOp op) { region = op; });
  if (!region)
    return false;
  for (Type type : region.getOperandTypes()) {
    inputs.push_back(describe(type));
    bufferOf.push_back(bufferCount++);
  }
  std::vector<bool> taken(inputs.size());
  for (auto [r, type] : llvm::enumerate(region.getResultTypes())) {
    results.push_back(describe(type));
    unsigned buffer = bufferCount;
    for (unsigned i = 0; variant.inPlace && i != inputs.size() && buffer == bufferCount; ++i)
      if (!taken[i] && agon::cpu::canUpdateInPlace(region, i, r)) {
        taken[i] = true;
        buffer = i;
        shares = true;
      }
    bufferOf.push_back(buffer);
    bufferCount = std::max(bufferCount, buffer + 1);
  }

  auto start = std::clock();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context.get()));
  agon::cpu::KernelOptions options{targetOf(variant, context.get()), variant.optLevel};
  if (variant.products != Products::Full && !region.getPlan()) {
    // Whether it costs less or not.
    auto form = agon::cpu::ContractionForm::of(region);
    auto plan =
        form ? agon::cpu::ContractionPlan::choose(*form, options.target, agon::cpu::Precision::Bf16) : std::nullopt;
    if (!plan)
      return false;
    region.setPlanAttr(plan->write());
  }
  auto kernel = agon::cpu::emitKernel(region, bufferOf, "kernel", *module, options);
  if (failed(kernel))
    return false;
  tasks = kernel->tasks;
  if (getenv("AGON_TEST_DUMP"))
    module->dump();
  if (failed(module->verify()))
    return false;
  PassManager manager(context.get());
  manager.enableVerifier();
  if (!variant.libm)
    manager.addPass(agon::kernels::createMathApproximation({/*libm=*/false}));
  agon::cpu::addCpuToLLVMPasses(manager, options);
  if (failed(manager.run(*module)))
    return false;
  if (getenv("AGON_TEST_DUMP"))
    module->dump();
  emitMs = millisecondsSince(start);

  start = std::clock();
  machine = machineFor(variant.vectorBits);
  ExecutionEngineOptions engineOptions;
  auto optimise = makeOptimizingTransformer(variant.optLevel == 0 ? 1 : 3, 0, machine.get());
  auto transformer = [&](llvm::Module *m) {
    llvm::Error error = optimise(m);
    if (getenv("AGON_TEST_DUMP_LLVM"))
      m->print(llvm::errs(), nullptr);
    return error;
  };
  engineOptions.transformer = transformer;
  engineOptions.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  engineOptions.enableObjectDump = getenv("AGON_TEST_OBJECT") != nullptr;
  auto created = ExecutionEngine::create(*module, engineOptions, machineFor(variant.vectorBits));
  if (!created) {
    llvm::errs() << toString(created.takeError()) << "\n";
    return false;
  }
  engine = std::move(*created);
  auto symbol = engine->lookupPacked("kernel");
  if (!symbol) {
    llvm::errs() << toString(symbol.takeError()) << "\n";
    return false;
  }
  entry = *symbol;
  llvmMs = millisecondsSince(start);
  if (const char *path = getenv("AGON_TEST_OBJECT"))
    engine->dumpToObjectFile(path);
  return true;
}

void Compiled::Implementation::call(const std::vector<void *> &buffers, int64_t begin, int64_t end) {
  std::vector<void *> values = buffers;
  std::vector<void *> pointers;
  for (void *&value : values)
    pointers.push_back(&value);
  pointers.push_back(&begin);
  pointers.push_back(&end);
  entry(pointers.data());
}

Compiled::Compiled(const std::string &module, const Variant &variant) : self(std::make_unique<Implementation>()) {
  if (!self->compile(module, variant))
    self->entry = nullptr;
}
Compiled::~Compiled() = default;
bool Compiled::valid() const { return self->entry; }
int64_t Compiled::tasks() const { return self->tasks; }
bool Compiled::sharesBuffers() const { return self->shares; }
double Compiled::emitMs() const { return self->emitMs; }
double Compiled::llvmMs() const { return self->llvmMs; }
std::vector<Array> Compiled::inputs() const { return self->inputs; }
std::function<void()> Compiled::bind(std::vector<void *> buffers) {
  struct Call {
    std::vector<void *> buffers, pointers;
    int64_t begin = 0, end;
  };
  auto call = std::make_shared<Call>();
  call->buffers = std::move(buffers);
  call->end = self->tasks;
  for (void *&buffer : call->buffers)
    call->pointers.push_back(&buffer);
  call->pointers.push_back(&call->begin);
  call->pointers.push_back(&call->end);
  return [call, entry = self->entry] { entry(call->pointers.data()); };
}

std::vector<Array> Compiled::run(const std::vector<Array> &inputs, int64_t piece) {
  // Every buffer ends where its memory does, and has canaries on both sides.
  constexpr size_t margin = 256;
  std::vector<std::vector<uint8_t>> memory(self->bufferCount);
  std::vector<void *> buffers(self->bufferCount);
  auto prepare = [&](unsigned position, const Array &array) {
    auto &bytes = memory[self->bufferOf[position]];
    size_t size = array.values.size() * bytesOf(array.element);
    bytes.resize(size + 2 * margin);
    std::memset(bytes.data(), 0xa5, bytes.size());
    buffers[self->bufferOf[position]] = bytes.data() + margin;
    return bytes.data() + margin;
  };
  for (size_t r = 0; r != self->results.size(); ++r)
    prepare(inputs.size() + r, self->results[r]);
  for (size_t i = 0; i != inputs.size(); ++i)
    pack(inputs[i], prepare(i, inputs[i]));
  if (piece == 0)
    piece = self->tasks;
  for (int64_t end = self->tasks; end > 0; end -= piece)
    self->call(buffers, std::max<int64_t>(end - piece, 0), end);
  for (auto &bytes : memory)
    for (size_t i = 0; i != margin; ++i)
      if (bytes[i] != 0xa5 || bytes[bytes.size() - 1 - i] != 0xa5) {
        ADD_FAILURE() << "kernel wrote outside a buffer";
        break;
      }
  std::vector<Array> results = self->results;
  for (size_t r = 0; r != results.size(); ++r)
    unpack(buffers[self->bufferOf[inputs.size() + r]], results[r]);
  return results;
}

bool agon::test::supported(unsigned vectorBits) {
  auto features = llvm::sys::getHostCPUFeatures();
  if (vectorBits == 512)
    return features["avx512f"] && features["avx512vl"] && features["avx512bw"] && features["avx512dq"];
  return features["avx2"] && features["fma"];
}

std::vector<Variant> agon::test::bf16Variants() {
  std::vector<Variant> variants;
  for (unsigned bits : {256u, 512u})
    if (supported(bits))
      variants.push_back({bits, 3, false, true, Products::EmulatedBf16});
  if (supported(512) && llvm::sys::getHostCPUFeatures()[agon::cpu::bf16Feature])
    variants.push_back({512, 3, false, true, Products::Bf16});
  return variants;
}

void agon::test::fillRandomly(Array &array, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> real(-2, 2);
  for (double &value : array.values) {
    if (array.element == "i1")
      value = random() & 1;
    else if (array.element[0] == 'i')
      value = random() % 1000;
    else
      value = float(real(random));
  }
}
