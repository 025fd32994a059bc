//===- GpuTarget.cpp - GPUs as a target -----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/gpu/GpuTarget.h"
#include "compiler/gpu/Emit.h"
#include "compiler/gpu/Machine.h"
#include "compiler/gpu/ToLLVM.h"
#include "compiler/kernel/KernelBuilder.h"
#include "runtime/abi/agon_abi.h"
#include "llvm/IR/Function.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace agon;
using namespace agon::gpu;

namespace {
class GpuTarget : public targets::Target {
public:
  StringRef getName() const override { return targetName; }

  llvm::Expected<std::vector<targets::Machine>> resolve(StringRef list, MLIRContext *context) const override {
    return resolveMachines(list, context);
  }
  TargetAttr getLeastMachine(MLIRContext *context) const override { return describeMachine("sm_80", context); }
  Space getSpace() const override { return Space::Device; }
  TargetAttr withPrecision(TargetAttr target, StringRef precision) const override {
    return gpu::withPrecision(target, precision);
  }
  targets::ConvolutionCosts getConvolutionCosts(TargetAttr) const override { return {}; }

  void registerDialects(DialectRegistry &registry) const override { registerKernelDialects(registry); }
  bool canUpdateInPlace(RegionOp region, unsigned input, unsigned result) const override {
    return kernels::canUpdateInPlace(region, input, result);
  }
  Attribute plan(RegionOp region, ArrayRef<unsigned>, const targets::Options &options) const override {
    return planRegion(region, options);
  }
  std::string explain(RegionOp region, const targets::Options &options) const override {
    return explainRegion(region, options);
  }
  FailureOr<targets::Kernel> emit(RegionOp region, ArrayRef<unsigned> bufferOf, StringRef name, ModuleOp module,
                                  const targets::Options &options) const override {
    return emitKernel(region, bufferOf, name, module, options);
  }
  std::optional<targets::Kernel> emitExpansion(RankedTensorType type, StringRef name, ModuleOp module,
                                               const targets::Options &options) const override {
    return gpu::emitExpansion(type, name, module, options);
  }
  std::optional<targets::Kernel> emitFiniteness(FloatType real, StringRef name, ModuleOp module,
                                                const targets::Options &) const override {
    return gpu::emitFiniteness(real, name, module);
  }
  void addToLLVMPasses(OpPassManager &manager, const targets::Options &) const override { addGpuToLLVMPasses(manager); }

  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(TargetAttr,
                                                                           unsigned optLevel) const override {
    return createHostMachine(optLevel);
  }
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createDeviceMachine(TargetAttr target) const override {
    return gpu::createDeviceMachine(target);
  }
  void describe(llvm::Function &, TargetAttr) const override {}
};
} // namespace

std::unique_ptr<targets::Target> agon::gpu::createGpuTarget() { return std::make_unique<GpuTarget>(); }
